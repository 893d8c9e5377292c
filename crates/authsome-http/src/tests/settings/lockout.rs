//! `lockout_enabled`, `lockout_max_attempts`, `lockout_duration`.

use std::time::Duration;

use serde_json::{Value, json};

use super::world::{Place, World, outcome};
use crate::tests::fixture::{Answer, Call, PASSWORD, Person};

const WRONG: &str = "wrong password";

/// How many failures in a row are answered as such, for somebody and for nobody.
pub(super) async fn how_many_failures_are_allowed(at: Place<'_>) -> Value {
    let mut counts = Vec::new();
    for email in [at.person().await.0, at.new_email()] {
        let mut count = 0;
        while outcome(&at.sign_in(&email, WRONG).await) == "invalid_credentials" {
            count += 1;
            assert!(count < 20, "nothing is locked");
        }
        at.sign_in(&email, PASSWORD).await.problem("account_locked");
        counts.push(count);
    }
    json!(counts)
}

/// What becomes of the right password after a wrong one where one failure is allowed, and of the second attempt on an
/// unknown account.
pub(super) async fn what_the_right_password_does_after_a_wrong_one(at: Place<'_>) -> Value {
    at.say(&json!({"lockout_max_attempts": 1})).await;
    let mut outcomes = Vec::new();
    for email in [at.person().await.0, at.new_email()] {
        at.sign_in(&email, WRONG).await.problem("invalid_credentials");
        outcomes.push(outcome(&at.sign_in(&email, PASSWORD).await));
    }
    Value::Array(outcomes)
}

fn retry_after(answer: &Answer) -> u64 {
    answer.problem("account_locked");
    answer.headers["retry-after"].to_str().unwrap().parse().unwrap()
}

/// For how many seconds the account of somebody is locked, and that of nobody.
pub(super) async fn how_long_a_lock_lasts(at: Place<'_>) -> Value {
    at.say(&json!({"lockout_max_attempts": 1})).await;
    let mut durations = Vec::new();
    for (email, afterwards) in [(at.person().await.0, json!(200)), (at.new_email(), json!("invalid_credentials"))] {
        at.sign_in(&email, WRONG).await.problem("invalid_credentials");
        let duration = retry_after(&at.sign_in(&email, PASSWORD).await);
        at.wait(duration - 1);
        assert_eq!(retry_after(&at.sign_in(&email, PASSWORD).await), 1);
        at.wait(1);
        assert_eq!(outcome(&at.sign_in(&email, PASSWORD).await), afterwards);
        durations.push(duration);
    }
    json!(durations)
}

/// Somebody with three names, who is signed in.
struct Named {
    email: String,
    person: Person,
}

impl Named {
    async fn new(at: Place<'_>, username: &str, phone: &str) -> Self {
        let email = at.new_email();
        let body = json!({"email": email, "username": username, "phone": phone, "password": PASSWORD});
        let answer = at.send(Call::post("/signup").json(&body)).await;
        Self { person: Person::of(answer.ok(201)), email }
    }

    /// Every way of giving a password.
    fn ways(&self, username: &str, phone: &str, password: &str) -> [Call; 5] {
        let sign_in = |name: &str, value: &str| {
            let mut body = json!({"password": password});
            body[name] = json!(value);
            Call::post("/signin").json(&body)
        };
        let token = &self.person.token;
        let change = json!({"current": password, "password": PASSWORD});
        [
            sign_in("email", &self.email),
            sign_in("username", username),
            sign_in("phone", phone),
            Call::post("/reauthenticate").bearer(token).json(&json!({"password": password})),
            Call::post("/password/change").bearer(token).json(&change),
        ]
    }
}

#[tokio::test]
async fn failures_are_the_accounts_by_whatever_name_and_way_and_so_is_the_lock() {
    let world = World::new().await;
    let here = world.here();
    here.say(&json!({"lockout_max_attempts": 5})).await;
    let (username, phone) = ("alice", "+4915112345678");
    let alice = Named::new(here, username, phone).await;
    for call in alice.ways(username, phone, WRONG) {
        here.send(call).await.problem("invalid_credentials");
    }
    for call in alice.ways(username, phone, PASSWORD) {
        here.send(call).await.problem("account_locked");
    }
    here.me(&alice.person.token).await.ok(200);
    let (other, _) = here.person().await;
    here.sign_in(&other, PASSWORD).await.ok(200);
}

