//! Checking sessions, and what people do with them.

use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::entity::{Entity, Page};
use authsome_core::environment::{EnvironmentType, Settings};
use authsome_core::error::Code;
use authsome_core::event::Event;
use authsome_core::id::{MemberId, OrganizationId, TypedId};
use authsome_core::metadata::Metadata;
use authsome_core::organization::{Member, Organization, Role};
use authsome_core::route::{Client, Principal};
use authsome_core::secret::Token;
use authsome_core::session::Session;
use authsome_core::time::Seconds;
use authsome_engine::{EnvironmentPatch, Progress};

use crate::common::*;

fn session_of(authenticated: authsome_engine::Authenticated) -> Session {
    let Principal::Session(session) = authenticated.principal else { panic!("it is a session") };
    Session::clone(&session)
}

#[tokio::test]
async fn a_check_is_one_query() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    world.authenticate(&issued.token).await.unwrap();
    world.store.look();
    for _ in 0..10 {
        world.authenticate(&issued.token).await.unwrap();
    }
    assert_eq!(world.store.look(), (10, 0));
}

#[tokio::test]
async fn a_session_is_noted_as_seen_once_a_minute() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    let seen = async || session_of(world.authenticate(&issued.token).await.unwrap()).last_seen_at;
    world.advance(seconds(59));
    assert_eq!(seen().await, start_of_tests());
    world.advance(seconds(1));
    assert_eq!(seen().await, start_of_tests().plus(seconds(60)));
    world.store.look();
    seen().await;
    assert_eq!(world.store.look().1, 0);
    let stored = world.here().await.sessions().get(issued.session.id).await.unwrap();
    assert_eq!(stored.last_seen_at, start_of_tests().plus(seconds(60)));
    assert_eq!(stored.expires_at, issued.session.expires_at);
}

#[tokio::test]
async fn a_check_succeeds_where_the_session_cannot_be_noted_as_seen() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    world.advance(seconds(120));
    world.store.set_read_only(true);
    world.authenticate(&issued.token).await.unwrap();
}

#[tokio::test]
async fn a_store_that_is_down_is_unavailable_and_no_refusal() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    world.store.set_down(true);
    assert_eq!(code(world.authenticate(&issued.token).await), Code::Unavailable);
    assert_eq!(
        code(world.engine.default_environment().await.unwrap().users().get(issued.user.id).await),
        Code::Unavailable
    );
    world.store.set_down(false);
    world.authenticate(&issued.token).await.unwrap();
}

#[tokio::test]
async fn a_token_is_valid_until_it_expires_and_no_longer() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    world.advance(days(7) - seconds(1));
    world.authenticate(&issued.token).await.unwrap();
    world.advance(seconds(1));
    assert_eq!(code(world.authenticate(&issued.token).await), Code::TokenExpired);
}

#[tokio::test]
async fn a_token_is_never_valid_for_longer_than_the_session_can_be_refreshed() {
    let settings = Settings { refresh_token_ttl: Some(Seconds(3_600)), ..Settings::default() };
    let world = World::with_settings(settings).await;
    let issued = world.sign_up(ALICE).await;
    assert_eq!(issued.session.expires_at, start_of_tests().plus(hours(1)));
}

#[tokio::test]
async fn what_is_no_token_is_not_found() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    for text in ["", "ast_", "ast_\0", issued.refresh_token.expose(), &"x".repeat(100_000)] {
        assert_eq!(code(world.authenticate(&Token::presented(text)).await), Code::SessionNotFound);
    }
}

#[tokio::test]
async fn an_idle_session_ends_and_one_in_use_does_not() {
    let settings = Settings { idle_session_timeout: Some(Seconds(600)), ..Settings::default() };
    let world = World::with_settings(settings).await;
    let used = world.sign_up(ALICE).await;
    let idle = world.sign_in(ALICE, PASSWORD).await.unwrap();
    for _ in 0..40 {
        world.advance(seconds(59));
        world.authenticate(&used.token).await.unwrap();
    }
    assert_eq!(code(world.authenticate(&idle.token).await), Code::TokenExpired);
    let refreshed = world.here().await.auth().refresh(&idle.refresh_token, &client()).await;
    assert_eq!(code(refreshed), Code::TokenExpired);
    world.advance(seconds(599));
    world.authenticate(&used.token).await.unwrap();
    world.advance(seconds(600));
    assert_eq!(code(world.authenticate(&used.token).await), Code::TokenExpired);
}

#[tokio::test]
async fn a_session_with_the_shortest_idleness_stays_while_it_is_used() {
    let settings = Settings { idle_session_timeout: Some(Seconds(60)), ..Settings::default() };
    let world = World::with_settings(settings).await;
    let issued = world.sign_up(ALICE).await;
    for _ in 0..20 {
        world.advance(seconds(50));
        world.authenticate(&issued.token).await.unwrap();
    }
}

