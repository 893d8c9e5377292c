//! `token_format`, which an app says for all its environments.

use serde_json::{Value, json};

use super::world::World;
use crate::tests::fixture::{Call, Person};

async fn say(world: &World, body: &Value) {
    Call::put("/session-config").admin().json(body).send(&world.fixture).await.ok(200);
}

fn is_jwt(token: &str) -> bool {
    token.split('.').count() == 3
}

#[tokio::test]
async fn a_token_is_opaque_unless_the_app_says_jwt_which_holds_in_all_its_environments() {
    let world = World::new().await;
    let places = [world.here(), world.at("development"), world.at("production")];
    for (body, jwt) in [
        (json!({}), false),
        (json!({"token_format": "jwt"}), true),
        (json!({"token_format": "opaque"}), false),
        (json!({"token_format": "jwt"}), true),
        (json!({"settings": {"session_ttl": 60}}), false),
    ] {
        say(&world, &body).await;
        for place in places {
            let (_, person) = place.person().await;
            assert_eq!(is_jwt(&person.token), jwt, "{body}");
            assert!(!is_jwt(&person.refresh_token));
            place.me(&person.token).await.ok(200);
        }
    }
    say(&world, &json!({"token_format": "jwt"})).await;
    Call::delete("/session-config").admin().send(&world.fixture).await.ok(204);
    assert!(!is_jwt(&world.here().person().await.1.token));
}

#[tokio::test]
async fn tokens_of_the_other_form_stay_good_and_a_refresh_gives_the_form_that_is_said() {
    let world = World::new().await;
    let here = world.here();
    let (_, person) = here.person().await;
    say(&world, &json!({"token_format": "jwt"})).await;
    here.me(&person.token).await.ok(200);
    let with_jwt = Person::of(here.refresh(&person.refresh_token).await.ok(200));
    assert!(is_jwt(&with_jwt.token));
    say(&world, &json!({"token_format": "opaque"})).await;
    here.me(&with_jwt.token).await.ok(200);
    let opaque = Person::of(here.refresh(&with_jwt.refresh_token).await.ok(200));
    assert!(!is_jwt(&opaque.token));
    here.me(&opaque.token).await.ok(200);
    here.me(&with_jwt.token).await.problem("session_not_found");
}

#[tokio::test]
async fn settings_hold_for_jwts_as_for_opaque_tokens() {
    let world = World::new().await;
    let here = world.here();
    say(&world, &json!({"token_format": "jwt", "settings": {"session_ttl": 3_600, "idle_session_timeout": 600}})).await;
    let (_, person) = here.person().await;
    here.wait(600);
    here.me(&person.token).await.problem("token_expired");
    let person = here.person_from(Some("192.0.2.1")).await;
    here.say(&json!({"ip_binding": "strict", "idle_session_timeout": 0})).await;
    here.me_from(&person.token, "192.0.2.2").await.problem("session_not_found");
    here.wait(3_599);
    here.me_from(&person.token, "192.0.2.1").await.ok(200);
    here.wait(1);
    here.me_from(&person.token, "192.0.2.1").await.problem("token_expired");
}
