//! What happens by mail: verification, reset, change of address, and the queue behind it.

use authsome_core::account::Verification;
use authsome_core::entity::{Entity, Page};
use authsome_core::environment::Settings;
use authsome_core::error::Code;
use authsome_core::notification::{CoreNotification, Notification, NotificationKind, NotificationStatus};
use authsome_core::secret::Token;
use authsome_core::user::User;
use authsome_engine::Config;
use authsome_testkit::{CaughtMail, Mood};

use crate::common::*;

const NEW_PASSWORD: &str = "a wholly new password";

/// A world in which alice is registered and her first mail was read.
async fn with_alice() -> (World, authsome_core::plugin::SignedIn) {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    world.run_jobs().await;
    world.mails.take();
    (world, issued)
}

async fn forgot(world: &World, email: &str) {
    world.here().await.account().forgot(&email.parse().unwrap()).await.unwrap();
}

async fn statuses(world: &World) -> Vec<(NotificationKind, NotificationStatus)> {
    let page = Page::first(200);
    let listed = world.store_list(page).await;
    listed.into_iter().rev().map(|notification| (notification.kind, notification.status)).collect()
}

impl World {
    async fn store_list(&self, page: Page<authsome_core::id::NotificationId>) -> Vec<Notification> {
        let scope = self.here().await.scope();
        Notification::find(&scope).page(page, &*self.store).await.unwrap().data
    }
}

#[tokio::test]
async fn a_new_address_is_proven_by_the_link_in_the_mail_once() {
    let world = World::new().await;
    world.sign_up(ALICE).await;
    world.run_jobs().await;
    let mail = world.mails.one();
    assert_eq!(mail.to, ALICE);
    assert!(mail.subject.starts_with("[development] "), "{}", mail.subject);
    let link = mail.link.clone().unwrap();
    assert!(link.starts_with("http://localhost:8080/verify-email?token=avt_") && mail.text.contains(&link));
    let account = world.here().await.account();
    assert!(account.verify_email(&mail.token()).await.unwrap().email_verified);
    assert_eq!(code(account.verify_email(&mail.token()).await), Code::InvalidToken);
    assert_eq!(world.count_of("email.verified").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_use_a_link_at_once_one_does() {
    let (world, _) = with_alice().await;
    forgot(&world, ALICE).await;
    world.run_jobs().await;
    let token = world.mails.one().token();
    let here = world.here().await;
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let (account, token) = (here.account(), token.clone());
            tokio::spawn(async move { account.reset(&token, &password(NEW_PASSWORD)).await.is_ok() })
        })
        .collect();
    let mut winners = 0;
    for task in tasks {
        winners += u32::from(task.await.unwrap());
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn a_link_expires() {
    let world = World::new().await;
    world.sign_up(ALICE).await;
    world.run_jobs().await;
    let verification = world.mails.one().token();
    forgot(&world, ALICE).await;
    world.run_jobs().await;
    let reset = world.mails.one().token();
    let account = world.here().await.account();
    world.advance(hours(1));
    assert_eq!(code(account.reset(&reset, &password(NEW_PASSWORD)).await), Code::InvalidToken);
    world.advance(hours(23));
    assert_eq!(code(account.verify_email(&verification).await), Code::InvalidToken);
    world.sign_in(ALICE, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_reset_sets_the_password_ends_sessions_and_locks_and_voids_other_links() {
    let (world, issued) = with_alice().await;
    forgot(&world, ALICE).await;
    forgot(&world, ALICE).await;
    world.run_jobs().await;
    let links: Vec<Token> = world.mails.take().iter().map(CaughtMail::token).collect();
    for _ in 0..10 {
        assert_eq!(code(world.sign_in(ALICE, "wrong password").await), Code::InvalidCredentials);
    }
    let account = world.here().await.account();
    assert_eq!(code(account.reset(&links[0], &password("short")).await), Code::WeakPassword);
    account.reset(&links[0], &password(NEW_PASSWORD)).await.unwrap();
    assert_eq!(code(account.reset(&links[0], &password(NEW_PASSWORD)).await), Code::InvalidToken);
    assert_eq!(code(account.reset(&links[1], &password(NEW_PASSWORD)).await), Code::InvalidToken);
    assert_eq!(code(world.authenticate(&issued.token).await), Code::SessionNotFound);
    assert_eq!(code(world.sign_in(ALICE, PASSWORD).await), Code::InvalidCredentials);
    assert!(world.sign_in(ALICE, NEW_PASSWORD).await.unwrap().user.email_verified);
    world.run_jobs().await;
    assert_eq!(world.mails.one().link, None, "the person is told, without a link");
}

#[tokio::test]
async fn a_change_of_password_needs_the_current_one_and_ends_the_other_sessions() {
    let (world, this) = with_alice().await;
    let other = world.sign_in(ALICE, PASSWORD).await.unwrap();
    let account = world.here().await.account();
    let new = password(NEW_PASSWORD);
    let refused = account.change_password(&this.session, &password("wrong password"), &new).await;
    assert_eq!(code(refused), Code::InvalidCredentials);
    let changed = account.change_password(&this.session, &password(PASSWORD), &new).await.unwrap();
    world.authenticate(&changed.token).await.unwrap();
    assert_eq!(code(world.authenticate(&this.token).await), Code::SessionNotFound);
    assert_eq!(code(world.authenticate(&other.token).await), Code::SessionNotFound);
    world.sign_in(ALICE, NEW_PASSWORD).await.unwrap();
    let gone = account.change_password(&other.session, &new, &password(PASSWORD)).await;
    assert_eq!(code(gone), Code::SessionNotFound);
}

#[tokio::test]
async fn of_changes_at_once_from_several_sessions_with_one_current_password_one_succeeds() {
    let (world, first) = with_alice().await;
    let mut sessions = vec![first.session];
    for _ in 0..4 {
        sessions.push(world.sign_in(ALICE, PASSWORD).await.unwrap().session);
    }
    let account = world.here().await.account();
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let (account, session) = (account.clone(), sessions[number % 5].clone());
            let new = password(&format!("the new password {number}"));
            tokio::spawn(async move { account.change_password(&session, &password(PASSWORD), &new).await })
        })
        .collect();
    let mut changed = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => changed += 1,
            Err(error) => assert!(
                // The current password is wrong for whoever comes later, which counts.
                matches!(
                    error.code(),
                    Code::InvalidCredentials | Code::SessionNotFound | Code::AccountLocked | Code::Unavailable
                ),
                "{error:?}"
            ),
        }
    }
    assert_eq!(changed, 1);
}