#[tokio::test]
async fn a_bound_session_is_not_found_elsewhere() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    let from = async |client: &Client| authenticate(&world.engine, &issued.token, client).await;
    from(&client_at("198.51.100.1")).await.unwrap();
    world.configure("development", serde_json::json!({ "ip_binding": "subnet" })).await;
    from(&client_at("192.0.2.200")).await.unwrap();
    assert_eq!(code(from(&client_at("198.51.100.1")).await), Code::SessionNotFound);
    world.configure("development", serde_json::json!({ "ip_binding": "strict" })).await;
    from(&client()).await.unwrap();
    assert_eq!(code(from(&client_at("192.0.2.200")).await), Code::SessionNotFound);
    assert_eq!(code(from(&Client::default()).await), Code::SessionNotFound);
    let elsewhere = client_at("198.51.100.1");
    let refreshed = world.here().await.auth().refresh(&issued.refresh_token, &elsewhere).await;
    assert_eq!(code(refreshed), Code::SessionNotFound);
}

#[tokio::test]
async fn a_person_proves_again_who_they_are() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    let auth = world.here().await.auth();
    world.advance(seconds(700));
    assert_eq!(code(auth.reauthenticate(&issued.session, &password("wrong password")).await), Code::InvalidCredentials);
    let fresh = auth.reauthenticate(&issued.session, &password(PASSWORD)).await.unwrap();
    assert_eq!(fresh.session.authenticated_at, start_of_tests().plus(seconds(700)));
    assert_eq!(fresh.session.expires_at, issued.session.expires_at);
    let seen = session_of(world.authenticate(&fresh.token).await.unwrap());
    assert_eq!(seen.authenticated_at, fresh.session.authenticated_at);
    assert_eq!(code(world.authenticate(&issued.token).await), Code::SessionNotFound, "the old token ends");
    assert_eq!(code(auth.refresh(&issued.refresh_token, &client()).await), Code::SessionNotFound);
    assert_eq!(auth.refresh(&fresh.refresh_token, &client()).await.unwrap().session.id, issued.session.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_proofs_at_once_with_one_token_one_gets_the_next_token() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    let auth = world.here().await.auth();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (auth, session) = (auth.clone(), issued.session.clone());
            tokio::spawn(async move { auth.reauthenticate(&session, &password(PASSWORD)).await })
        })
        .collect();
    let mut fresh = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(renewed) => fresh.push(renewed),
            Err(error) => assert!(matches!(error.code(), Code::SessionNotFound | Code::Unavailable), "{error:?}"),
        }
    }
    assert_eq!(fresh.len(), 1);
    world.authenticate(&fresh[0].token).await.unwrap();
}

#[tokio::test]
async fn other_sessions_end_and_this_one_stays() {
    let world = World::new().await;
    let this = world.sign_up(ALICE).await;
    let other = world.sign_in(ALICE, PASSWORD).await.unwrap();
    let sessions = world.here().await.sessions();
    assert_eq!(sessions.revoke_others(&this.session).await.unwrap(), 1);
    world.authenticate(&this.token).await.unwrap();
    assert_eq!(code(world.authenticate(&other.token).await), Code::SessionNotFound);
    assert_eq!(sessions.list(this.user.id, Page::default()).await.unwrap().data, [this.session]);
}

#[tokio::test]
async fn another_users_session_is_not_found() {
    let world = World::new().await;
    let alice = world.sign_up(ALICE).await;
    let bob = world.sign_up("bob@example.com").await;
    let sessions = world.here().await.sessions();
    assert_eq!(code(sessions.revoke_of(alice.user.id, bob.session.id).await), Code::NotFound);
    world.authenticate(&bob.token).await.unwrap();
    sessions.revoke_of(bob.user.id, bob.session.id).await.unwrap();
    assert_eq!(code(world.authenticate(&bob.token).await), Code::SessionNotFound);
    assert_eq!(code(sessions.revoke(bob.session.id).await), Code::NotFound);
}

#[tokio::test]
async fn a_member_activates_an_organization_and_nobody_else_does() {
    let world = World::new().await;
    let alice = world.sign_up(ALICE).await;
    let bob = world.sign_up("bob@example.com").await;
    let here = world.here().await;
    let (now, entropy, scope) = (start_of_tests(), &**world.engine.entropy(), here.scope());
    let organization = Organization {
        id: OrganizationId::generate(now, entropy).unwrap(),
        scope,
        name: "Org".to_owned(),
        slug: "org".to_owned(),
        logo: None,
        metadata: Metadata::default(),
        created_by: None,
        created_at: now,
        updated_at: now,
    };
    organization.insert(&scope, &*world.store).await.unwrap();
    let member = Member {
        id: MemberId::generate(now, entropy).unwrap(),
        scope,
        organization_id: organization.id,
        user_id: alice.user.id,
        role: Role::Member,
        created_at: now,
        updated_at: now,
    };
    member.insert(&scope, &*world.store).await.unwrap();
    let session = here.auth().set_organization(&alice.session, organization.id).await.unwrap();
    assert_eq!(session.organization_id, Some(organization.id));
    assert_eq!(code(here.auth().set_organization(&bob.session, organization.id).await), Code::NotFound);
    let refreshed = here.auth().refresh(&alice.refresh_token, &client()).await.unwrap();
    assert_eq!(refreshed.session.organization_id, Some(organization.id));
}

