//! Registering and signing in.

use crate::common::*;
use authsome_core::entity::{Entity, Page};
use authsome_core::environment::Settings;
use authsome_core::error::Code;
use authsome_core::id::{SessionId, TypedId};
use authsome_core::identity::Identifier;
use authsome_core::route::Principal;
use authsome_core::secret::Token;
use authsome_core::session::Session;
use authsome_core::user::User;
use authsome_engine::{Engine, NewUser, SignIn, SignUp, SignUpOutcome};

#[tokio::test]
async fn a_person_registers_and_is_signed_in() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    assert_eq!((issued.user.email.as_str(), issued.user.email_verified), (ALICE, false));
    assert_eq!(issued.session.amr, ["pwd"]);
    assert!(issued.session.device_id.is_some());
    assert!(issued.token.expose().starts_with("ast_") && issued.refresh_token.expose().starts_with("art_"));
    let authenticated = world.authenticate(&issued.token).await.unwrap();
    let Principal::Session(session) = authenticated.principal else { panic!("it is a session") };
    assert_eq!(*session, issued.session);
    let mut actions = world.actions().await;
    actions.sort();
    assert_eq!(actions, ["device.created", "session.created", "user.created"]);
}

#[tokio::test]
async fn a_person_signs_in_by_every_name_and_out() {
    let world = World::new().await;
    let here = world.here().await;
    let registration = SignUp {
        username: Some("Alice".parse().unwrap()),
        phone: Some("+493012345678".parse().unwrap()),
        ..registration(ALICE)
    };
    here.auth().sign_up(registration, &client()).await.unwrap();
    for identifier in [
        Identifier::Email("ALICE@Example.com".parse().unwrap()),
        Identifier::Username("aLICE".parse().unwrap()),
        Identifier::Phone("+49 30 12345678".parse().unwrap()),
    ] {
        let sign_in = SignIn { identifier, password: password(PASSWORD) };
        let issued = here.auth().sign_in(sign_in, &client()).await.unwrap().signed_in().unwrap();
        here.auth().sign_out(&issued.session).await.unwrap();
        assert_eq!(code(world.authenticate(&issued.token).await), Code::SessionNotFound);
        assert_eq!(code(here.auth().sign_out(&issued.session).await), Code::SessionNotFound);
    }
}

#[tokio::test]
async fn a_taken_name_is_a_conflict_in_every_spelling_and_leaves_nothing() {
    let world = World::new().await;
    let here = world.here().await;
    let first = SignUp { username: Some("alice".parse().unwrap()), ..registration(ALICE) };
    here.auth().sign_up(first, &client()).await.unwrap();
    assert_eq!(code(here.auth().sign_up(registration("Alice@EXAMPLE.com"), &client()).await), Code::Conflict);
    let same_name = SignUp { username: Some("ALICE".parse().unwrap()), ..registration("bob@example.com") };
    assert_eq!(code(here.auth().sign_up(same_name, &client()).await), Code::Conflict);
    assert_eq!(code(here.users().get_by_email("bob@example.com").await), Code::NotFound);
    assert_eq!(world.count_of("user.created").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_register_one_address_at_once_one_does() {
    let world = World::new().await;
    let here = world.here().await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let auth = here.auth();
            tokio::spawn(async move { auth.sign_up(registration(ALICE), &client()).await.is_ok() })
        })
        .collect();
    let mut winners = 0;
    for task in tasks {
        winners += u32::from(task.await.unwrap());
    }
    assert_eq!(winners, 1);
    assert_eq!(here.users().list(&Default::default(), Page::default()).await.unwrap().data.len(), 1);
}

#[tokio::test]
async fn where_addresses_are_proven_first_a_taken_one_is_not_told_from_a_free_one() {
    let world = World::with_settings(Settings { require_email_verification: Some(true), ..Settings::default() }).await;
    let here = world.here().await;
    for _ in 0..2 {
        let outcome = here.auth().sign_up(registration(ALICE), &client()).await.unwrap();
        assert!(matches!(outcome, SignUpOutcome::VerifyFirst));
    }
    assert_eq!(world.count_of("user.created").await, 1);
    world.run_jobs().await;
    let mails = world.mails.take();
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().all(|mail| mail.to == ALICE));
    assert_eq!(mails.iter().filter(|mail| mail.link.is_some()).count(), 1);
}

#[tokio::test]
async fn where_addresses_are_proven_first_no_other_name_tells_which_have_accounts() {
    let world = World::with_settings(Settings { require_email_verification: Some(true), ..Settings::default() }).await;
    let auth = world.here().await.auth();
    auth.sign_up(registration(ALICE), &client()).await.unwrap();
    world.run_jobs().await;
    world.mails.take();
    for email in [ALICE, "free@example.com"] {
        let named = SignUp { username: Some("alice".parse().unwrap()), ..registration(email) };
        let both = SignUp { phone: Some("+4915112345678".parse().unwrap()), ..named.clone() };
        for (sign_up, fields) in [(named, vec!["username"]), (both, vec!["username", "phone"])] {
            let refused = auth.sign_up(sign_up, &client()).await.unwrap_err();
            let found: Vec<&str> = refused.fields().iter().map(|error| error.field.as_str()).collect();
            assert_eq!((refused.code(), found), (Code::InvalidRequest, fields));
        }
    }
    world.run_jobs().await;
    assert!(world.mails.take().is_empty());
    assert_eq!(User::find(&world.here().await.scope()).count(&*world.store).await.unwrap(), 1);
}