#[tokio::test]
async fn a_known_and_an_unknown_address_cost_the_same_and_are_answered_alike() {
    let (world, _) = with_alice().await;
    let account = world.here().await.account();
    let mut costs = Vec::new();
    for email in [ALICE, "unknown@example.com"] {
        world.store.look();
        account.forgot(&email.parse().unwrap()).await.unwrap();
        account.resend_verification(&email.parse().unwrap()).await.unwrap();
        costs.push(world.store.look());
    }
    assert_eq!(costs[0], costs[1]);
    world.run_jobs().await;
    let to: Vec<String> = world.mails.take().into_iter().map(|mail| mail.to.clone()).collect();
    assert_eq!(to, [ALICE, ALICE]);
    let dropped = statuses(&world).await.into_iter().filter(|(_, status)| *status == NotificationStatus::Dropped);
    assert_eq!(dropped.count(), 2);
}

#[tokio::test]
async fn mail_goes_to_the_stored_address_and_never_to_the_one_typed_in() {
    let world = World::new().await;
    world.sign_up("Alice@Example.com").await;
    forgot(&world, "ＡLICE@example.COM").await;
    world.run_jobs().await;
    assert!(world.mails.take().iter().all(|mail| mail.to == "Alice@Example.com"));
}

#[tokio::test]
async fn a_proven_address_is_not_asked_for_again() {
    let world = World::new().await;
    world.sign_up(ALICE).await;
    world.run_jobs().await;
    let account = world.here().await.account();
    account.verify_email(&world.mails.one().token()).await.unwrap();
    account.resend_verification(&ALICE.parse().unwrap()).await.unwrap();
    world.run_jobs().await;
    assert!(world.mails.take().is_empty());
}