#[tokio::test]
async fn an_account_that_there_is_not_is_locked_like_one_that_there_is() {
    let world = World::new().await;
    let here = world.here();
    here.say(&json!({"lockout_max_attempts": 2})).await;
    let known = here.person().await.0;
    let unknown = here.new_email();
    for _ in 0..4 {
        let (known, unknown) = (here.sign_in(&known, WRONG).await, here.sign_in(&unknown, WRONG).await);
        assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
        let headers = |answer: &Answer| {
            let mut headers = answer.headers.clone();
            headers.remove("x-request-id");
            headers
        };
        assert_eq!(headers(&known), headers(&unknown));
        world.wait(1);
    }
    here.sign_in(&unknown, PASSWORD).await.problem("account_locked");
}

async fn locked(at: Place<'_>) -> (String, Person) {
    let (email, person) = at.person().await;
    at.sign_in(&email, WRONG).await.problem("invalid_credentials");
    at.sign_in(&email, PASSWORD).await.problem("account_locked");
    (email, person)
}

#[tokio::test]
async fn a_lock_ends_with_its_time_by_an_administrator_and_by_a_reset() {
    let world = World::new().await;
    let here = world.here();
    here.say(&json!({"lockout_max_attempts": 1})).await;

    let (by_time, _) = locked(here).await;
    here.wait(900);
    here.sign_in(&by_time, PASSWORD).await.ok(200);

    let (by_administrator, person) = locked(here).await;
    here.send(Call::post(&format!("/users/{}/unlock", person.id)).admin()).await.ok(204);
    here.sign_in(&by_administrator, PASSWORD).await.ok(200);

    let (by_reset, _) = locked(here).await;
    let token = here.reset_token(&by_reset).await;
    here.sign_in(&by_reset, PASSWORD).await.problem("account_locked");
    let reset = json!({"token": token, "password": "another long password"});
    here.send(Call::post("/password/reset").json(&reset)).await.ok(204);
    here.sign_in(&by_reset, "another long password").await.ok(200);
}

#[tokio::test]
async fn a_lock_holds_in_its_environment_alone() {
    let world = World::new().await;
    let (here, there) = (world.here(), world.at("production"));
    world.say(&json!({"lockout_max_attempts": 1})).await;
    let (email, _) = here.person().await;
    there.send(Call::post("/signup").json(&json!({"email": email, "password": PASSWORD}))).await.ok(201);
    here.sign_in(&email, WRONG).await.problem("invalid_credentials");
    here.sign_in(&email, PASSWORD).await.problem("account_locked");
    there.sign_in(&email, PASSWORD).await.ok(200);
}

#[tokio::test]
async fn switching_lockout_off_ends_locks_and_switching_it_on_again_brings_them_back() {
    let world = World::new().await;
    let here = world.here();
    here.say(&json!({"lockout_max_attempts": 1})).await;
    let (email, _) = locked(here).await;
    here.say(&json!({"lockout_enabled": false})).await;
    here.sign_in(&email, WRONG).await.problem("invalid_credentials");
    here.sign_in(&email, PASSWORD).await.ok(200);
    here.say(&json!({"lockout_enabled": null})).await;
    here.sign_in(&email, PASSWORD).await.problem("account_locked");
}

#[tokio::test]
async fn a_lock_ends_when_it_was_said_to_whatever_the_duration_becomes() {
    let world = World::new().await;
    let here = world.here();
    here.say(&json!({"lockout_max_attempts": 1, "lockout_duration": 600})).await;
    let (email, _) = locked(here).await;
    here.say(&json!({"lockout_duration": 1})).await;
    here.wait(599);
    here.sign_in(&email, PASSWORD).await.problem("account_locked");
    here.wait(1);
    here.sign_in(&email, PASSWORD).await.ok(200);
}

#[tokio::test]
async fn a_limit_at_or_below_the_failures_that_there_are_locks_for_the_whole_duration_at_the_next_attempt() {
    let world = World::new().await;
    let here = world.here();
    for limit in [3, 2] {
        for email in [here.person().await.0, here.new_email()] {
            here.say(&json!({"lockout_max_attempts": 5, "lockout_duration": 60})).await;
            for _ in 0..3 {
                here.sign_in(&email, WRONG).await.problem("invalid_credentials");
            }
            here.say(&json!({"lockout_max_attempts": limit})).await;
            let attempt = tokio::time::timeout(Duration::from_secs(5), here.sign_in(&email, PASSWORD));
            assert_eq!(retry_after(&attempt.await.unwrap()), 60);
        }
    }
}
