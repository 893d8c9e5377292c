//! Input that is meant to break something: always a problem of the right code, and nothing stored.

use serde_json::{Value, json};

use authsome_core::user::UserQuery;

use super::fixture::{Answer, Call, Fixture, PASSWORD};

async fn users(fixture: &Fixture) -> u64 {
    let mut count = 0;
    for environment in ["development", "staging", "production"] {
        let scope = fixture.engine.environment(environment).await.unwrap().scope();
        count += fixture.engine.store().count_users(&scope, &UserQuery::default()).await.unwrap();
    }
    count
}

/// Routes that take a body, with a body that they take.
fn bodies() -> Vec<(&'static str, &'static str, Value)> {
    let email = "mallory@example.com";
    vec![
        ("POST", "/signup", json!({"email": email, "password": PASSWORD})),
        ("POST", "/signin", json!({"email": email, "password": PASSWORD})),
        ("POST", "/refresh", json!({"refresh_token": "art_x"})),
        ("PATCH", "/me", json!({"name": "x"})),
        ("POST", "/reauthenticate", json!({"password": PASSWORD})),
        ("POST", "/sessions/organization", json!({"organization_id": "aorg_01h455vb4pex5vsknk084sn02q"})),
        ("POST", "/password/forgot", json!({"email": email})),
        ("POST", "/password/reset", json!({"token": "x", "password": PASSWORD})),
        ("POST", "/password/change", json!({"current": PASSWORD, "password": PASSWORD})),
        ("POST", "/email/verify", json!({"token": "x"})),
        ("POST", "/email/verify/resend", json!({"email": email})),
        ("POST", "/email/change", json!({"email": email})),
        ("PATCH", "/devices/adev_01h455vb4pex5vsknk084sn02q", json!({"name": "x"})),
    ]
}

fn call(method: &str, path: &str, token: &str) -> Call {
    let call = Call::new(method.parse().unwrap(), path);
    let public = ["/signup", "/signin", "/refresh", "/password/forgot", "/password/reset", "/email/verify"];
    if public.contains(&path) || path == "/email/verify/resend" { call } else { call.bearer(token) }
}

#[tokio::test]
async fn a_body_that_is_not_what_the_route_takes_is_refused_by_every_route() {
    // A session's proofs of identity are counted whatever their bodies are.
    let fixture = Fixture::without_limits().await;
    let token = fixture.person("alice@example.com").await.token;
    for (method, path, body) in bodies() {
        let call = || call(method, path, &token);
        let text = body.to_string();
        let mut unknown = body.clone();
        unknown["$where"] = json!("sleep(1)");
        for raw in [
            Vec::new(),
            b"{".to_vec(),
            b"[]".to_vec(),
            b"null".to_vec(),
            b"\"text\"".to_vec(),
            text.as_bytes()[..text.len() - 1].to_vec(),
            format!("{text}{text}").into_bytes(),
            text.replace(':', ":\0").into_bytes(),
            b"{\"email\":\"\xff\xfe@example.com\"}".to_vec(),
            b"{\"email\":\"\xc0\x80\"}".to_vec(),
            unknown.to_string().into_bytes(),
            "[".repeat(60_000).into_bytes(),
            "{\"a\":".repeat(10_000).into_bytes(),
        ] {
            let answer = call().raw("application/json", raw.clone()).send(&fixture).await;
            answer.problem("invalid_request");
        }
        for field in body.as_object().unwrap().keys() {
            for value in [json!({"$ne": null}), json!(["x"]), json!(1), json!(true), json!(-1.5e300)] {
                let mut wrong = body.clone();
                wrong[field] = value;
                let answer = call().json(&wrong).send(&fixture).await;
                let problem = answer.problem("invalid_request");
                assert_eq!(problem["errors"][0]["field"], *field);
            }
            for text in ["x\0y".to_owned(), "x".repeat(10_000)] {
                let mut wrong = body.clone();
                wrong[field] = json!(text);
                call().json(&wrong).send(&fixture).await.problem("invalid_request");
            }
        }
        call().json(&json!({"email": "x".repeat(2_000_000)})).send(&fixture).await.problem("payload_too_large");
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
            call().raw(content_type, text.clone()).send(&fixture).await.problem("unsupported_media_type");
        }
    }
    assert_eq!(users(&fixture).await, 1);
}

