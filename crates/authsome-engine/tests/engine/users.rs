//! Users: profiles, deletion, erasure, export.

use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::entity::{Entity, Page};
use authsome_core::error::Code;
use authsome_core::event::Event;
use authsome_core::notification::Notification;
use authsome_core::user::UserQuery;
use authsome_engine::{DevicePatch, NewUser, ProfilePatch, Progress, UserPatch};

use crate::common::*;

fn patch(json: &serde_json::Value) -> ProfilePatch {
    let text = |key: &str| json.get(key).map(|value| value.as_str().map(ToOwned::to_owned));
    ProfilePatch {
        name: text("name"),
        username: text("username").map(|name| name.map(|name| name.parse().unwrap())),
        metadata: json.get("metadata").map(|value| value.as_object().cloned()),
    }
}

#[tokio::test]
async fn a_profile_is_changed_by_a_merge_patch() {
    let world = World::new().await;
    let user = world.sign_up(ALICE).await.user;
    let users = world.here().await.users();
    let change = async |json| users.update_profile(user.id, &patch(&json)).await.unwrap();
    world.advance(seconds(1));
    let metadata = serde_json::json!({ "a": { "b": 1, "c": 2 }, "d": 3 });
    let changed = change(serde_json::json!({ "name": "Alice", "username": "Alice", "metadata": metadata })).await;
    assert_eq!((changed.name.as_deref(), changed.username_key.as_deref()), (Some("Alice"), Some("alice")));
    assert_eq!(changed.updated_at, start_of_tests().plus(seconds(1)));
    let changed = change(serde_json::json!({ "metadata": { "a": { "b": null }, "d": 4 } })).await;
    assert_eq!(serde_json::to_value(&changed.metadata).unwrap(), serde_json::json!({ "a": { "c": 2 }, "d": 4 }));
    assert_eq!(changed.name.as_deref(), Some("Alice"));
    let changed = change(serde_json::json!({ "name": null, "username": null, "metadata": null })).await;
    assert_eq!((changed.name, changed.username, changed.username_key), (None, None, None));
    assert!(changed.metadata.as_object().is_empty());
}

#[tokio::test]
async fn a_profile_takes_no_taken_username_and_nothing_too_long() {
    let world = World::new().await;
    let alice = world.sign_up(ALICE).await.user;
    let bob = world.sign_up("bob@example.com").await.user;
    let users = world.here().await.users();
    users.update_profile(alice.id, &patch(&serde_json::json!({ "username": "alice" }))).await.unwrap();
    let taken = users.update_profile(bob.id, &patch(&serde_json::json!({ "username": "ALICE" }))).await;
    assert_eq!(code(taken), Code::Conflict);
    let long = users.update_profile(bob.id, &patch(&serde_json::json!({ "name": "x".repeat(201) }))).await;
    let error = long.unwrap_err();
    assert_eq!((error.code(), error.fields()[0].field.as_str()), (Code::InvalidRequest, "name"));
    let large = serde_json::json!({ "metadata": { "a": "x".repeat(20_000) } });
    let error = users.update_profile(bob.id, &patch(&large)).await.unwrap_err();
    assert_eq!((error.code(), error.fields()[0].field.as_str()), (Code::InvalidRequest, "metadata"));
    assert_eq!(users.get(bob.id).await.unwrap(), bob);
}

#[tokio::test]
async fn an_administrator_makes_users_and_sets_passwords() {
    let world = World::new().await;
    world.configure("development", serde_json::json!({ "self_registration": false })).await;
    let users = world.here().await.users();
    let new =
        NewUser { password: Some(password(PASSWORD)), email_verified: true, ..NewUser::new(ALICE.parse().unwrap()) };
    let user = users.create(new.clone()).await.unwrap();
    assert!(users.get_by_email("ALICE@example.com").await.unwrap().email_verified);
    assert_eq!(code(users.create(new).await), Code::Conflict);
    let weak = NewUser { password: Some(password("short")), ..NewUser::new("b@example.com".parse().unwrap()) };
    assert_eq!(code(users.create(weak).await), Code::WeakPassword);
    let issued = world.sign_in(ALICE, PASSWORD).await.unwrap();
    users.set_password(user.id, &password("an entirely new one")).await.unwrap();
    assert_eq!(code(world.authenticate(&issued.token).await), Code::SessionNotFound);
    world.sign_in(ALICE, "an entirely new one").await.unwrap();
    assert_eq!(users.list(&UserQuery::default(), Page::default()).await.unwrap().data.len(), 1);
}

