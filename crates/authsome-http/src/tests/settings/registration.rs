//! `self_registration` and `require_email_verification`.

use serde_json::{Value, json};

use super::world::{Place, World, outcome};
use crate::tests::fixture::{Call, PASSWORD};

/// What a sign-in page is told, and what becomes of a sign-up.
pub(super) async fn whether_people_register_themselves(at: Place<'_>) -> Value {
    let told = at.page().await["self_registration"].clone();
    json!([told, outcome(&at.sign_up().await.answer)])
}

/// What a sign-in page is told, what a sign-up gives, what becomes of another one with the same address, and of a sign-in.
pub(super) async fn what_a_sign_up_leads_to(at: Place<'_>) -> Value {
    let told = at.page().await["require_email_verification"].clone();
    let signed_up = at.sign_up().await;
    let body = signed_up.answer.ok(201);
    let given = match (body["user"].is_null(), body["session"].is_null()) {
        (true, true) => "nothing yet",
        (false, false) => "signed in",
        _ => "half of it",
    };
    let again = at.send(Call::post("/signup").json(&json!({"email": signed_up.email, "password": PASSWORD}))).await;
    let signed_in = at.sign_in(&signed_up.email, PASSWORD).await;
    json!([told, given, outcome(&again), outcome(&signed_in)])
}

#[tokio::test]
async fn where_people_do_not_register_themselves_an_administrator_still_makes_users() {
    let world = World::new().await;
    let here = world.here();
    let (email, _) = here.person().await;
    here.say(&json!({"self_registration": false})).await;
    let taken = Call::post("/signup").json(&json!({"email": email, "password": PASSWORD}));
    let (taken, free) = (here.send(taken).await, here.sign_up().await.answer);
    assert_eq!(taken.problem("registration_closed"), free.problem("registration_closed"));
    here.sign_in(&email, PASSWORD).await.ok(200);
    let email = here.new_email();
    here.send(Call::post("/users").admin().json(&json!({"email": email, "password": PASSWORD}))).await.ok(201);
    here.sign_in(&email, PASSWORD).await.ok(200);
}

#[tokio::test]
async fn where_addresses_are_proven_first_a_taken_one_and_a_free_one_are_answered_alike() {
    let world = World::new().await;
    let here = world.here();
    here.say(&json!({"require_email_verification": true})).await;
    let first = here.sign_up().await;
    let again = Call::post("/signup").json(&json!({"email": first.email, "password": "another long password"}));
    let again = here.send(again).await;
    assert_eq!(first.answer.ok(201), &json!({"user": null, "session": null}));
    assert_eq!(again.ok(201), first.answer.ok(201));

    here.sign_in(&first.email, PASSWORD).await.problem("email_not_verified");
    for wrong in ["wrong password", "another long password"] {
        here.sign_in(&first.email, wrong).await.problem("invalid_credentials");
    }
    let token = world.fixture.token_mailed_to(&first.email).await;
    here.send(Call::post("/email/verify").json(&json!({"token": token}))).await.ok(204);
    here.sign_in(&first.email, PASSWORD).await.ok(200);
}

#[tokio::test]
async fn addresses_that_must_be_proven_are_asked_for_at_the_next_sign_in() {
    let world = World::new().await;
    let here = world.here();
    let (email, person) = here.person().await;
    here.say(&json!({"require_email_verification": true})).await;
    here.me(&person.token).await.ok(200);
    here.sign_in(&email, PASSWORD).await.problem("email_not_verified");
    here.say(&json!({"require_email_verification": false})).await;
    here.sign_in(&email, PASSWORD).await.ok(200);
}