#[tokio::test]
async fn where_addresses_are_proven_first_nobody_signs_in_before() {
    let world = World::with_settings(Settings { require_email_verification: Some(true), ..Settings::default() }).await;
    let here = world.here().await;
    here.auth().sign_up(registration(ALICE), &client()).await.unwrap();
    assert_eq!(code(world.sign_in(ALICE, PASSWORD).await), Code::EmailNotVerified);
    assert_eq!(code(world.sign_in(ALICE, "wrong password").await), Code::InvalidCredentials);
    world.run_jobs().await;
    here.account().verify_email(&world.mails.one().token()).await.unwrap();
    assert!(world.sign_in(ALICE, PASSWORD).await.unwrap().user.email_verified);
}

#[tokio::test]
async fn unknown_deleted_passwordless_and_wrong_are_answered_alike() {
    let world = World::new().await;
    let here = world.here().await;
    world.sign_up(ALICE).await;
    let deleted = world.sign_up("deleted@example.com").await;
    here.users().delete(deleted.user.id).await.unwrap();
    here.users().create(NewUser::new("passwordless@example.com".parse().unwrap())).await.unwrap();
    let mut answers = Vec::new();
    for email in [ALICE, "unknown@example.com", "deleted@example.com", "passwordless@example.com"] {
        for attempt in 1..=12 {
            let error = world.sign_in(email, "wrong password").await.unwrap_err();
            answers.push((attempt, said(&error)));
        }
    }
    let (alice, others) = answers.split_at(12);
    for other in others.chunks(12) {
        assert_eq!(alice, other);
    }
    assert_eq!(alice[9].1.0, Code::InvalidCredentials);
    assert_eq!(alice[10].1.0, Code::AccountLocked);
}

