//! `min_password_length` and the rules of composition.

use serde_json::{Value, json};

use super::world::{Place, World, outcome, text};
use crate::tests::fixture::{Call, PASSWORD};

/// A password that meets every rule.
const COMPOSED: &str = "Every 1 Thing, at once!";
/// A password that meets none but that of length, which a setting may raise.
const SHORT: &str = "twelve chars";

/// What a sign-in page is told, and what becomes of sign-ups with 7, 8, 11, 12, 15 and 16 characters.
pub(super) async fn which_lengths_are_taken(at: Place<'_>) -> Value {
    let mut seen = vec![at.page().await["password_policy"]["min_length"].clone()];
    for length in [7, 8, 11, 12, 15, 16] {
        seen.push(outcome(&at.sign_up_with(&"ä".repeat(length)).await.answer));
    }
    Value::Array(seen)
}

/// What a sign-in page is told, what becomes of sign-ups with a password that lacks something alone and what it is told
/// to need, and of those with one that lacks nothing.
async fn whether_required(at: Place<'_>, rule: &str, lacking: &str) -> Value {
    let told = at.page().await["password_policy"][rule].clone();
    let refused = at.sign_up_with(lacking).await.answer;
    let taken = at.sign_up_with(COMPOSED).await.answer;
    json!([told, outcome(&refused), refused.body["requirements"], outcome(&taken)])
}

pub(super) async fn whether_special_characters_are_required(at: Place<'_>) -> Value {
    whether_required(at, "require_special_chars", "Every1ThingAtOnce").await
}

pub(super) async fn whether_upper_case_letters_are_required(at: Place<'_>) -> Value {
    whether_required(at, "require_uppercase", "every 1 thing, at once!").await
}

pub(super) async fn whether_digits_are_required(at: Place<'_>) -> Value {
    whether_required(at, "require_numbers", "Every Thing, at once!").await
}

#[tokio::test]
async fn a_new_password_meets_the_policy_wherever_it_is_set_and_an_old_one_stays_good() {
    let world = World::new().await;
    let here = world.here();
    let signed_up = here.sign_up_with(SHORT).await;
    let token = text(signed_up.answer.ok(201), "/session/token");
    let mailed = here.reset_token(&signed_up.email).await;
    here.say(&json!({"min_password_length": 13})).await;

    here.sign_up_with(SHORT).await.answer.problem("weak_password");
    let made = |password| {
        let body = json!({"email": here.new_email(), "password": password});
        Call::post("/users").admin().json(&body)
    };
    here.send(made(SHORT)).await.problem("weak_password");
    here.send(made(PASSWORD)).await.ok(201);
    let change = |password| {
        let body = json!({"current": SHORT, "password": password});
        Call::post("/password/change").bearer(&token).json(&body)
    };
    here.send(change("other chars!")).await.problem("weak_password");
    let reset = |password| Call::post("/password/reset").json(&json!({"token": mailed, "password": password}));
    here.send(reset("other chars!")).await.problem("weak_password");

    here.sign_in(&signed_up.email, SHORT).await.ok(200);
    here.send(reset(PASSWORD)).await.ok(204);
    here.sign_in(&signed_up.email, PASSWORD).await.ok(200);
}

#[tokio::test]
async fn switching_a_rule_of_composition_on_is_warned_of_wherever_it_is_said() {
    let world = World::new().await;
    for rule in ["require_special_chars", "require_uppercase", "require_numbers"] {
        for (on, warnings) in [(json!(true), 1), (json!(false), 0), (Value::Null, 0)] {
            let mut settings = serde_json::Map::new();
            settings.insert(rule.to_owned(), on);
            let settings = Value::Object(settings);
            for answer in [world.say(&settings).await, world.here().say(&settings).await] {
                assert_eq!(answer.body["warnings"].as_array().map_or(0, Vec::len), warnings, "{rule}");
            }
        }
    }
}
