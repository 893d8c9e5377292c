//! What is known beforehand is so outside of production alone, and for addresses that nobody can own.

use std::sync::Arc;

use async_trait::async_trait;
use authsome_core::account::{PasswordReset, Verification};
use authsome_core::appsessionconfig::TokenFormat;
use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::entity::Entity;
use authsome_core::environment::{EnvironmentType, SettingSource, Settings, SettingsPatch};
use authsome_core::error::{Code, Error};
use authsome_core::plugin::{Capabilities, HookContext, Hooks, Host, Moment, Plugin};
use authsome_core::secret::Token;
use authsome_engine::{Engine, EnvironmentHandle, EnvironmentPatch, EnvironmentSetup, NewEnvironment};
use authsome_testkit::Mood;
use tokio::sync::Notify;

use crate::common::*;

const NEW_PASSWORD: &str = "a wholly new password";
/// Somebody can own it.
const OWNED: &str = "alice@authsome.dev";

fn on() -> Settings {
    Settings { test_codes: Some(true), ..Settings::default() }
}

fn known(prefix: &str, at: &EnvironmentHandle, address: &str) -> Token {
    Token::presented(&format!("{prefix}424242.{}.{address}", at.scope().env_id))
}

async fn verify(at: &EnvironmentHandle, address: &str) -> Result<(), Error> {
    at.account().verify_email(&known("avt_", at, address)).await.map(|_| ())
}

async fn forgot(at: &EnvironmentHandle, address: &str) {
    at.account().forgot(&address.parse().unwrap()).await.unwrap();
}

async fn reset(at: &EnvironmentHandle, address: &str) -> Result<(), Error> {
    at.account().reset(&known("apt_", at, address), &password(NEW_PASSWORD)).await
}

/// Makes an environment one of another type, or of other settings.
async fn change(engine: &Engine, slug: &str, patch: EnvironmentPatch) -> Result<(), Error> {
    let scope = engine.environment(slug).await.unwrap().scope();
    let confirm = Confirm::to(Destructive::ChangeEnvironmentType);
    engine.environments_of(scope.app_id).update(scope.env_id, &patch, confirm).await.map(|_| ())
}

fn to(kind: EnvironmentType) -> EnvironmentPatch {
    EnvironmentPatch { kind: Some(kind), ..EnvironmentPatch::default() }
}

fn switched(test_codes: Option<bool>) -> EnvironmentPatch {
    let settings = SettingsPatch { test_codes: Some(test_codes), ..SettingsPatch::default() };
    EnvironmentPatch { settings: Some(settings), ..EnvironmentPatch::default() }
}

