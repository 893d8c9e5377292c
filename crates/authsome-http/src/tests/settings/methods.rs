//! `allowed_auth_methods`.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use authsome_core::error::Code;

use super::world::{Place, World, outcome, refresh};
use crate::tests::fixture::{Call, PASSWORD, Person};

/// What a sign-in page is told, and what becomes of a sign-up, a sign-in and a request for a reset.
pub(super) async fn what_becomes_of_passwords(at: Place<'_>) -> Value {
    let methods = at.page().await["methods"].clone();
    let signed_up = at.sign_up().await.answer;
    let email = at.new_email();
    let signed_in = at.sign_in(&email, PASSWORD).await;
    let forgot = at.send(Call::post("/password/forgot").json(&json!({"email": email}))).await;
    json!([methods, outcome(&signed_up), outcome(&signed_in), outcome(&forgot)])
}

/// A person with a session, and a token that was mailed to them.
struct Member {
    email: String,
    person: Person,
    mailed: String,
}

impl Member {
    async fn of(at: Place<'_>) -> Self {
        let (email, person) = at.person().await;
        let mailed = at.reset_token(&email).await;
        Self { email, person, mailed }
    }

    /// What they do on every route that passwords have: the route, and a request to it that is right.
    fn requests(&self, at: Place<'_>) -> Vec<(&'static str, Call)> {
        let Person { id, token, refresh_token, .. } = &self.person;
        let email = &self.email;
        let post = |path: &str, body: Value| Call::post(path).json(&body);
        vec![
            ("/signup", post("/signup", json!({"email": at.new_email(), "password": PASSWORD}))),
            ("/signin", post("/signin", json!({"email": email, "password": PASSWORD}))),
            ("/refresh", refresh(refresh_token)),
            ("/reauthenticate", post("/reauthenticate", json!({"password": PASSWORD})).bearer(token)),
            ("/password/forgot", post("/password/forgot", json!({"email": email}))),
            (
                "/password/change",
                post("/password/change", json!({"current": PASSWORD, "password": PASSWORD})).bearer(token),
            ),
            ("/password/reset", post("/password/reset", json!({"token": self.mailed, "password": PASSWORD}))),
            ("/users/{id}/password-reset", Call::post(&format!("/users/{id}/password-reset")).admin()),
        ]
    }
}

#[tokio::test]
async fn a_method_that_is_not_allowed_is_refused_on_each_of_its_routes_and_that_takes_nothing_away() {
    let world = World::new().await;
    let here = world.here();
    let member = Member::of(here).await;
    for allowed in [json!([]), json!(["carrier-pigeon"])] {
        here.say(&json!({"allowed_auth_methods": allowed})).await;
        for (route, request) in member.requests(here) {
            let answer = here.send(request).await;
            assert_eq!(outcome(&answer), "method_not_allowed_here", "{route} where {allowed} is allowed");
            answer.problem("method_not_allowed_here");
        }
        assert_eq!(here.page().await["password_policy"], Value::Null);
        here.me(&member.person.token).await.ok(200);
    }
    here.say(&json!({"allowed_auth_methods": null})).await;
    here.refresh(&member.person.refresh_token).await.ok(200);
    let reset = json!({"token": member.mailed, "password": PASSWORD});
    here.send(Call::post("/password/reset").json(&reset)).await.ok(204);
}

#[tokio::test]
async fn the_routes_that_a_method_has_are_those_that_say_so() {
    let world = World::new().await;
    let here = world.here();
    let tried: BTreeSet<&str> = Member::of(here).await.requests(here).into_iter().map(|(route, _)| route).collect();
    let table = world.fixture.http.table().unwrap();
    let refusing = table.iter().filter(|route| route.documentation().errors.contains(&Code::MethodNotAllowedHere));
    // An administrator gives a user a password for when it is allowed; that alone authenticates nobody.
    let refusing = refusing.filter(|route| (route.method(), route.path()) != (&Method::POST, "/users"));
    assert_eq!(tried, refusing.map(|route| route.path()).collect::<BTreeSet<_>>());
}

#[tokio::test]
async fn an_own_empty_list_allows_nothing_whatever_the_app_says_and_null_goes_by_the_app() {
    let world = World::new().await;
    let here = world.here();
    world.say(&json!({"allowed_auth_methods": ["password"]})).await;
    here.say(&json!({"allowed_auth_methods": []})).await;
    assert_eq!(here.stored().await["settings"]["allowed_auth_methods"], json!([]));
    assert_eq!(here.page().await["methods"], json!([]));
    world.say(&json!({"allowed_auth_methods": []})).await;
    here.say(&json!({"allowed_auth_methods": null})).await;
    assert_eq!(here.stored().await["settings"]["allowed_auth_methods"], Value::Null);
    assert_eq!(here.page().await["methods"], json!([]));
    world.say(&json!({"allowed_auth_methods": null})).await;
    assert_eq!(here.page().await["methods"], json!(["password"]));
    here.sign_up().await.answer.ok(201);
}

#[tokio::test]
async fn names_of_methods_that_nothing_brings_are_kept_and_enable_nothing() {
    let world = World::new().await;
    let here = world.here();
    let names = json!(["carrier-pigeon", "password", "PASSWORD"]);
    here.say(&json!({"allowed_auth_methods": names})).await;
    assert_eq!(here.stored().await["settings"]["allowed_auth_methods"], names);
    assert_eq!(here.page().await["methods"], json!(["password"]));
    here.sign_up().await.answer.ok(201);
    here.say(&json!({"allowed_auth_methods": ["PASSWORD"]})).await;
    here.sign_up().await.answer.problem("method_not_allowed_here");
}
