//! The cookie, and requests that other sites make browsers send.

use serde_json::json;

use crate::HttpOptions;
use authsome_engine::Config;

use super::fixture::{Answer, Call, Fixture, PASSWORD, Person};

const EMAIL: &str = "alice@example.com";

fn set_cookie(answer: &Answer) -> &str {
    answer.headers["set-cookie"].to_str().unwrap()
}

#[tokio::test]
async fn the_cookie_is_set_where_it_is_asked_for_and_signs_in() {
    let fixture = Fixture::new().await;
    let body = json!({"email": EMAIL, "password": PASSWORD, "cookie": true});
    let answer = Call::post("/signup").json(&body).send(&fixture).await;
    let person = Person::of(answer.ok(201));
    let expected = format!("authsome_session={}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax", person.token);
    assert_eq!(set_cookie(&answer), expected);
    let answer = Call::get("/me").cookie(&person.token).send(&fixture).await;
    assert_eq!(answer.ok(200)["user"]["id"], person.id);
    let answer = Call::post("/signin").json(&body).send(&fixture).await;
    assert!(set_cookie(&answer).starts_with("authsome_session=ast_"));
    let body = json!({"refresh_token": person.refresh_token, "cookie": true});
    let answer = Call::post("/refresh").json(&body).send(&fixture).await;
    let token = answer.ok(200)["session"]["token"].as_str().unwrap();
    assert!(set_cookie(&answer).starts_with(&format!("authsome_session={token};")));
    for body in
        [json!({"email": EMAIL, "password": PASSWORD}), json!({"email": EMAIL, "password": PASSWORD, "cookie": false})]
    {
        let answer = Call::post("/signin").json(&body).send(&fixture).await;
        assert!(!answer.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn the_cookie_gets_the_token_of_a_session_that_is_renewed() {
    let fixture = Fixture::new().await;
    let mut token = fixture.person(EMAIL).await.token;
    for (path, body) in [
        ("/reauthenticate", json!({"password": PASSWORD})),
        ("/password/change", json!({"current": PASSWORD, "password": "another horse battery staple"})),
    ] {
        let call = Call::post(path).cookie(&token).header("origin", "http://localhost:8080");
        let answer = call.json(&body).send(&fixture).await;
        let renewed = answer.ok(200)["session"]["token"].as_str().unwrap().to_owned();
        assert!(set_cookie(&answer).starts_with(&format!("authsome_session={renewed};")), "{path}");
        Call::get("/me").cookie(&token).send(&fixture).await.problem("session_not_found");
        Call::get("/me").cookie(&renewed).send(&fixture).await.ok(200);
        token = renewed;
    }
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    let config = Config { public_url: "https://auth.example.com".to_owned(), ..Config::default() };
    let fixture = Fixture::with(config, HttpOptions::default()).await;
    let body = json!({"email": EMAIL, "password": PASSWORD, "cookie": true});
    let answer = Call::post("/signup").json(&body).send(&fixture).await;
    let person = Person::of(answer.ok(201));
    let cookie = set_cookie(&answer);
    assert!(
        cookie.starts_with("__Host-authsome_session=") && cookie.ends_with("; Secure") && !cookie.contains("Domain")
    );
    Call::get("/me").cookie(&person.token).send(&fixture).await.problem("unauthenticated");
    let named = format!("__Host-authsome_session={}", person.token);
    Call::get("/me").header("cookie", named).send(&fixture).await.ok(200);
}

#[tokio::test]
async fn the_cookie_is_cleared_where_its_session_ends() {
    let fixture = Fixture::new().await;
    let person = fixture.person(EMAIL).await;
    let answer = Call::post("/signout").cookie(&person.token).send(&fixture).await;
    answer.ok(204);
    assert!(set_cookie(&answer).starts_with("authsome_session=; Path=/; Max-Age=0;"));
    let person = Person::of(
        Call::post("/signin").json(&json!({"email": EMAIL, "password": PASSWORD})).send(&fixture).await.ok(200),
    );
    let own = format!("/sessions/{}", person.session);
    assert!(set_cookie(&Call::delete(&own).cookie(&person.token).send(&fixture).await).contains("Max-Age=0"));
    let person = Person::of(
        Call::post("/signin").json(&json!({"email": EMAIL, "password": PASSWORD})).send(&fixture).await.ok(200),
    );
    assert!(set_cookie(&Call::delete("/me").cookie(&person.token).send(&fixture).await).contains("Max-Age=0"));
}

#[tokio::test]
async fn a_request_without_the_cookie_leaves_the_browsers_alone() {
    let fixture = Fixture::new().await;
    let person = fixture.person(EMAIL).await;
    let answer = Call::post("/signout").bearer(&person.token).send(&fixture).await;
    answer.ok(204);
    assert!(!answer.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn a_state_changing_request_with_the_cookie_must_come_from_its_own_site() {
    let options = HttpOptions { allowed_origins: vec!["https://app.example.com".to_owned()], ..HttpOptions::default() };
    let fixture = Fixture::with(Config::default(), options).await;
    let person = fixture.person(EMAIL).await;
    let rename = || Call::patch("/me").cookie(&person.token).json(&json!({"name": "Mallory"}));
    for (header, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        rename().header(header, value).send(&fixture).await.problem("forbidden");
        Call::get("/me").cookie(&person.token).header(header, value).send(&fixture).await.ok(200);
        let body = json!({"email": EMAIL, "password": PASSWORD});
        let call = Call::post("/signin").cookie(&person.token).header(header, value).json(&body);
        call.send(&fixture).await.problem("forbidden");
    }
    let me = Call::get("/me").cookie(&person.token).send(&fixture).await;
    assert_eq!(me.ok(200)["user"]["name"], serde_json::Value::Null);
    for origin in ["http://localhost:8080", "https://app.example.com"] {
        rename().header("origin", origin).send(&fixture).await.ok(200);
    }
    rename().send(&fixture).await.ok(200);
    let bearer = Call::patch("/me").bearer(&person.token).header("origin", "https://evil.example");
    bearer.json(&json!({"name": "Alice"})).send(&fixture).await.ok(200);
}

#[tokio::test]
async fn an_api_key_is_no_cookie() {
    let fixture = Fixture::new().await;
    let body = json!({"name": "Program", "permissions": ["users:read"]});
    let made = Call::post("/api-keys").admin().json(&body).send(&fixture).await;
    let key = made.ok(201)["api_key"]["token"].as_str().unwrap().to_owned();
    Call::get("/users").bearer(&key).send(&fixture).await.ok(200);
    Call::get("/users").cookie(&key).send(&fixture).await.problem("session_not_found");
}
