//! Limits on the rate of requests.

use std::time::Duration;

use serde_json::json;

use authsome_engine::Config;

use super::fixture::{Answer, Call, Fixture};

async fn until_limited(limit: usize, call: impl Fn(usize) -> Call, fixture: &Fixture) -> Answer {
    for n in 0..limit {
        let answer = call(n).send(fixture).await;
        assert_ne!(answer.status, 429, "request {n}");
    }
    let answer = call(limit).send(fixture).await;
    answer.problem("rate_limited");
    let seconds: u32 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(seconds > 0);
    assert_eq!(answer.headers["ratelimit"], format!("\"default\";r=0;t={seconds}"));
    assert_eq!(answer.body["retry_after"], seconds);
    fixture.clock.advance(Duration::from_secs(seconds.into()));
    assert_ne!(call(limit + 1).send(fixture).await.status, 429);
    answer
}

#[tokio::test]
async fn a_mailbox_gets_five_requests_an_hour_from_whatever_address() {
    let fixture = Fixture::new().await;
    let forgot = |n: usize| {
        let call = Call::post("/password/forgot").peer(&format!("203.0.113.{n}"));
        call.json(&json!({"email": if n.is_multiple_of(2) { "a@example.com" } else { "A@EXAMPLE.com" }}))
    };
    until_limited(5, forgot, &fixture).await;
}

#[tokio::test]
async fn an_address_gets_ten_mail_requests_a_minute() {
    let fixture = Fixture::new().await;
    let resend = |n: usize| {
        let call = Call::post("/email/verify/resend").peer("203.0.113.1");
        call.json(&json!({"email": format!("a{n}@example.com")}))
    };
    until_limited(10, resend, &fixture).await;
}

#[tokio::test]
async fn an_account_gets_ten_sign_ins_a_minute_and_another_one_its_own() {
    let mut config = Config::default();
    config.settings.lockout_enabled = Some(false);
    let fixture = Fixture::with(config, Default::default()).await;
    let sign_in =
        |email: &'static str| move |_: usize| Call::post("/signin").json(&json!({"email": email, "password": "x"}));
    until_limited(10, sign_in("a@example.com"), &fixture).await;
    let answer = sign_in("b@example.com")(0).send(&fixture).await;
    answer.problem("invalid_credentials");
}

#[tokio::test]
async fn guessing_tokens_is_limited_by_address() {
    let fixture = Fixture::new().await;
    let guess = |n: usize| Call::get("/me").peer("203.0.113.1").bearer(&format!("ast_{n}"));
    until_limited(600, guess, &fixture).await;
}

#[tokio::test]
async fn a_locked_account_says_when_to_try_again() {
    let mut config = Config::default();
    config.settings.lockout_max_attempts = Some(3);
    let fixture = Fixture::with(config, Default::default()).await;
    fixture.person("a@example.com").await;
    for email in ["a@example.com", "nobody@example.com"] {
        let call = || Call::post("/signin").json(&json!({"email": email, "password": "x"}));
        for _ in 0..3 {
            call().send(&fixture).await.problem("invalid_credentials");
        }
        let answer = call().send(&fixture).await;
        answer.problem("account_locked");
        assert_eq!(answer.headers["retry-after"], "900");
    }
}

#[tokio::test]
async fn limits_can_be_switched_off() {
    let config = Config { rate_limits: false, ..Config::default() };
    let fixture = Fixture::with(config, Default::default()).await;
    for _ in 0..20 {
        let call = Call::post("/password/forgot").peer("203.0.113.1").json(&json!({"email": "a@example.com"}));
        call.send(&fixture).await.ok(202);
    }
}

#[tokio::test]
async fn every_route_that_mails_counts_the_mailbox_and_every_one_that_proves_a_password_the_account() {
    let mut config = Config::default();
    config.settings.lockout_enabled = Some(false);
    let fixture = Fixture::with(config, Default::default()).await;
    let token = fixture.person("alice@example.com").await.token;
    for (path, body, limit) in [
        ("/signup", json!({"email": "a@example.com", "password": "short"}), 5),
        ("/email/verify/resend", json!({"email": "b@example.com"}), 5),
        ("/email/change", json!({"email": "c@example.com"}), 5),
        ("/reauthenticate", json!({"password": "x"}), 10),
        ("/password/change", json!({"current": "x", "password": "correct horse"}), 10),
    ] {
        let call = || {
            let call = Call::post(path).json(&body);
            if path == "/signup" { call } else { call.bearer(&token) }
        };
        for _ in 0..limit {
            assert_ne!(call().send(&fixture).await.status, 429, "{path}");
        }
        call().send(&fixture).await.problem("rate_limited");
        fixture.clock.advance(Duration::from_secs(60));
    }
}

#[tokio::test]
async fn a_session_is_refreshed_sixty_times_a_minute() {
    let fixture = Fixture::new().await;
    let mut token = fixture.person("alice@example.com").await.refresh_token;
    let refresh = |token: &str| Call::post("/refresh").json(&json!({"refresh_token": token}));
    for _ in 0..60 {
        let answer = refresh(&token).send(&fixture).await;
        token = answer.ok(200)["session"]["refresh_token"].as_str().unwrap().to_owned();
    }
    refresh(&token).send(&fixture).await.problem("rate_limited");
    fixture.clock.advance(Duration::from_secs(60));
    refresh(&token).send(&fixture).await.ok(200);
}