#[tokio::test]
async fn what_goes_by_mail_is_finished_without_one() {
    let store = Arc::new(Watched::default());
    let engine = Engine::builder()
        .store(Arc::<Watched>::clone(&store))
        .plugin(passwords())
        .config(authsome_engine::Config { settings: on(), ..Default::default() })
        .build()
        .unwrap();
    engine.prepare().await.unwrap();
    let here = engine.default_environment().await.unwrap();
    sign_up_in(&here, "Alice+1@Example.com").await;
    verify(&here, "alice+1@example.com").await.unwrap();
    assert_eq!(code(verify(&here, "alice+1@example.com").await), Code::InvalidToken);

    forgot(&here, "alice+1@example.com").await;
    reset(&here, "alice+1@example.com").await.unwrap();
    assert_eq!(code(reset(&here, "alice+1@example.com").await), Code::InvalidToken);
    sign_in_at(&here, "alice+1@example.com", NEW_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_address_changes_with_the_known_token_of_the_new_one() {
    let world = World::with_settings(on()).await;
    let issued = world.sign_up(ALICE).await;
    let here = world.here().await;
    here.account().change_email(&issued.session, &"New@shop.test".parse().unwrap()).await.unwrap();
    verify(&here, "new@shop.test").await.unwrap();
    assert_eq!(here.users().get(issued.user.id).await.unwrap().email, "New@shop.test");
}

#[tokio::test]
async fn a_known_token_that_was_used_does_not_come_back_with_its_mail() {
    let world = World::with_settings(on()).await;
    world.sign_up(ALICE).await;
    let here = world.here().await;
    forgot(&here, ALICE).await;
    reset(&here, ALICE).await.unwrap();
    world.run_jobs().await;
    assert!(world.mails.take().iter().all(|mail| mail.link.is_none()));
    assert_eq!(code(reset(&here, ALICE).await), Code::InvalidToken);
}

#[tokio::test]
async fn the_mail_repeats_the_known_token_and_its_link_carries_it_whole() {
    let world = World::with_settings(on()).await;
    let here = world.here().await;
    world.mails.set(Mood::Later);
    world.sign_up("alice+a&b@shop.test").await;
    world.run_jobs().await;
    world.mails.set(Mood::Takes);
    world.advance(seconds(10));
    world.run_jobs().await;
    let id = here.scope().env_id;
    let link = world.mails.one().link().to_owned();
    assert_eq!(
        link.split_once("token=").unwrap().1,
        format!("avt_424242.{id}.alice%2Ba%26b%40shop.test"),
        "the link in the mail"
    );
    verify(&here, "alice+a&b@shop.test").await.unwrap();
}

#[tokio::test]
async fn a_known_token_that_is_issued_again_takes_the_place_of_the_earlier_one() {
    let world = World::with_settings(on()).await;
    world.sign_up(ALICE).await;
    let here = world.here().await;
    for _ in 0..3 {
        forgot(&here, ALICE).await;
        here.account().resend_verification(&ALICE.parse().unwrap()).await.unwrap();
    }
    let scope = here.scope();
    assert_eq!(PasswordReset::find(&scope).count(&*world.store).await.unwrap(), 1);
    assert_eq!(Verification::find(&scope).count(&*world.store).await.unwrap(), 1);
    world.advance(seconds(50 * 60));
    forgot(&here, ALICE).await;
    world.advance(seconds(50 * 60));
    reset(&here, ALICE).await.unwrap();
    forgot(&here, ALICE).await;
    world.advance(hours(1));
    assert_eq!(code(reset(&here, ALICE).await), Code::InvalidToken, "it expires like any other");
    assert_eq!(code(verify(&here, ALICE).await), Code::InvalidToken, "a reset voids it like any other");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_token_is_issued_by_many_at_once_and_used_by_one() {
    let world = World::with_settings(on()).await;
    world.sign_up(ALICE).await;
    let here = world.here().await;
    let all = |_| {
        let here = here.clone();
        tokio::spawn(async move { forgot(&here, ALICE).await })
    };
    futures::future::try_join_all((0..8).map(all)).await.unwrap();
    assert_eq!(PasswordReset::find(&here.scope()).count(&*world.store).await.unwrap(), 1);
    let all = |_| {
        let here = here.clone();
        tokio::spawn(async move { reset(&here, ALICE).await.is_ok() })
    };
    let used = futures::future::try_join_all((0..8).map(all)).await.unwrap();
    assert_eq!(used.into_iter().filter(|used| *used).count(), 1);
}

#[tokio::test]
async fn an_address_that_somebody_can_own_has_a_random_token() {
    let world = World::with_settings(on()).await;
    let here = world.here().await;
    for address in [OWNED, "alice@example.com.evil.org", "alice@ｅxample.org"] {
        world.sign_up(address).await;
        world.run_jobs().await;
        let random = world.mails.one().token();
        assert_eq!(random.expose().len(), "avt_".len() + 43, "{address}");
        let key = address.replace('ｅ', "e");
        assert_eq!(code(verify(&here, &key).await), Code::InvalidToken, "{address}");
        forgot(&here, address).await;
        assert_eq!(code(reset(&here, &key).await), Code::InvalidToken, "{address}");
        world.run_jobs().await;
        assert_eq!(code(reset(&here, &key).await), Code::InvalidToken, "{address}");
        assert_eq!(world.mails.one().token().expose().len(), "apt_".len() + 43, "{address}");
        here.account().verify_email(&random).await.unwrap();
    }
}

#[tokio::test]
async fn a_known_token_is_that_of_its_environment_and_of_its_purpose() {
    let world = World::with_settings(on()).await;
    let (here, there) = (world.here().await, world.environment("staging").await);
    sign_up_in(&here, ALICE).await;
    sign_up_in(&there, "bob@example.com").await;
    let account = there.account();
    assert_eq!(code(verify(&there, ALICE).await), Code::InvalidToken, "nothing was issued there");
    assert_eq!(code(account.verify_email(&known("avt_", &here, ALICE)).await), Code::InvalidToken);
    for address in ["Alice@example.com", "ALICE@EXAMPLE.COM", "alice@example.com.", " alice@example.com", "alice"] {
        assert_eq!(code(verify(&here, address).await), Code::InvalidToken, "{address}");
    }
    let crossed = here.account().reset(&known("avt_", &here, ALICE), &password(NEW_PASSWORD)).await;
    assert_eq!(code(crossed), Code::InvalidToken);
    assert_eq!(code(reset(&here, ALICE).await), Code::InvalidToken, "nobody forgot a password");
    verify(&here, ALICE).await.unwrap();
}

#[tokio::test]
async fn in_production_nothing_is_known_whatever_the_app_and_the_configuration_say() {
    let world = World::with_settings(on()).await;
    let production = world.environment("production").await;
    assert!(!production.settings().test_codes);
    let sourced = world.environments().await.effective_settings(production.scope().env_id).await.unwrap();
    assert_eq!((sourced.test_codes.value, sourced.test_codes.source), (false, SettingSource::BuiltIn));
    sign_up_in(&production, ALICE).await;
    forgot(&production, ALICE).await;
    world.run_jobs().await;
    assert_eq!(code(verify(&production, ALICE).await), Code::InvalidToken);
    assert_eq!(code(reset(&production, ALICE).await), Code::InvalidToken);
    assert!(world.mails.take().iter().all(|mail| !mail.text.contains("424242.")));
}

#[tokio::test]
async fn a_known_token_is_refused_at_once_where_it_could_no_more_be_issued() {
    let world = World::new().await;
    world.engine.apps().set_session_config(world.app().await, &on(), TokenFormat::Opaque).await.unwrap();
    let other = world.another_engine();
    let cases =
        [(to(EnvironmentType::Production), to(EnvironmentType::Staging)), (switched(Some(false)), switched(None))];
    for (against, back) in cases {
        let address = format!("{}@example.com", if against.kind.is_some() { "type" } else { "setting" });
        let here = world.environment("staging").await;
        sign_up_in(&here, &address).await;
        forgot(&here, &address).await;
        let stale = stale(&world, &other).await;
        change(&world.engine, "staging", against).await.unwrap();
        assert_eq!(code(reset(&here, &address).await), Code::InvalidToken);
        assert_eq!(code(verify(&here, &address).await), Code::InvalidToken);
        let now = world.environment("staging").await;
        let weak = now.account().reset(&known("apt_", &here, &address), &password("short")).await;
        assert_eq!(code(weak), Code::InvalidToken, "refused before anything else is looked at");
        assert_eq!(code(reset(&stale, &address).await), Code::InvalidToken);
        assert_eq!(code(verify(&stale, &address).await), Code::InvalidToken);
        world.run_jobs().await;
        assert!(world.mails.take().iter().all(|mail| mail.link.is_none()), "no mail says what is void");
        change(&world.engine, "staging", back).await.unwrap();
        world.advance(seconds(2));
        verify(&here, &address).await.unwrap();
    }
}

/// The environment as another process knows it, which is not told of changes at once.
async fn stale(world: &World, other: &Engine) -> EnvironmentHandle {
    let scope = world.environment("staging").await.scope();
    let handle = other.environment_of(scope.app_id, &scope.env_id.to_string()).await.unwrap();
    assert!(handle.settings().test_codes);
    handle
}

#[tokio::test]
async fn an_environment_of_type_production_cannot_be_set_to_test_codes() {
    let world = World::new().await;
    let environments = world.environments().await;
    let field = |result: Result<(), Error>| result.unwrap_err().fields()[0].field.clone();

    let new = NewEnvironment { settings: on(), ..NewEnvironment::new("Second", EnvironmentType::Production) };
    assert_eq!(field(environments.create(&new).await.map(|_| ())), "settings.test_codes");
    let setup = EnvironmentSetup { environment: new.clone(), forms: [].into(), webhooks: Vec::new() };
    assert_eq!(field(environments.create_set_up(&setup).await.map(|_| ())), "settings.test_codes");
    assert_eq!(field(change(&world.engine, "production", switched(Some(true))).await), "settings.test_codes");
    let production = world.named("production").await;
    let before = environments.setup(production.id).await.unwrap();
    let mut after = before.clone();
    after.environment.settings = on();
    let written = environments.set_up(production.id, &before, &after, Confirm::NOTHING).await;
    assert_eq!(field(written.map(|_| ())), "settings.test_codes");
    assert_eq!(world.named("production").await, production);

    change(&world.engine, "staging", switched(Some(true))).await.unwrap();
    assert_eq!(field(change(&world.engine, "staging", to(EnvironmentType::Production)).await), "settings.test_codes");
    let both = EnvironmentPatch { kind: Some(EnvironmentType::Production), ..switched(None) };
    change(&world.engine, "staging", both).await.unwrap();
    change(&world.engine, "production", switched(Some(false))).await.unwrap();
}

#[tokio::test]
async fn a_clone_of_type_production_leaves_test_codes_behind() {
    let world = World::new().await;
    let environments = world.environments().await;
    change(&world.engine, "staging", switched(Some(true))).await.unwrap();
    let source = world.named("staging").await;
    let copied = async |name: &str, kind, settings| {
        let copy = authsome_engine::EnvironmentCopy { kind, settings, ..copy_named(name) };
        environments.copy(source.id, &copy).await
    };
    let same = copied("Preview", EnvironmentType::Custom, SettingsPatch::default()).await.unwrap();
    assert_eq!(same.settings, source.settings);
    let live = copied("Live", EnvironmentType::Production, SettingsPatch::default()).await.unwrap();
    assert_eq!(live.settings.test_codes, None);
    let asked_for = Settings { test_codes: Some(true), ..Settings::default() }.into();
    let refused = copied("Other", EnvironmentType::Production, asked_for).await;
    assert_eq!(refused.unwrap_err().fields()[0].field, "settings.test_codes");
}

/// Stops changes of users until it lets them go.
#[derive(Clone, Default)]
struct Turnstile {
    arrived: Arc<Notify>,
    open: Arc<Notify>,
}

impl Plugin for Turnstile {
    fn name(&self) -> &'static str {
        "turnstile"
    }

    fn install(&self, _: Host) -> Result<Capabilities, Error> {
        Ok(Capabilities { hooks: vec![Arc::new(self.clone())], ..Capabilities::default() })
    }
}

#[async_trait]
impl Hooks for Turnstile {
    async fn before(&self, _: &HookContext<'_>, moment: &Moment<'_>) -> Result<(), Error> {
        if matches!(moment, Moment::UserUpdate { .. }) {
            self.arrived.notify_one();
            self.open.notified().await;
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_known_token_that_became_somebody_elses_meanwhile_proves_nothing() {
    let turnstile = Turnstile::default();
    let config = authsome_engine::Config { settings: on(), ..Default::default() };
    let world = World::with(|builder| builder.config(config).plugin(turnstile.clone())).await;
    let (alice, bob) = (world.sign_up(ALICE).await, world.sign_up("bob@example.com").await);
    let here = world.here().await;
    let wanted = "wanted@example.com";
    here.account().change_email(&alice.session, &wanted.parse().unwrap()).await.unwrap();
    let late = tokio::spawn({
        let here = here.clone();
        async move { verify(&here, wanted).await }
    });
    turnstile.arrived.notified().await;
    here.account().change_email(&bob.session, &wanted.parse().unwrap()).await.unwrap();
    turnstile.open.notify_one();
    assert_eq!(code(late.await.unwrap()), Code::InvalidToken);
    turnstile.open.notify_one();
    verify(&here, wanted).await.unwrap();
    assert_eq!(here.users().get(bob.user.id).await.unwrap().email, wanted);
    assert_eq!(here.users().get(alice.user.id).await.unwrap().email, ALICE);
}