#[tokio::test]
async fn an_address_changes_when_the_new_one_is_proven() {
    let (world, issued) = with_alice().await;
    forgot(&world, ALICE).await;
    world.run_jobs().await;
    let reset = world.mails.one().token();
    let account = world.here().await.account();
    account.change_email(&issued.session, &"New@example.com".parse().unwrap()).await.unwrap();
    world.run_jobs().await;
    let mail = world.mails.one();
    assert_eq!(mail.to, "New@example.com");
    assert_eq!(world.here().await.users().get(issued.user.id).await.unwrap().email, ALICE);
    let user = account.verify_email(&mail.token()).await.unwrap();
    assert_eq!((user.email.as_str(), user.email_verified), ("New@example.com", true));
    world.run_jobs().await;
    assert_eq!(world.mails.one().to, ALICE, "the old address is told");
    assert_eq!(code(world.sign_in(ALICE, PASSWORD).await), Code::InvalidCredentials);
    world.sign_in("new@example.com", PASSWORD).await.unwrap();
    let late = account.reset(&reset, &password(NEW_PASSWORD)).await;
    assert_eq!(code(late), Code::InvalidToken, "what was mailed to the old address is void");
}

#[tokio::test]
async fn an_address_that_another_account_has_is_never_taken_over() {
    let (world, alice) = with_alice().await;
    let account = world.here().await.account();
    account.change_email(&alice.session, &"bob@example.com".parse().unwrap()).await.unwrap();
    world.run_jobs().await;
    let token = world.mails.one().token();
    world.sign_up("bob@example.com").await;
    assert_eq!(code(account.verify_email(&token).await), Code::Conflict);
    world.run_jobs().await;
    world.mails.take();
    account.change_email(&alice.session, &"BOB@example.com".parse().unwrap()).await.unwrap();
    world.run_jobs().await;
    assert!(world.mails.take().is_empty());
}

#[tokio::test]
async fn a_link_that_proved_an_address_the_account_no_longer_has_is_void() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    world.run_jobs().await;
    let first = world.mails.one().token();
    let account = world.here().await.account();
    account.change_email(&issued.session, &"new@example.com".parse().unwrap()).await.unwrap();
    world.run_jobs().await;
    account.verify_email(&world.mails.one().token()).await.unwrap();
    assert_eq!(code(account.verify_email(&first).await), Code::InvalidToken);
}

#[tokio::test]
async fn a_link_does_not_prove_an_address_that_was_changed_behind_the_engines_back() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    world.run_jobs().await;
    let scope = world.here().await.scope();
    let mut user = issued.user.clone();
    user.set_email(&"new@example.com".parse().unwrap());
    User::update(&scope).filter(User::ID.eq(user.id)).set_all(&user).one(&*world.store).await.unwrap();
    let account = world.here().await.account();
    assert_eq!(code(account.verify_email(&world.mails.one().token()).await), Code::InvalidToken);
    assert!(!world.here().await.users().get(user.id).await.unwrap().email_verified);
}