#[tokio::test]
async fn ending_everybodys_sessions_in_production_is_confirmed_and_leaves_other_environments_alone() {
    let world = World::new().await;
    let production = world.environment("production").await;
    let alice = sign_up_in(&production, ALICE).await;
    let bob = sign_up_in(&production, "bob@example.com").await;
    let other = world.sign_up(ALICE).await;
    for confirm in [Confirm::NOTHING, Confirm::to(Destructive::DeleteUsers)] {
        let error = production.sessions().revoke_everybodys(confirm).await.unwrap_err();
        assert_eq!((error.code(), &error.extra()["action"]), (Code::ConfirmationRequired, &"revoke-sessions".into()));
    }
    world.authenticate(&alice.token).await.unwrap();
    let confirmed = Confirm::to(Destructive::RevokeSessions);
    let progress = production.sessions().revoke_everybodys(confirmed).await.unwrap();
    assert_eq!(progress, Progress { count: 2, complete: true });
    for issued in [&alice, &bob] {
        assert_eq!(code(world.authenticate(&issued.token).await), Code::SessionNotFound);
        let refreshed = production.auth().refresh(&issued.refresh_token, &client()).await;
        assert_eq!(code(refreshed), Code::SessionNotFound);
    }
    sign_in_at(&production, ALICE, PASSWORD).await.unwrap();
    world.authenticate(&other.token).await.unwrap();
    assert_eq!(world.here().await.sessions().revoke_everybodys(Confirm::NOTHING).await.unwrap().count, 1);
}

#[tokio::test]
async fn everybodys_sessions_end_in_batches_each_together_with_an_event_of_how_many_it_ended() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    let here = world.here().await;
    let (scope, entropy) = (here.scope(), &**world.engine.entropy());
    let another = |_| Session {
        id: TypedId::generate(start_of_tests(), entropy).unwrap(),
        token_hash: Token::generate("ast_", entropy).unwrap().hash(),
        ..issued.session.clone()
    };
    let others: Vec<_> = (0..500).map(another).collect();
    Session::insert_all(&others, &scope, &*world.store).await.unwrap();
    let counts = async || {
        let find = Event::find(&scope).filter(Event::ACTION.eq("sessions.revoked"));
        let events = find.all(&*world.store).await.unwrap();
        let mut counts: Vec<_> = events.iter().map(|event| event.data["count"].as_u64().unwrap()).collect();
        counts.sort_unstable();
        counts
    };
    let progress = here.sessions().revoke_everybodys(Confirm::NOTHING).await.unwrap();
    assert_eq!(progress, Progress { count: 501, complete: true });
    assert_eq!(counts().await, [1, 500]);
    let again = here.sessions().revoke_everybodys(Confirm::NOTHING).await.unwrap();
    assert_eq!(again, Progress { count: 0, complete: true });
    assert_eq!(counts().await, [1, 500], "what ends nothing has no event");
}

#[tokio::test]
async fn sessions_that_cannot_be_ended_have_no_event() {
    let world = World::new().await;
    world.sign_up(ALICE).await;
    let here = world.here().await;
    world.store.refuse_deletions(true);
    assert_eq!(code(here.sessions().revoke_everybodys(Confirm::NOTHING).await), Code::Unavailable);
    world.store.refuse_deletions(false);
    assert_eq!(world.count_of("sessions.revoked").await, 0);
}

#[tokio::test]
async fn what_another_process_made_production_a_moment_ago_is_confirmed() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    let other = world.another_engine();
    let stale = other.default_environment().await.unwrap();
    let patch = EnvironmentPatch { kind: Some(EnvironmentType::Production), ..Default::default() };
    world.environments().await.update(stale.scope().env_id, &patch, Confirm::NOTHING).await.unwrap();
    assert_eq!(stale.environment().environment.kind, EnvironmentType::Development);
    assert_eq!(code(stale.sessions().revoke_everybodys(Confirm::NOTHING).await), Code::ConfirmationRequired);
    assert_eq!(code(stale.users().delete_all(Confirm::NOTHING).await), Code::ConfirmationRequired);
    world.authenticate(&issued.token).await.unwrap();
}
