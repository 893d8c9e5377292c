//! `/users` and their sessions.

use serde_json::{Value, json};

use super::text;
use crate::tests::fixture::{Call, Fixture, PASSWORD};

fn emails(body: &Value) -> Vec<&str> {
    body["data"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_user_is_made_read_changed_deleted_and_erased() {
    let fixture = Fixture::new().await;
    let body = json!({"email": "alice@example.com", "password": PASSWORD, "username": "alice", "email_verified": true});
    let made = Call::post("/users").admin().json(&body).send(&fixture).await;
    let user = made.ok(201)["user"].clone();
    assert_eq!((&user["email_verified"], &user["username"]), (&json!(true), &json!("alice")));
    Call::post("/users").admin().json(&body).send(&fixture).await.problem("conflict");
    let path = format!("/users/{}", text(&user, "/id"));
    assert_eq!(Call::get(&path).admin().send(&fixture).await.ok(200)["user"], user);

    let patch = json!({"email": "Alice@Elsewhere.example", "name": "Alice", "username": null, "metadata": {"a": 1}});
    let changed = Call::patch(&path).admin().json(&patch).send(&fixture).await.ok(200)["user"].clone();
    assert_eq!(changed["email"], "Alice@Elsewhere.example");
    assert_eq!((&changed["email_verified"], &changed["username"]), (&json!(false), &Value::Null));
    assert_eq!((&changed["name"], &changed["metadata"]), (&json!("Alice"), &json!({"a": 1})));
    for bad in [json!({"emial": "a@b.example"}), json!({"email": null}), json!({"image": "x".repeat(2_001)})] {
        Call::patch(&path).admin().json(&bad).send(&fixture).await.problem("invalid_request");
    }
    let exported = Call::get(&format!("{path}/export")).admin().send(&fixture).await;
    assert_eq!(exported.ok(200)["user"]["email"], "Alice@Elsewhere.example");

    Call::delete(&path).admin().send(&fixture).await.ok(204);
    Call::get(&path).admin().send(&fixture).await.problem("not_found");
    Call::delete(&path).admin().send(&fixture).await.problem("not_found");
    Call::get(&format!("{path}/export")).admin().send(&fixture).await.ok(200);
    Call::post(&format!("{path}/erase")).admin().send(&fixture).await.ok(204);
    Call::get(&format!("{path}/export")).admin().send(&fixture).await.problem("not_found");
}

#[tokio::test]
async fn a_list_is_narrowed_by_address_by_the_beginning_of_a_name_and_by_bans() {
    let fixture = Fixture::new().await;
    for email in ["alice@example.com", "alfred@example.com", "bob@example.com"] {
        fixture.clock.advance(std::time::Duration::from_secs(1));
        fixture.person(email).await;
    }
    let list = async |query: &str| Call::get(&format!("/users{query}")).admin().send(&fixture).await;
    assert_eq!(emails(list("").await.ok(200)), ["bob@example.com", "alfred@example.com", "alice@example.com"]);
    assert_eq!(emails(list("?email=ALICE@example.com").await.ok(200)), ["alice@example.com"]);
    assert_eq!(emails(list("?q=AL").await.ok(200)), ["alfred@example.com", "alice@example.com"]);
    let bob = text(list("?q=bob").await.ok(200), "/data/0/id");
    let banned = Call::post(&format!("/users/{bob}/ban")).admin().send(&fixture).await;
    assert_eq!(banned.ok(200)["user"]["banned"], true);
    assert_eq!(emails(list("?banned=true").await.ok(200)), ["bob@example.com"]);
    let first = list("?limit=2").await;
    let cursor = text(first.ok(200), "/next_cursor");
    assert_eq!(emails(list(&format!("?limit=2&cursor={cursor}")).await.ok(200)), ["alice@example.com"]);
    for query in ["?limit=0", "?limit=201", "?banned=perhaps", "?email=nobody", "?q=%00", "?name=x"] {
        list(query).await.problem("invalid_request");
    }
    list("?cursor=x").await.problem("invalid_cursor");
    assert!(emails(Call::get("/users").admin().environment("staging").send(&fixture).await.ok(200)).is_empty());
}

#[tokio::test]
async fn a_ban_ends_sessions_and_its_end_lets_the_person_sign_in_again() {
    let fixture = Fixture::new().await;
    let alice = fixture.person("alice@example.com").await;
    let path = format!("/users/{}", alice.id);
    Call::post(&format!("{path}/ban")).admin().send(&fixture).await.ok(200);
    Call::get("/me").bearer(&alice.token).send(&fixture).await.problem("session_not_found");
    let sign_in = || Call::post("/signin").json(&json!({"email": "alice@example.com", "password": PASSWORD}));
    sign_in().send(&fixture).await.problem("user_banned");
    Call::post(&format!("{path}/unban")).admin().send(&fixture).await.ok(200);
    sign_in().send(&fixture).await.ok(200);
}

#[tokio::test]
async fn an_administrator_unlocks_an_account_and_sends_a_reset() {
    let fixture = Fixture::new().await;
    let alice = fixture.person("alice@example.com").await;
    let path = format!("/users/{}", alice.id);
    let sign_in = |password| Call::post("/signin").json(&json!({"email": "alice@example.com", "password": password}));
    for _ in 0..10 {
        sign_in("wrong password").send(&fixture).await;
        fixture.clock.advance(std::time::Duration::from_secs(7));
    }
    sign_in(PASSWORD).send(&fixture).await.problem("account_locked");
    Call::post(&format!("{path}/unlock")).admin().send(&fixture).await.ok(204);
    sign_in(PASSWORD).send(&fixture).await.ok(200);
    Call::post(&format!("{path}/password-reset")).admin().send(&fixture).await.ok(202);
    let token = fixture.token_mailed_to("alice@example.com").await;
    let reset = json!({"token": token, "password": "another long password"});
    Call::post("/password/reset").json(&reset).send(&fixture).await.ok(204);
    sign_in("another long password").send(&fixture).await.ok(200);
}

#[tokio::test]
async fn sessions_of_a_user_and_of_everybody_are_seen_and_ended() {
    let fixture = Fixture::new().await;
    let alice = fixture.person("alice@example.com").await;
    let bob = fixture.person("bob@example.com").await;
    let path = format!("/users/{}/sessions", alice.id);
    let listed = Call::get(&path).admin().send(&fixture).await;
    assert_eq!(text(listed.ok(200), "/data/0/id"), alice.session);
    assert!(listed.body["data"][0].get("token").is_none());
    Call::delete(&path).admin().send(&fixture).await.ok(204);
    Call::get("/me").bearer(&alice.token).send(&fixture).await.problem("session_not_found");
    Call::get("/me").bearer(&bob.token).send(&fixture).await.ok(200);
    let ended = Call::delete("/admin/sessions").admin().send(&fixture).await;
    assert_eq!(ended.ok(200), &json!({"count": 1, "complete": true}));
    Call::get("/me").bearer(&bob.token).send(&fixture).await.problem("session_not_found");
    let nobody = format!("/users/{}/sessions", alice.id.replace("ausr_0", "ausr_1"));
    Call::get(&nobody).admin().send(&fixture).await.problem("not_found");
    Call::delete(&nobody).admin().send(&fixture).await.problem("not_found");
}

#[tokio::test]
async fn what_takes_in_all_of_production_is_confirmed() {
    let fixture = Fixture::new().await;
    for (path, action) in [("/admin/sessions", "revoke-sessions"), ("/users", "delete-users")] {
        let other = if action == "delete-users" { "revoke-sessions" } else { "delete-users" };
        let alice = fixture.person_in("production", "alice@example.com").await;
        let delete = || Call::delete(path).admin().environment("production");
        for refused in
            [delete(), delete().confirm(other), delete().confirm("true"), delete().confirm(action).confirm(action)]
        {
            let answer = refused.send(&fixture).await;
            assert_eq!(answer.status, 424);
            let problem = answer.problem("confirmation_required");
            assert_eq!((&problem["action"], &problem["header"]), (&json!(action), &json!("X-Authsome-Confirm")));
        }
        Call::get("/me").bearer(&alice.token).send(&fixture).await.ok(200);
        let done = delete().confirm(action).send(&fixture).await;
        assert_eq!(done.ok(200), &json!({"count": 1, "complete": true}));
        Call::get("/me").bearer(&alice.token).send(&fixture).await.problem("session_not_found");
        Call::delete(&format!("/users/{}", alice.id)).admin().environment("production").send(&fixture).await;
        fixture.person_in("staging", "alice@example.com").await;
        Call::delete(path).admin().environment("staging").send(&fixture).await.ok(200);
        Call::delete("/users").admin().environment("staging").send(&fixture).await.ok(200);
    }
}