#[tokio::test]
async fn a_mailed_token_acts_in_its_own_environment_and_no_other_may_be_named() {
    let world = World::new().await;
    let production = world.environment("production").await;
    sign_up_in(&production, ALICE).await;
    world.run_jobs().await;
    let mail = world.mails.one();
    assert!(!mail.subject.contains('['), "{}", mail.subject);
    production.account().forgot(&ALICE.parse().unwrap()).await.unwrap();
    world.run_jobs().await;
    let reset = world.mails.one().token();
    for slug in ["development", "staging"] {
        let elsewhere = world.environment(slug).await.account();
        assert_eq!(code(elsewhere.verify_email(&mail.token()).await), Code::InvalidToken);
        assert_eq!(code(elsewhere.reset(&reset, &password(NEW_PASSWORD)).await), Code::InvalidToken);
    }
    production.account().verify_email(&mail.token()).await.unwrap();
    production.account().reset(&reset, &password(NEW_PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn a_mail_is_tried_again_with_the_same_token_after_a_growing_pause() {
    let world = World::new().await;
    world.mails.set(Mood::Later);
    world.sign_up(ALICE).await;
    world.run_jobs().await;
    world.run_jobs().await;
    assert_eq!(world.mails.tries(), 1);
    world.advance(seconds(10));
    world.run_jobs().await;
    world.advance(seconds(10));
    world.run_jobs().await;
    assert_eq!(world.mails.tries(), 2);
    world.mails.set(Mood::Takes);
    world.advance(seconds(10));
    world.run_jobs().await;
    let scope = world.here().await.scope();
    assert_eq!(Verification::find(&scope).count(&*world.store).await.unwrap(), 1);
    world.here().await.account().verify_email(&world.mails.one().token()).await.unwrap();
}

#[tokio::test]
async fn a_mail_that_is_never_taken_fails_after_eight_tries_and_a_refused_one_at_once() {
    for (mood, tries) in [(Mood::Later, 8), (Mood::Never, 1)] {
        let world = World::new().await;
        world.mails.set(mood);
        world.sign_up(ALICE).await;
        for _ in 0..12 {
            world.run_jobs().await;
            world.advance(hours(1));
        }
        assert_eq!(world.mails.tries(), tries);
        assert_eq!(
            statuses(&world).await,
            [(NotificationKind::Core(CoreNotification::VerifyEmail), NotificationStatus::Failed)]
        );
    }
}

#[tokio::test]
async fn without_a_mailer_a_mail_is_marked_as_failed() {
    let store = std::sync::Arc::new(Watched::default());
    let engine = authsome_engine::Engine::builder()
        .store(std::sync::Arc::<Watched>::clone(&store))
        .plugin(passwords())
        .build()
        .unwrap();
    engine.prepare().await.unwrap();
    let here = engine.default_environment().await.unwrap();
    sign_up_in(&here, ALICE).await;
    engine.run_jobs_once().await.unwrap();
    let found = Notification::find(&here.scope()).one(&*store).await.unwrap().unwrap();
    assert_eq!((found.status, found.due_at), (NotificationStatus::Failed, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_processes_one_sends_a_mail() {
    let world = World::new().await;
    world.sign_up(ALICE).await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let engine = world.engine.clone();
            tokio::spawn(async move { engine.run_jobs_once().await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(world.mails.tries(), 1);
}

#[tokio::test]
async fn links_are_made_of_the_public_url() {
    let world = World::with(|builder| {
        let settings = Settings::default();
        builder.config(Config { public_url: "https://shop.example/account".to_owned(), settings, ..Config::default() })
    })
    .await;
    world.sign_up(ALICE).await;
    world.run_jobs().await;
    assert!(world.mails.one().link().starts_with("https://shop.example/account/verify-email?token="));
}

#[tokio::test]
async fn a_notification_that_no_mail_can_be_made_of_keeps_no_other_waiting() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    let account = world.here().await.account();
    account.change_email(&issued.session, &"new@example.com".parse().unwrap()).await.unwrap();
    let scope = world.here().await.scope();
    let change = Notification::KIND.eq(NotificationKind::Core(CoreNotification::ChangeEmail));
    let broken = Notification::update(&scope).filter(change).set(Notification::RECIPIENT, "broken".to_owned());
    assert_eq!(broken.all(&*world.store).await.unwrap(), 1);
    for _ in 0..10 {
        world.run_jobs().await;
        world.advance(hours(1));
    }
    assert_eq!(world.mails.one().to, ALICE);
    let failed = (NotificationKind::Core(CoreNotification::ChangeEmail), NotificationStatus::Failed);
    assert!(statuses(&world).await.contains(&failed));
}

#[tokio::test]
async fn the_address_of_a_deleted_account_gets_no_mail() {
    let (world, issued) = with_alice().await;
    let here = world.here().await;
    here.users().delete(issued.user.id).await.unwrap();
    here.account().resend_verification(&ALICE.parse().unwrap()).await.unwrap();
    forgot(&world, ALICE).await;
    world.run_jobs().await;
    assert!(world.mails.take().is_empty());
}
