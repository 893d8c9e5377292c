//! What the ticket of a half-done sign-in opens, and that it opens nothing else.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use authsome_core::route::{Guard, Route};

use super::factor::CODE;
use super::fixture::{Answer, Call, Fixture, PASSWORD, Person};

/// Somebody who signed up, and, where the factor is enrolled, has one.
async fn person(fixture: &Fixture, email: &str, enrolled: bool) -> Person {
    let person = fixture.person(email).await;
    if enrolled {
        Call::post("/factor").bearer(&person.token).json(&json!({})).send(fixture).await.ok(204);
    }
    person
}

async fn require_factors(fixture: &Fixture) {
    let body = json!({"settings": {"mfa_required": true}});
    Call::put("/session-config").admin().json(&body).send(fixture).await.ok(200);
    // The settings of before are cached for a moment.
    fixture.clock.advance(Duration::from_secs(2));
}

/// The answer to a sign-in whose first factor is right.
async fn challenge(fixture: &Fixture, email: &str) -> Answer {
    Call::post("/signin").json(&json!({"email": email, "password": PASSWORD})).send(fixture).await
}

async fn ticket(fixture: &Fixture, email: &str) -> String {
    challenge(fixture, email).await.problem("mfa_required")["mfa_ticket"].as_str().unwrap().to_owned()
}

fn call(route: &Route) -> Call {
    let segments = route.path().split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    Call::new(route.method().clone(), &segments.collect::<Vec<_>>().join("/"))
}

/// A body with a ticket, as a route takes it.
fn bearing(route: &Route, ticket: &str) -> Value {
    let mut body = json!({"mfa_ticket": ticket});
    if route.path() == "/factor/verify" {
        body["code"] = json!(CODE);
    }
    body
}

/// Asserts that a ticket opens the routes of one guard, and none other of the whole table.
async fn opens(fixture: &Fixture, email: &str, guard: Guard) {
    let ticket = ticket(fixture, email).await;
    let table = fixture.http.table().unwrap();
    for route in &table {
        call(route).bearer(&ticket).send(fixture).await.problem("session_not_found");
        if route.guard() != Guard::Public {
            call(route).cookie(&ticket).send(fixture).await.problem("session_not_found");
        }
        if route.guard() != Guard::Public && route.guard() != guard && route.method() != Method::GET {
            let answer = call(route).json(&bearing(route, &ticket)).send(fixture).await;
            assert!(matches!(answer.status, 400 | 401), "{route:?}: {answer:?}");
        }
    }
    let opened: Vec<&Route> = table.iter().filter(|route| route.guard() == guard).collect();
    assert_eq!(opened.len(), 2, "one that uses the ticket up, and one that does not");
    for route in opened {
        let answer = call(route).json(&bearing(route, &ticket)).send(fixture).await;
        assert!(answer.status < 300, "{route:?}: {answer:?}");
    }
    Call::post("/odd/ticket").json(&json!({"mfa_ticket": ticket})).send(fixture).await.problem("invalid_token");
}

#[tokio::test]
async fn a_challenges_ticket_opens_second_factors_and_nothing_else() {
    let fixture = Fixture::without_limits().await;
    person(&fixture, "alice@example.com", true).await;
    let asked = challenge(&fixture, "alice@example.com").await;
    assert_eq!(asked.problem("mfa_required")["methods"], json!(["factor"]));
    opens(&fixture, "alice@example.com", Guard::Ticket).await;
}

#[tokio::test]
async fn an_enrolments_ticket_opens_enrolment_and_nothing_else() {
    let fixture = Fixture::without_limits().await;
    person(&fixture, "alice@example.com", false).await;
    require_factors(&fixture).await;
    let asked = challenge(&fixture, "alice@example.com").await;
    assert_eq!(asked.problem("mfa_required")["methods"], json!(["enroll"]));
    opens(&fixture, "alice@example.com", Guard::RecentSessionOrTicket).await;
}

#[tokio::test]
async fn a_ticket_that_is_expired_or_none_opens_nothing() {
    let fixture = Fixture::without_limits().await;
    person(&fixture, "alice@example.com", true).await;
    person(&fixture, "bob@example.com", false).await;
    require_factors(&fixture).await;
    let [alices, bobs] = [ticket(&fixture, "alice@example.com").await, ticket(&fixture, "bob@example.com").await];
    let routes = [("/odd/challenge", &alices), ("/odd/enroll", &bobs)];
    let show = |path: &str, ticket: &str| Call::post(path).json(&json!({"mfa_ticket": ticket}));
    for (path, ticket) in routes {
        show(path, ticket).send(&fixture).await.ok(204);
        show(path, "amt_x").send(&fixture).await.problem("invalid_token");
    }
    fixture.clock.advance(Duration::from_secs(600));
    for (path, ticket) in routes {
        show(path, ticket).send(&fixture).await.problem("invalid_token");
    }
}