#[tokio::test]
async fn a_deleted_users_names_are_free_and_nothing_of_theirs_works() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    let here = world.here().await;
    here.account().forgot(&ALICE.parse().unwrap()).await.unwrap();
    world.run_jobs().await;
    let links: Vec<_> = world.mails.take().iter().map(authsome_testkit::CaughtMail::token).collect();
    here.users().delete(issued.user.id).await.unwrap();
    assert_eq!(code(world.authenticate(&issued.token).await), Code::SessionNotFound);
    assert_eq!(code(here.users().get(issued.user.id).await), Code::NotFound);
    assert_eq!(code(here.users().delete(issued.user.id).await), Code::NotFound);
    for link in &links {
        let reset = here.account().reset(link, &password("an entirely new one")).await;
        assert_eq!(code(reset), Code::InvalidToken);
        assert_eq!(code(here.account().verify_email(link).await), Code::InvalidToken);
    }
    let again = world.sign_up(ALICE).await;
    assert_ne!(again.user.id, issued.user.id);
    here.users().erase(issued.user.id).await.unwrap();
    world.authenticate(&again.token).await.unwrap();
}

#[tokio::test]
async fn erasure_leaves_nothing_personal_and_events_keep_the_ids() {
    let world = World::new().await;
    let issued = world.sign_up("Unmistakable@Example.com").await;
    let bystander = world.sign_up(ALICE).await;
    let here = world.here().await;
    let user = issued.user.id;
    let named = patch(&serde_json::json!({ "name": "Unmistakable", "username": "unmistakable" }));
    here.users().update_profile(user, &named).await.unwrap();
    here.account().forgot(&"unmistakable@example.com".parse().unwrap()).await.unwrap();
    world.run_jobs().await;
    here.account().forgot(&"unmistakable@example.com".parse().unwrap()).await.unwrap();
    assert_eq!(code(world.sign_in("unmistakable@example.com", "wrong password").await), Code::InvalidCredentials);
    here.users().erase(user).await.unwrap();

    assert_eq!(code(here.users().export(user).await), Code::NotFound);
    assert_eq!(code(here.users().erase(user).await), Code::NotFound);
    let dump = world.dump().await.to_lowercase();
    assert!(!dump.contains("unmistakable"));
    let events = Event::find(&here.scope()).limit(1_000).all(&*world.store).await.unwrap();
    let id = user.to_string();
    let about: Vec<&Event> = events.iter().filter(|event| event.target.as_ref() == Some(&id)).collect();
    assert!(about.iter().any(|event| event.action == "user.erased") && about.len() > 2);
    let of_user = |event: &&Event| event.actor.as_ref() == Some(&id) || event.target.as_ref() == Some(&id);
    assert!(events.iter().filter(of_user).all(|event| event.ip.is_none() && event.user_agent.is_none()));
    world.authenticate(&bystander.token).await.unwrap();
    assert!(events.iter().any(|event| event.ip.is_some()), "others' events stay as they are");
}

#[tokio::test]
async fn an_export_holds_everything_and_no_secret() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    world.sign_up("bob@example.com").await;
    let here = world.here().await;
    here.account().forgot(&ALICE.parse().unwrap()).await.unwrap();
    world.run_jobs().await;
    let device = issued.session.device_id.unwrap();
    let name = DevicePatch { name: Some(Some("laptop".to_owned())), trusted: Some(Some(true)) };
    here.devices().update(issued.user.id, device, &name).await.unwrap();
    let export = here.users().export(issued.user.id).await.unwrap();
    assert_eq!(export["user"]["email"], ALICE);
    assert_eq!(export["sessions"][0]["id"], issued.session.id.to_string());
    assert_eq!(export["devices"][0]["name"], "laptop");
    assert_eq!(export["verifications"].as_array().unwrap().len(), 1);
    assert_eq!(export["password_resets"].as_array().unwrap().len(), 1);
    assert_eq!(export["notifications"].as_array().unwrap().len(), 2);
    assert!(export["events"].as_array().unwrap().len() >= 3);
    assert!(export["plugins"]["password"].is_object());
    let text = export.to_string();
    assert!(!text.contains("bob@example.com") && !text.contains("hash") && !text.contains("argon2"));
    for token in [&issued.token, &issued.refresh_token] {
        assert!(!text.contains(token.expose()));
    }
}