#[tokio::test]
async fn a_ban_is_told_after_a_correct_password_alone() {
    let world = World::new().await;
    let here = world.here().await;
    let issued = world.sign_up(ALICE).await;
    here.users().ban(issued.user.id).await.unwrap();
    assert_eq!(code(world.authenticate(&issued.token).await), Code::SessionNotFound);
    assert_eq!(code(world.sign_in(ALICE, "wrong password").await), Code::InvalidCredentials);
    assert_eq!(code(world.sign_in(ALICE, PASSWORD).await), Code::UserBanned);
    here.users().unban(issued.user.id).await.unwrap();
    world.sign_in(ALICE, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn settings_close_registration_and_methods() {
    let world = World::new().await;
    world.sign_up(ALICE).await;
    world.configure("development", serde_json::json!({ "self_registration": false })).await;
    let refused = world.here().await.auth().sign_up(registration("b@example.com"), &client()).await;
    assert_eq!(code(refused), Code::RegistrationClosed);
    world.configure("development", serde_json::json!({ "allowed_auth_methods": [] })).await;
    assert_eq!(code(world.sign_in(ALICE, PASSWORD).await), Code::MethodNotAllowedHere);
    assert!(world.here().await.methods().is_empty());
    world.configure("development", serde_json::json!({ "allowed_auth_methods": ["password"] })).await;
    world.sign_in(ALICE, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_password_meets_the_environments_policy() {
    let world = World::new().await;
    world.configure("development", serde_json::json!({ "min_password_length": 64 })).await;
    let here = world.here().await;
    assert_eq!(code(here.auth().sign_up(registration(ALICE), &client()).await), Code::WeakPassword);
    let page = here.sign_in_page(None).await.unwrap();
    assert_eq!((page.methods.as_slice(), page.password_policy.unwrap().min_length), (["password"].as_slice(), 64));
}

#[tokio::test]
async fn without_a_plugin_for_passwords_they_are_not_allowed() {
    let store = std::sync::Arc::new(Watched::default());
    let engine = Engine::builder().store(store).build().unwrap();
    engine.prepare().await.unwrap();
    let here = engine.default_environment().await.unwrap();
    let refused = here.auth().sign_up(registration(ALICE), &client()).await;
    assert_eq!(code(refused), Code::MethodNotAllowedHere);
    let refused = here.auth().sign_in(credentials(ALICE, PASSWORD), &client()).await;
    assert_eq!(code(refused), Code::MethodNotAllowedHere);
    assert_eq!(code(here.account().forgot(&ALICE.parse().unwrap()).await), Code::MethodNotAllowedHere);
}

#[tokio::test]
async fn the_oldest_sessions_end_past_the_limit() {
    let world = World::new().await;
    let first = world.sign_up(ALICE).await;
    let mut later = Vec::new();
    for _ in 0..3 {
        world.advance(seconds(1));
        later.push(world.sign_in(ALICE, PASSWORD).await.unwrap());
    }
    world.configure("development", serde_json::json!({ "max_sessions_per_user": 2 })).await;
    world.advance(seconds(1));
    let newest = world.sign_in(ALICE, PASSWORD).await.unwrap();
    for ended in [&first, &later[0], &later[1]] {
        assert_eq!(code(world.authenticate(&ended.token).await), Code::SessionNotFound);
    }
    for kept in [&later[2], &newest] {
        world.authenticate(&kept.token).await.unwrap();
    }
    assert_eq!(world.count_of("session.revoked").await, 3);
}

#[tokio::test]
async fn a_session_that_is_dead_takes_no_place_from_one_that_is_alive() {
    let world = World::new().await;
    let settings = serde_json::json!({ "max_sessions_per_user": 2, "idle_session_timeout": 600 });
    world.configure("development", settings).await;
    let used = world.sign_up(ALICE).await;
    world.advance(seconds(1));
    let idle = world.sign_in(ALICE, PASSWORD).await.unwrap();
    world.advance(seconds(400));
    world.authenticate(&used.token).await.unwrap();
    world.advance(seconds(200));
    assert_eq!(code(world.authenticate(&idle.token).await), Code::TokenExpired);
    let newest = world.sign_in(ALICE, PASSWORD).await.unwrap();
    world.authenticate(&used.token).await.unwrap();
    world.advance(seconds(1));
    world.sign_in(ALICE, PASSWORD).await.unwrap();
    assert_eq!(code(world.authenticate(&used.token).await), Code::SessionNotFound);
    world.authenticate(&newest.token).await.unwrap();
    assert_eq!(world.count_of("session.revoked").await, 1);
}

#[tokio::test]
async fn however_many_sessions_there_are_one_sign_in_ends_what_is_past_the_limit() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    let (scope, entropy) = (world.here().await.scope(), &**world.engine.entropy());
    let another = |number: u64| Session {
        id: SessionId::generate(start_of_tests().plus(seconds(number)), entropy).unwrap(),
        token_hash: Token::generate("ast_", entropy).unwrap().hash(),
        ..issued.session.clone()
    };
    let others: Vec<_> = (1..=450).map(another).collect();
    Session::insert_all(&others, &scope, &*world.store).await.unwrap();
    world.configure("development", serde_json::json!({ "max_sessions_per_user": 3 })).await;
    world.advance(seconds(500));
    let newest = world.sign_in(ALICE, PASSWORD).await.unwrap();
    let left = Session::find(&scope).all(&*world.store).await.unwrap();
    let left: Vec<_> = left.iter().map(|session| session.id).collect();
    assert_eq!(left, [newest.session.id, others[449].id, others[448].id]);
    assert_eq!(world.count_of("session.revoked").await, 449);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_at_once_do_not_exceed_the_limit_of_sessions() {
    let world = World::with_settings(Settings { max_sessions_per_user: Some(3), ..Settings::default() }).await;
    let user = world.sign_up(ALICE).await.user;
    let here = world.here().await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let auth = here.auth();
            tokio::spawn(async move { auth.sign_in(credentials(ALICE, PASSWORD), &client()).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().signed_in().unwrap();
    }
    assert_eq!(here.sessions().list(user.id, Page::default()).await.unwrap().data.len(), 3);
}

#[tokio::test]
async fn a_device_is_recognized_by_its_user_agent() {
    let world = World::new().await;
    let first = world.sign_up(ALICE).await;
    let again = world.sign_in(ALICE, PASSWORD).await.unwrap();
    assert_eq!(first.session.device_id, again.session.device_id);
    let here = world.here().await;
    let other = authsome_core::route::Client { user_agent: Some("other/2".to_owned()), ..client() };
    let other = here.auth().sign_in(credentials(ALICE, PASSWORD), &other).await.unwrap().signed_in().unwrap();
    assert_ne!(first.session.device_id, other.session.device_id);
    assert_eq!(here.devices().list(first.user.id, Page::default()).await.unwrap().data.len(), 2);
    let device = first.session.device_id.unwrap();
    here.devices().delete(first.user.id, device).await.unwrap();
    assert_eq!(here.sessions().get(again.session.id).await.unwrap().device_id, None);
    assert_eq!(code(here.devices().delete(first.user.id, device).await), Code::NotFound);
}

#[tokio::test]
async fn a_client_that_says_too_much_of_itself_signs_in() {
    let world = World::new().await;
    let talkative = authsome_core::route::Client {
        ip: Some("::ffff:192.0.2.1".parse().unwrap()),
        user_agent: Some(format!("a\0{}", "x".repeat(10_000))),
    };
    world.sign_up(ALICE).await;
    let issued =
        world.here().await.auth().sign_in(credentials(ALICE, PASSWORD), &talkative).await.unwrap().signed_in().unwrap();
    assert_eq!(issued.session.ip.as_deref(), Some("192.0.2.1"));
    assert_eq!(issued.session.user_agent.unwrap().len(), 500);
}