#[tokio::test]
async fn an_enrolments_ticket_is_worth_nothing_once_its_user_has_a_factor() {
    let fixture = Fixture::without_limits().await;
    person(&fixture, "bob@example.com", false).await;
    require_factors(&fixture).await;
    let [strangers, bobs] = [ticket(&fixture, "bob@example.com").await, ticket(&fixture, "bob@example.com").await];
    let enroll = |path: &str, ticket: &str| Call::post(path).json(&json!({"mfa_ticket": ticket}));
    enroll("/odd/enroll", &strangers).send(&fixture).await.ok(204);
    enroll("/factor", &bobs).send(&fixture).await.ok(200);
    for path in ["/odd/enroll", "/factor"] {
        enroll(path, &strangers).send(&fixture).await.problem("invalid_token");
    }
}

#[tokio::test]
async fn what_needs_a_recent_proof_needs_the_factor_of_a_user_who_has_one() {
    let fixture = Fixture::without_limits().await;
    let first = fixture.person("alice@example.com").await;
    let export = |token: &str| Call::get("/me/export").bearer(token);
    export(&first.token).send(&fixture).await.ok(200);
    let body = json!({"email": "alice@example.com", "password": PASSWORD});
    let second = Person::of(Call::post("/signin").json(&body).send(&fixture).await.ok(200));
    Call::post("/factor").bearer(&second.token).json(&json!({})).send(&fixture).await.ok(204);
    for token in [&first.token, &second.token] {
        export(token).send(&fixture).await.problem("reauthentication_required");
        let enroll = Call::post("/odd/enroll").bearer(token).json(&json!({}));
        enroll.send(&fixture).await.problem("reauthentication_required");
    }
    let body = json!({"mfa_ticket": ticket(&fixture, "alice@example.com").await, "code": CODE});
    let strong = Person::of(Call::post("/factor/verify").json(&body).send(&fixture).await.ok(200));
    export(&strong.token).send(&fixture).await.ok(200);
}

#[tokio::test]
async fn attempts_on_several_tickets_are_counted_on_their_user() {
    let fixture = Fixture::new().await;
    person(&fixture, "alice@example.com", true).await;
    let mut refused = Vec::new();
    for _ in 0..3 {
        let ticket = ticket(&fixture, "alice@example.com").await;
        for _ in 0..4 {
            let body = json!({"mfa_ticket": ticket, "code": "wrong"});
            let answer = Call::post("/factor/verify").json(&body).send(&fixture).await;
            refused.push(answer.body["code"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(refused[..10], ["invalid_credentials"; 10]);
    assert_eq!(refused[10..], ["rate_limited"; 2]);
}

#[tokio::test]
async fn enrolment_is_open_to_a_recent_session_and_to_no_other_credential() {
    let fixture = Fixture::new().await;
    let alice = fixture.person("alice@example.com").await;
    let body = json!({"name": "Key", "permissions": ["users:*"]});
    let key = Call::post("/api-keys").admin().json(&body).send(&fixture).await;
    let key = key.ok(201)["api_key"]["token"].as_str().unwrap().to_owned();
    let enroll = || Call::post("/odd/enroll").json(&json!({}));
    enroll().send(&fixture).await.problem("unauthenticated");
    enroll().bearer(&key).send(&fixture).await.problem("forbidden");
    enroll().admin().send(&fixture).await.problem("forbidden");
    enroll().bearer(&alice.token).send(&fixture).await.ok(204);
    fixture.clock.advance(Duration::from_secs(600));
    enroll().cookie(&alice.token).send(&fixture).await.ok(204);
    fixture.clock.advance(Duration::from_secs(1));
    enroll().bearer(&alice.token).send(&fixture).await.problem("reauthentication_required");
    let challenge = Call::post("/odd/challenge").bearer(&alice.token).json(&json!({}));
    challenge.send(&fixture).await.problem("invalid_token");
}

#[tokio::test]
async fn a_plugins_reply_signs_in_with_the_cookie_where_its_body_asks_for_it() {
    let fixture = Fixture::new().await;
    person(&fixture, "alice@example.com", true).await;
    for (asked, is_set) in [(Some(true), true), (Some(false), false), (None, false)] {
        let ticket = ticket(&fixture, "alice@example.com").await;
        let body = json!({"mfa_ticket": ticket, "code": CODE, "cookie": asked});
        let answer = Call::post("/factor/verify").json(&body).send(&fixture).await;
        let token = Person::of(answer.ok(200)).token;
        let set = answer.headers.get("set-cookie").map(|value| value.to_str().unwrap());
        assert_eq!(set.is_some(), is_set);
        assert!(set.is_none_or(|set| set.starts_with(&format!("authsome_session={token};"))));
    }
}
