//! Guards, walked over the table: a new route is covered by being in it.

use http::Method;
use serde_json::json;

use crate::{Http, HttpOptions};
use authsome_core::route::{Guard, Route};

use super::fixture::{ADMIN, Call, Fixture};

/// A request to a route, with what stands for its parameters.
fn call(route: &Route) -> Call {
    let segments = route.path().split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    let call = Call::new(route.method().clone(), &segments.collect::<Vec<_>>().join("/"));
    if *route.method() == Method::GET { call } else { call.json(&json!({})) }
}

fn needs_session(route: &Route) -> bool {
    matches!(route.guard(), Guard::Session | Guard::RecentSession)
}

#[tokio::test]
async fn a_guarded_route_refuses_nobody_garbage_the_ended_and_another_environments_session() {
    let fixture = Fixture::new().await;
    let elsewhere = fixture.person_in("staging", "alice@example.com").await;
    let ended = fixture.person("bob@example.com").await;
    Call::post("/signout").bearer(&ended.token).send(&fixture).await.ok(204);
    let table = fixture.http.table().unwrap();
    assert!(table.iter().filter(|route| needs_session(route)).count() >= 14);
    for route in table.iter().filter(|route| route.guard() != Guard::Public) {
        let nobody = if route.guard() == Guard::Ticket { "invalid_token" } else { "unauthenticated" };
        call(route).send(&fixture).await.problem(nobody);
        for token in ["garbage", "", "ast_", &ended.token, &ended.refresh_token] {
            call(route).bearer(token).send(&fixture).await.problem("session_not_found");
            call(route).cookie(token).send(&fixture).await.problem("session_not_found");
        }
        for named in ["development", "production"] {
            let answer = call(route).bearer(&elsewhere.token).environment(named).send(&fixture).await;
            answer.problem("session_not_found");
            let answer = call(route).cookie(&elsewhere.token).environment(named).send(&fixture).await;
            answer.problem("session_not_found");
        }
        call(route).header("authorization", "Basic YTpi").send(&fixture).await.problem("unauthenticated");
    }
}

#[tokio::test]
async fn an_expired_session_is_told_so() {
    let fixture = Fixture::new().await;
    let person = fixture.person("alice@example.com").await;
    fixture.clock.advance(std::time::Duration::from_secs(7 * 86_400));
    for route in fixture.http.table().unwrap().iter().filter(|route| needs_session(route)) {
        let answer = call(route).bearer(&person.token).send(&fixture).await;
        answer.problem("token_expired");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
}

#[tokio::test]
async fn a_public_route_refuses_a_credential_that_is_not_valid() {
    let fixture = Fixture::new().await;
    for route in fixture.http.table().unwrap().iter().filter(|route| route.guard() == Guard::Public) {
        call(route).bearer("garbage").send(&fixture).await.problem("session_not_found");
    }
}

#[tokio::test]
async fn a_public_route_takes_a_stale_cookie_for_none() {
    let fixture = Fixture::new().await;
    let person = fixture.person("alice@example.com").await;
    Call::post("/signout").bearer(&person.token).send(&fixture).await.ok(204);
    Call::get("/config").cookie(&person.token).send(&fixture).await.ok(200);
    let other = fixture.person_in("staging", "alice@example.com").await;
    let answer = Call::get("/config").cookie(&other.token).environment("production").send(&fixture).await;
    assert_eq!(answer.ok(200)["environment"]["slug"], "production");
    let answer = Call::get("/config").cookie(&other.token).send(&fixture).await;
    assert_eq!(answer.ok(200)["environment"]["slug"], "staging");
}

#[tokio::test]
async fn the_administrators_token_opens_what_is_the_administrators_and_nothing_that_is_a_persons() {
    let fixture = Fixture::new().await;
    let person = fixture.person("alice@example.com").await;
    for call in [|| Call::get("/odd/admin"), || Call::post("/odd/users")] {
        call().bearer(ADMIN).send(&fixture).await.ok(204);
        call().bearer(ADMIN).environment("staging").send(&fixture).await.ok(204);
        call().bearer(ADMIN).environment("nowhere").send(&fixture).await.problem("invalid_request");
        call().bearer(&person.token).send(&fixture).await.problem("forbidden");
        call().bearer(&ADMIN[1..]).send(&fixture).await.problem("session_not_found");
        call().cookie(ADMIN).send(&fixture).await.problem("session_not_found");
    }
    Call::get("/me").bearer(ADMIN).send(&fixture).await.problem("forbidden");
}

#[tokio::test]
async fn without_a_configured_token_nobody_is_the_administrator() {
    let fixture = Fixture::new().await;
    let router = Http::new(&fixture.engine, HttpOptions::default()).router().unwrap();
    for token in [ADMIN, ""] {
        let answer = Call::get("/odd/admin").bearer(token).send_to(router.clone()).await;
        answer.problem("session_not_found");
    }
}
