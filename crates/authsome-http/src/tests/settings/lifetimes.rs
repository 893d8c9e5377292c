//! `session_ttl`, `refresh_token_ttl`, `max_sessions_per_user`, `idle_session_timeout`.

use serde_json::{Value, json};

use super::world::{Place, World, outcome, seconds_until};
use crate::tests::fixture::{PASSWORD, Person};

/// After how many seconds a session's token is refused.
pub(super) async fn a_tokens_life(at: Place<'_>) -> Value {
    let signed_up = at.sign_up().await;
    let life = seconds_until(&signed_up.answer.ok(201)["session"], "expires_at");
    let person = Person::of(&signed_up.answer.body);
    at.wait(life - 1);
    at.me(&person.token).await.ok(200);
    at.wait(1);
    at.me(&person.token).await.problem("token_expired");
    json!(life)
}

/// After how many seconds a session cannot be refreshed any more, whenever it was.
pub(super) async fn a_sessions_life(at: Place<'_>) -> Value {
    let signed_up = at.sign_up().await;
    let session = &signed_up.answer.ok(201)["session"];
    let life = seconds_until(session, "refresh_expires_at");
    let (person, (_, other)) = (Person::of(&signed_up.answer.body), at.person().await);
    at.wait(life - 1);
    let refreshed = at.refresh(&person.refresh_token).await;
    let renewed = &refreshed.ok(200)["session"];
    assert_eq!(renewed["refresh_expires_at"], session["refresh_expires_at"]);
    assert_eq!(renewed["expires_at"], session["refresh_expires_at"]);
    at.wait(1);
    at.me(&Person::of(&refreshed.body).token).await.problem("token_expired");
    at.refresh(&Person::of(&refreshed.body).refresh_token).await.problem("token_expired");
    at.refresh(&other.refresh_token).await.problem("token_expired");
    json!(life)
}

/// Somebody's sessions, oldest first.
async fn four_sessions(at: Place<'_>) -> (String, Vec<Person>) {
    let (email, person) = at.person().await;
    let mut sessions = vec![person];
    for _ in 0..3 {
        at.wait(1);
        sessions.push(Person::of(at.sign_in(&email, PASSWORD).await.ok(200)));
    }
    (email, sessions)
}

async fn outcomes(at: Place<'_>, sessions: &[Person]) -> Value {
    let mut outcomes = Vec::new();
    for session in sessions {
        outcomes.push(outcome(&at.me(&session.token).await));
    }
    Value::Array(outcomes)
}

/// What becomes of a person's four sessions, oldest first.
pub(super) async fn which_of_four_sessions_are_left(at: Place<'_>) -> Value {
    let (_, sessions) = four_sessions(at).await;
    outcomes(at, &sessions).await
}

/// What becomes of a session that is not used for 599, 600, 899 and 900 seconds.
pub(super) async fn which_pauses_a_session_survives(at: Place<'_>) -> Value {
    let mut outcomes = Vec::new();
    for pause in [599, 600, 899, 900] {
        let (_, person) = at.person().await;
        at.wait(pause);
        outcomes.push(outcome(&at.me(&person.token).await));
    }
    Value::Array(outcomes)
}

#[tokio::test]
async fn being_seen_keeps_a_session_from_idling_and_never_lengthens_its_life() {
    let world = World::new().await;
    let here = world.here();
    here.say(&json!({"idle_session_timeout": 600, "session_ttl": 3_600, "refresh_token_ttl": 5_400})).await;
    let (_, person) = here.person().await;
    for _ in 0..6 {
        here.wait(599);
        here.me(&person.token).await.ok(200);
    }
    here.wait(6);
    here.me(&person.token).await.problem("token_expired");
    let refreshed = here.refresh(&person.refresh_token).await;
    assert_eq!(seconds_until(&refreshed.ok(200)["session"], "expires_at"), 5_400);
    let person = Person::of(&refreshed.body);
    for _ in 0..3 {
        here.wait(599);
        here.me(&person.token).await.ok(200);
    }
    here.wait(3);
    here.me(&person.token).await.problem("token_expired");
    here.refresh(&person.refresh_token).await.problem("token_expired");
}

#[tokio::test]
async fn a_session_that_idled_for_too_long_is_not_refreshed_either() {
    let world = World::new().await;
    let here = world.here();
    here.say(&json!({"idle_session_timeout": 600})).await;
    let ((_, first), (_, second)) = (here.person().await, here.person().await);
    here.wait(599);
    here.refresh(&first.refresh_token).await.ok(200);
    here.wait(1);
    here.refresh(&second.refresh_token).await.problem("token_expired");
    here.me(&second.token).await.problem("token_expired");
}

#[tokio::test]
async fn an_idle_timeout_holds_at_once_for_sessions_that_there_are() {
    let world = World::new().await;
    let here = world.here();
    let ((_, idle), (_, busy)) = (here.person().await, here.person().await);
    here.wait(700);
    here.me(&busy.token).await.ok(200);
    here.say(&json!({"idle_session_timeout": 600})).await;
    here.me(&idle.token).await.problem("token_expired");
    here.me(&busy.token).await.ok(200);
    here.say(&json!({"idle_session_timeout": null})).await;
    here.me(&idle.token).await.ok(200);
}

#[tokio::test]
async fn a_lifetime_holds_for_tokens_that_are_issued_after_it_was_said() {
    let world = World::new().await;
    let here = world.here();
    let (_, person) = here.person().await;
    here.say(&json!({"session_ttl": 60, "refresh_token_ttl": 120})).await;
    here.wait(200);
    here.me(&person.token).await.ok(200);
    let refreshed = here.refresh(&person.refresh_token).await;
    let session = &refreshed.ok(200)["session"];
    assert_eq!(seconds_until(session, "expires_at"), 260);
    assert_eq!(seconds_until(session, "refresh_expires_at"), 2_592_000);
    here.wait(60);
    here.me(&Person::of(&refreshed.body).token).await.problem("token_expired");
    let answer = here.sign_up().await.answer;
    assert_eq!(seconds_until(&answer.ok(201)["session"], "refresh_expires_at"), 120);
}

#[tokio::test]
async fn a_limit_of_sessions_holds_from_the_next_sign_in_on_and_counts_one_users_alone() {
    let world = World::new().await;
    let here = world.here();
    let (email, sessions) = four_sessions(here).await;
    let (_, other) = here.person().await;
    here.say(&json!({"max_sessions_per_user": 2})).await;
    assert_eq!(outcomes(here, &sessions).await, json!([200, 200, 200, 200]));
    here.wait(1);
    here.sign_in(&email, PASSWORD).await.ok(200);
    let gone = "session_not_found";
    assert_eq!(outcomes(here, &sessions).await, json!([gone, gone, gone, 200]));
    here.me(&other.token).await.ok(200);
    here.refresh(&sessions[0].refresh_token).await.problem(gone);
}

#[tokio::test]
async fn a_session_that_idleness_has_ended_takes_no_place_from_one_in_use() {
    let world = World::new().await;
    let here = world.here();
    here.say(&json!({"max_sessions_per_user": 2, "idle_session_timeout": 600})).await;
    let (email, used) = here.person().await;
    let idle = Person::of(here.sign_in(&email, PASSWORD).await.ok(200));
    here.wait(400);
    here.me(&used.token).await.ok(200);
    here.wait(200);
    here.me(&idle.token).await.problem("token_expired");
    here.sign_in(&email, PASSWORD).await.ok(200);
    here.me(&used.token).await.ok(200);
}