#[tokio::test]
async fn what_is_too_long_or_no_name_is_refused_and_named() {
    let fixture = Fixture::new().await;
    let long = "x".repeat(10_000);
    let many: serde_json::Map<String, Value> = (0..65).map(|n| (n.to_string(), json!(1))).collect();
    for (field, value) in [
        ("name", json!(long)),
        ("name", json!("a\0b")),
        ("username", json!(long)),
        ("username", json!("a b")),
        ("phone", json!(long)),
        ("phone", json!("12345")),
        ("metadata", json!({"a": long.repeat(2)})),
        ("metadata", json!(many)),
        ("metadata", json!({"a": "\0"})),
        ("metadata", json!([])),
        ("form", json!({"unknown": 1})),
        ("form", json!(null)),
        ("cookie", json!("yes")),
        ("email", json!("no address")),
        ("email", json!(format!("{}@example.com", "a".repeat(250)))),
        ("password", json!("x".repeat(1_025))),
    ] {
        let mut body = json!({"email": "mallory@example.com", "password": PASSWORD});
        body[field] = value.clone();
        let answer = Call::post("/signup").json(&body).send(&fixture).await;
        if field == "form" && value.is_null() {
            answer.ok(201);
            continue;
        }
        let found = answer.problem("invalid_request")["errors"][0]["field"].as_str().unwrap().to_owned();
        assert!(found.starts_with(field), "{found}");
        assert!(!answer.text.contains(&long), "an answer does not give back what was sent");
    }
    let body = json!({"email": "bob@example.com", "password": "x".repeat(1_024)});
    Call::post("/signup").json(&body).send(&fixture).await.ok(201);
    assert_eq!(users(&fixture).await, 2);
}

#[tokio::test]
async fn a_name_that_would_be_read_as_something_else_is_refused_wherever_it_is() {
    let fixture = Fixture::new().await;
    let person = fixture.person("bob@example.com").await;
    for name in [r"$serde_json::private::RawValue", r"\u0024serde_json::private::Number"] {
        for value in [
            format!(r#"{{"b": 2, "{name}": "1"}}"#),
            format!(r#"{{"{name}": "1"}}"#),
            format!(r#"{{"a": [{{"{name}": "{{}}"}}]}}"#),
        ] {
            let sign_up = format!(r#"{{"email": "m@example.com", "password": "{PASSWORD}", "metadata": {value}}}"#);
            let form = format!(r#"{{"email": "m@example.com", "password": "{PASSWORD}", "form": {value}}}"#);
            let metadata = format!(r#"{{"metadata": {value}}}"#);
            for call in [
                Call::post("/signup").raw("application/json", sign_up),
                Call::post("/signup").raw("application/json", form),
                Call::patch("/me").bearer(&person.token).raw("application/json", metadata),
            ] {
                let answer = call.send(&fixture).await;
                let field = answer.problem("invalid_request")["errors"][0]["field"].as_str().unwrap().to_owned();
                assert!(field.starts_with("metadata") || field.starts_with("form"), "{field}");
            }
        }
    }
    assert_eq!(users(&fixture).await, 1);
}

#[tokio::test]
async fn a_refused_password_is_not_given_back() {
    let fixture = Fixture::new().await;
    let secret = "hunter2-hunter2";
    for body in [
        json!({"email": "a@example.com", "password": [secret]}),
        json!({"email": "a@example.com", "password": {secret: 1}}),
        json!({"email": secret, "password": PASSWORD}),
        json!({"email": {"x": secret}, "password": PASSWORD}),
        json!({"email": 1, "password": secret}),
        json!({"token": secret, "password": 5}),
    ] {
        for path in ["/signup", "/signin", "/password/reset"] {
            let answer = Call::post(path).json(&body).send(&fixture).await;
            assert!(!answer.text.contains(secret), "{path}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn garbage_in_paths_and_queries_is_not_found_or_refused() {
    let fixture = Fixture::new().await;
    let token = fixture.person("alice@example.com").await.token;
    for path in ["/sessions/%ff", "/sessions/%00", "/sessions/%2e%2e%2f", "/sessions/x%zz", "/devices/%F0%9F"] {
        let answer = Call::delete(path).bearer(&token).send(&fixture).await;
        answer.problem("not_found");
    }
    for (query, code) in [
        ("limit=%ff", "invalid_request"),
        ("limit=-1", "invalid_request"),
        ("limit=1&limit=2", "invalid_request"),
        ("cursor=%00", "invalid_cursor"),
        ("cursor=%ff%fe", "invalid_cursor"),
        ("%ff=1", "invalid_request"),
        ("env=%ff", "session_not_found"),
        ("env=a&env=b", "invalid_request"),
    ] {
        let answer = Call::get(&format!("/sessions?{query}")).bearer(&token).send(&fixture).await;
        answer.problem(code);
    }
    for query in ["", "&&&", "env", "=", "%"] {
        let answer = Call::get(&format!("/config?{query}")).send(&fixture).await;
        assert!(answer.status < 500, "{query}: {answer:?}");
    }
}

#[tokio::test]
async fn garbage_in_headers_is_refused() {
    let fixture = Fixture::new().await;
    let call = || Call::get("/config");
    call().header("x-authsome-environment", b"\xff").send(&fixture).await.problem("invalid_request");
    call().header("x-publishable-key", "apk_unknown").send(&fixture).await.problem("invalid_request");
    call().header("authorization", b"Bearer \xff").send(&fixture).await.problem("session_not_found");
    call().header("authorization", "Bearer").send(&fixture).await.problem("unauthenticated");
    call().bearer("a").bearer("b").send(&fixture).await.problem("invalid_request");
    call().header("cookie", b"authsome_session=\xff; \xff").send(&fixture).await.ok(200);
    let answer: Answer = call().header("x-request-id", "a b\tc").send(&fixture).await;
    assert_ne!(answer.headers["x-request-id"], "a b\tc");
    answer.ok(200);
}