#[tokio::test]
async fn an_export_of_many_pages_is_complete() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    let here = world.here().await;
    for _ in 0..450 {
        world.advance(seconds(1));
        here.users().update_profile(issued.user.id, &patch(&serde_json::json!({ "name": "A" }))).await.unwrap();
    }
    let export = here.users().export(issued.user.id).await.unwrap();
    assert_eq!(export["events"].as_array().unwrap().len(), 453);
}

impl World {
    /// All that the default environment's tables with personal data hold, as text.
    async fn dump(&self) -> String {
        let scope = self.here().await.scope();
        let mut text = String::new();
        for user in authsome_core::user::User::find(&scope).all(&*self.store).await.unwrap() {
            text.push_str(&format!("{user:?}"));
        }
        for notification in Notification::find(&scope).all(&*self.store).await.unwrap() {
            text.push_str(&format!("{notification:?}"));
        }
        for event in Event::find(&scope).limit(1_000).all(&*self.store).await.unwrap() {
            text.push_str(&format!("{event:?}"));
        }
        for verification in authsome_core::account::Verification::find(&scope).all(&*self.store).await.unwrap() {
            text.push_str(&format!("{verification:?}"));
        }
        for lockout in authsome_core::attempt::Lockout::find(&scope).all(&*self.store).await.unwrap() {
            text.push_str(&format!("{lockout:?}"));
        }
        text
    }
}

fn update(change: impl FnOnce(&mut UserPatch)) -> UserPatch {
    let mut patch = UserPatch::default();
    change(&mut patch);
    patch
}

#[tokio::test]
async fn an_address_or_number_that_an_administrator_changes_counts_as_not_proven_unless_they_say_so() {
    let world = World::new().await;
    let id = world.sign_up(ALICE).await.user.id;
    let users = world.here().await.users();
    let apply = async |change: &dyn Fn(&mut UserPatch)| users.update(id, &update(change)).await.unwrap();
    let verified = apply(&|patch| patch.email_verified = Some(true)).await;
    assert!(verified.email_verified);
    let same = apply(&|patch| patch.email = Some("Alice@Example.com".parse().unwrap())).await;
    assert!(same.email_verified && same.email_key == ALICE, "another spelling is the same mailbox");
    let moved = apply(&|patch| patch.email = Some("alice@example.org".parse().unwrap())).await;
    assert!(!moved.email_verified && moved.email_key == "alice@example.org");
    let vouched = apply(&|patch| {
        patch.email = Some(ALICE.parse().unwrap());
        patch.email_verified = Some(true);
    });
    assert!(vouched.await.email_verified);
    let called = apply(&|patch| {
        patch.phone = Some(Some("+4930123456".parse().unwrap()));
        patch.phone_verified = Some(true);
    });
    assert!(called.await.phone_verified);
    let same = apply(&|patch| patch.phone = Some(Some("+4930123456".parse().unwrap()))).await;
    assert!(same.phone_verified);
    let moved = apply(&|patch| patch.phone = Some(Some("+4930123457".parse().unwrap()))).await;
    assert!(!moved.phone_verified);
    let none = apply(&|patch| patch.phone = Some(None)).await;
    assert!(none.phone.is_none() && !none.phone_verified);
    let refused = users.update(id, &update(|patch| patch.phone_verified = Some(true))).await.unwrap_err();
    assert_eq!((refused.code(), refused.fields()[0].field.as_str()), (Code::InvalidRequest, "phone_verified"));
}