/// Asserts that what a request does is counted in one environment and in no other: that many are answered, the next is
/// not, and the same address is answered in the other environment and not in this one.
async fn is_counted_in(environment: &str, limit: usize, path: &str, call: impl Fn() -> Call, fixture: &Fixture) {
    for n in 0..limit {
        let answer = call().peer("203.0.113.1").send(fixture).await;
        assert_ne!(answer.status, 429, "{path} {n}");
    }
    call().peer("203.0.113.1").send(fixture).await.problem("rate_limited");
    for other in ["development", "staging"] {
        let probe =
            if path == "/signin" || path == "/password/reset" { Call::post("/signin") } else { Call::get("/config") };
        let probe = probe.environment(other).json(&json!({})).peer("203.0.113.1").send(fixture).await;
        assert_eq!(probe.status == 429, other == environment, "{path} in {environment}, then in {other}: {probe:?}");
    }
    fixture.clock.advance(Duration::from_secs(60));
}

#[tokio::test]
async fn a_request_is_counted_in_the_environment_that_it_acts_in_and_in_no_other() {
    let fixture = Fixture::new().await;
    let person = fixture.person_in("staging", "alice@example.com").await;
    let verification = fixture.mailed_token().await;
    let forgot = Call::post("/password/forgot").environment("staging").json(&json!({"email": "alice@example.com"}));
    forgot.send(&fixture).await.ok(202);
    let reset = fixture.mailed_token().await;
    // None of them is good any more, and each is its environment's still.
    fixture.clock.advance(Duration::from_secs(40 * 86_400));
    let refresh = || Call::post("/refresh").json(&json!({"refresh_token": person.refresh_token}));
    is_counted_in("staging", 600, "/refresh", refresh, &fixture).await;
    let verify = || Call::post("/email/verify").json(&json!({"token": verification}));
    is_counted_in("staging", 600, "/email/verify", verify, &fixture).await;
    let reset = || Call::post("/password/reset").json(&json!({"token": reset, "password": "x"}));
    is_counted_in("staging", 60, "/password/reset", reset, &fixture).await;
    is_counted_in("staging", 600, "/me", || Call::get("/me").bearer(&person.token), &fixture).await;
    is_counted_in("staging", 600, "/config", || Call::get("/config?env=staging"), &fixture).await;
    let sign_in = |environment: &'static str| move || Call::post("/signin").environment(environment).json(&json!({}));
    is_counted_in("staging", 60, "/signin", sign_in("staging"), &fixture).await;
    is_counted_in("development", 60, "/signin", sign_in("development"), &fixture).await;
}

#[tokio::test]
async fn a_request_whose_credential_there_is_not_is_counted_where_its_names_point() {
    let fixture = Fixture::new().await;
    let staging = fixture.engine.environment("staging").await.unwrap().environment().environment.clone();
    let person = fixture.person("alice@example.com").await;
    let me = |token: &'static str| Call::get("/me").bearer(token);
    let refresh = |token: &str| Call::post("/refresh").json(&json!({"refresh_token": token}));
    is_counted_in("development", 600, "/me", || me("ast_x"), &fixture).await;
    is_counted_in("staging", 600, "/me", || me("ask_x").environment("staging"), &fixture).await;
    let keyed = || me("ast_x").header("x-publishable-key", &staging.publishable_key);
    is_counted_in("staging", 600, "/me", keyed, &fixture).await;
    is_counted_in("development", 600, "/refresh", || refresh("art_x"), &fixture).await;
    is_counted_in("staging", 600, "/refresh", || refresh("art_x").environment("staging"), &fixture).await;
    // What there is elsewhere is none.
    let foreign = || refresh(&person.refresh_token).environment("staging");
    is_counted_in("staging", 600, "/refresh", foreign, &fixture).await;
    let foreign = || Call::get("/me").bearer(&person.token).environment("staging");
    is_counted_in("staging", 600, "/me", foreign, &fixture).await;
    is_counted_in("development", 600, "/config", || Call::get("/config?env=nowhere"), &fixture).await;
    let unknown = || Call::get("/config").header("x-publishable-key", "apk_unknown");
    is_counted_in("development", 600, "/config", unknown, &fixture).await;
    is_counted_in("staging", 600, "/me", || Call::get("/me?env=staging").header("authorization", "Basic x"), &fixture)
        .await;
}

#[tokio::test]
async fn a_credential_of_a_suspended_environment_is_counted_there() {
    let fixture = Fixture::new().await;
    let person = fixture.person_in("staging", "alice@example.com").await;
    let scope = fixture.engine.environment("staging").await.unwrap().scope();
    fixture.engine.environments_of(scope.app_id).deactivate(scope.env_id).await.unwrap();
    is_counted_in("staging", 600, "/me", || Call::get("/me").bearer(&person.token), &fixture).await;
    let refresh = || Call::post("/refresh").json(&json!({"refresh_token": person.refresh_token}));
    is_counted_in("staging", 600, "/refresh", refresh, &fixture).await;
}
