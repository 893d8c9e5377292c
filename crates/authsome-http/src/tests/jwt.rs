//! Sessions' tokens as JSON Web Tokens.

use axum::Router;
use axum::routing::get;
use http::Method;
use serde_json::json;

use authsome_core::appsessionconfig::{AppSessionConfig, TokenFormat};
use authsome_core::environment::Settings;
use authsome_core::id::{AppSessionConfigId, TypedId};
use authsome_core::jwt::{Expected, KeySet, verify};

use super::fixture::{Call, Fixture, PASSWORD, Person};
use crate::SessionClaims;

async fn with_jwts() -> Fixture {
    let fixture = Fixture::new().await;
    let app = fixture.engine.configured_app().await.unwrap().id;
    let now = fixture.engine.clock().now();
    let entropy = authsome_core::entropy::SeededEntropy::new(7);
    let config = AppSessionConfig {
        id: AppSessionConfigId::generate(now, &entropy).unwrap(),
        app_id: app,
        settings: Settings::default(),
        token_format: TokenFormat::Jwt,
        created_at: now,
        updated_at: now,
    };
    fixture.engine.store().create_app_session_config(app, &config).await.unwrap();
    fixture.clock.advance(std::time::Duration::from_secs(2));
    fixture
}

fn application(fixture: &Fixture, environment: &str) -> Router {
    Router::new()
        .route("/whoami", get(|SessionClaims(claims): SessionClaims| async move { claims.sub.to_string() }))
        .layer(fixture.http.jwt_layer(environment))
}

fn whoami(token: &str) -> Call {
    Call::root(Method::GET, "/whoami").bearer(token)
}

async fn expected(fixture: &Fixture, environment: &str) -> Expected {
    let scope = fixture.engine.environment(environment).await.unwrap().scope();
    let issuer = fixture.engine.config().public_url.clone();
    Expected { issuer, app_id: scope.app_id, env_id: scope.env_id }
}

#[tokio::test]
async fn a_token_is_verified_with_the_published_keys_of_its_environment_alone() {
    let fixture = with_jwts().await;
    let person = fixture.person_in("staging", "alice@example.com").await;
    let now = fixture.engine.clock().now();
    let keys = |environment: &str| {
        let uri = format!("/.well-known/jwks.json?env={environment}");
        let router = fixture.router.clone();
        async move {
            let answer = Call::root(Method::GET, &uri).send_to(router).await;
            assert_eq!(answer.status, 200);
            serde_json::from_value::<KeySet>(answer.body).unwrap().verifying_keys()
        }
    };
    let staging = expected(&fixture, "staging").await;
    let claims = verify(&person.token, &keys("staging").await, &staging, now).unwrap();
    assert_eq!(claims.sub.to_string(), person.id);
    assert_eq!(claims.sid.to_string(), person.session);
    let production = expected(&fixture, "production").await;
    assert!(verify(&person.token, &keys("production").await, &production, now).is_err());
    assert!(verify(&person.token, &keys("staging").await, &production, now).is_err());
}

#[tokio::test]
async fn our_own_guards_refuse_the_token_of_a_revoked_session_at_once() {
    let fixture = with_jwts().await;
    let person = fixture.person("alice@example.com").await;
    Call::get("/me").bearer(&person.token).send(&fixture).await.ok(200);
    Call::get("/me").bearer(&person.token).environment("staging").send(&fixture).await.problem("session_not_found");
    Call::post("/signout").bearer(&person.token).send(&fixture).await.ok(204);
    Call::get("/me").bearer(&person.token).send(&fixture).await.problem("session_not_found");
}

#[tokio::test]
async fn the_layer_passes_claims_of_its_environment_and_refuses_the_rest() {
    let fixture = with_jwts().await;
    let person = fixture.person_in("staging", "alice@example.com").await;
    let staging = application(&fixture, "staging");
    assert_eq!(whoami(&person.token).send_to(staging.clone()).await.text, person.id);
    whoami(&person.token).send_to(application(&fixture, "production")).await.problem("session_not_found");
    Call::root(Method::GET, "/whoami").send_to(staging.clone()).await.problem("unauthenticated");
    whoami("garbage").send_to(staging.clone()).await.problem("session_not_found");
    let (head, _) = person.token.rsplit_once('.').unwrap();
    whoami(&format!("{head}.{}", "A".repeat(86))).send_to(staging.clone()).await.problem("session_not_found");
    fixture.clock.advance(std::time::Duration::from_secs(8 * 86_400));
    whoami(&person.token).send_to(staging).await.problem("token_expired");
}

#[tokio::test]
async fn a_refresh_that_is_repeated_within_the_grace_gives_the_same_token() {
    let fixture = with_jwts().await;
    let person = fixture.person("alice@example.com").await;
    fixture.clock.advance(std::time::Duration::from_secs(60));
    let refresh = || Call::post("/refresh").json(&json!({"refresh_token": person.refresh_token}));
    let first = refresh().send(&fixture).await.ok(200)["session"]["token"].clone();
    fixture.clock.advance(std::time::Duration::from_secs(9));
    let second = refresh().send(&fixture).await.ok(200)["session"]["token"].clone();
    assert_eq!(first, second);
    assert_ne!(first.as_str(), Some(person.token.as_str()));
    Call::get("/me").bearer(first.as_str().unwrap()).send(&fixture).await.ok(200);
}

#[tokio::test]
async fn the_layer_lets_nobody_through_while_the_environment_is_suspended() {
    let fixture = with_jwts().await;
    let person = fixture.person("alice@example.com").await;
    let engine = &fixture.engine;
    let app = engine.configured_app().await.unwrap().id;
    let here = engine.default_environment().await.unwrap().scope().env_id;
    engine.environments_of(app).deactivate(here).await.unwrap();
    whoami(&person.token).send_to(application(&fixture, "development")).await.problem("environment_inactive");
    engine.environments_of(app).activate(here).await.unwrap();
    assert_eq!(whoami(&person.token).send_to(application(&fixture, "development")).await.text, person.id);
    let body = json!({"email": "alice@example.com", "password": PASSWORD});
    let answer = Call::post("/signin").json(&body).send(&fixture).await;
    assert_ne!(Person::of(answer.ok(200)).token, person.token);
}

#[tokio::test]
async fn a_cache_keeps_the_keys_of_an_environment_apart_whatever_names_it() {
    let fixture = Fixture::new().await;
    let staging = fixture.engine.environment("staging").await.unwrap();
    let expected = serde_json::to_value(staging.signing_keys().key_set().await.unwrap()).unwrap();
    let key = &staging.environment().environment.publishable_key;
    let path = "/.well-known/jwks.json";
    let default = Call::root(Method::GET, path).send(&fixture).await;
    assert_ne!(default.body, expected);
    for call in [
        Call::root(Method::GET, &format!("{path}?env=staging")),
        Call::root(Method::GET, path).environment("staging"),
        Call::root(Method::GET, path).header("x-publishable-key", key),
    ] {
        let answer = call.send(&fixture).await;
        assert_eq!(answer.body, expected);
        assert_eq!(answer.headers["cache-control"], "public, max-age=300");
        let vary: Vec<&str> = answer.headers.get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(vary, ["x-authsome-environment", "x-publishable-key"]);
    }
}