#[tokio::test]
async fn an_administrators_change_takes_no_name_that_another_user_has() {
    let world = World::new().await;
    let id = world.sign_up(ALICE).await.user.id;
    let bob = world.sign_up("bob@example.com").await.user.id;
    let users = world.here().await.users();
    let number = || Some(Some("+4930123456".parse().unwrap()));
    let profile = || patch(&serde_json::json!({ "username": "bob" }));
    users.update(bob, &update(|patch| (patch.phone, patch.profile) = (number(), profile()))).await.unwrap();
    let before = users.get(id).await.unwrap();
    let taken = [
        update(|patch| patch.email = Some("BOB@example.com".parse().unwrap())),
        update(|patch| patch.phone = number()),
        update(|patch| patch.profile = profile()),
    ];
    for patch in taken {
        assert_eq!(code(users.update(id, &patch).await), Code::Conflict);
    }
    assert_eq!(users.get(id).await.unwrap(), before);
    users.delete(bob).await.unwrap();
    assert_eq!(code(users.update(bob, &UserPatch::default()).await), Code::NotFound);
    users.update(id, &update(|patch| patch.email = Some("bob@example.com".parse().unwrap()))).await.unwrap();
}

#[tokio::test]
async fn links_that_were_mailed_to_an_address_are_void_once_an_administrator_changes_it() {
    let world = World::new().await;
    let id = world.sign_up(ALICE).await.user.id;
    let here = world.here().await;
    world.run_jobs().await;
    let verification = world.mails.one().token();
    here.users().send_password_reset(id).await.unwrap();
    world.run_jobs().await;
    let reset = world.mails.one().token();
    let renamed = update(|change| change.profile = patch(&serde_json::json!({ "name": "Alice" })));
    here.users().update(id, &renamed).await.unwrap();
    here.users().update(id, &update(|patch| patch.email = Some("a@example.org".parse().unwrap()))).await.unwrap();
    assert_eq!(code(here.account().verify_email(&verification).await), Code::InvalidToken);
    let refused = here.account().reset(&reset, &password("a wholly new password")).await;
    assert_eq!(code(refused), Code::InvalidToken);
    world.run_jobs().await;
    assert!(world.mails.take().is_empty());
    assert_eq!(world.count_of("user.updated").await, 2);
}

#[tokio::test]
async fn a_reset_that_an_administrator_sends_lets_the_person_set_a_password_and_ends_nothing_before() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    let here = world.here().await;
    world.run_jobs().await;
    world.mails.take();
    here.users().send_password_reset(issued.user.id).await.unwrap();
    world.run_jobs().await;
    world.authenticate(&issued.token).await.unwrap();
    let mail = world.mails.one();
    assert_eq!(mail.to, ALICE);
    let token = mail.token();
    here.account().reset(&token, &password("a wholly new password")).await.unwrap();
    assert_eq!(code(world.authenticate(&issued.token).await), Code::SessionNotFound);
    here.users().delete(issued.user.id).await.unwrap();
    assert_eq!(code(here.users().send_password_reset(issued.user.id).await), Code::NotFound);
}

#[tokio::test]
async fn deleting_all_users_of_production_is_confirmed_and_leaves_other_environments_alone() {
    let world = World::new().await;
    let production = world.environment("production").await;
    let mut issued = Vec::new();
    for name in ["a", "b", "c"] {
        issued.push(sign_up_in(&production, &format!("{name}@example.com")).await);
    }
    let other = world.sign_up(ALICE).await;
    for confirm in [Confirm::NOTHING, Confirm::to(Destructive::RevokeSessions)] {
        let error = production.users().delete_all(confirm).await.unwrap_err();
        assert_eq!((error.code(), &error.extra()["action"]), (Code::ConfirmationRequired, &"delete-users".into()));
    }
    world.authenticate(&issued[0].token).await.unwrap();
    let progress = production.users().delete_all(Confirm::to(Destructive::DeleteUsers)).await.unwrap();
    assert_eq!(progress, Progress { count: 3, complete: true });
    for issued in &issued {
        assert_eq!(code(world.authenticate(&issued.token).await), Code::SessionNotFound);
        assert_eq!(code(production.users().get(issued.user.id).await), Code::NotFound);
    }
    let find = Event::find(&production.scope()).filter(Event::ACTION.eq("user.deleted"));
    assert_eq!(find.count(&*world.store).await.unwrap(), 3);
    world.authenticate(&other.token).await.unwrap();
    let again = production.users().delete_all(Confirm::to(Destructive::DeleteUsers)).await.unwrap();
    assert_eq!(again, Progress { count: 0, complete: true });
    let elsewhere = world.here().await.users().delete_all(Confirm::NOTHING).await.unwrap();
    assert_eq!(elsewhere.count, 1, "no confirmation outside of production");
}
