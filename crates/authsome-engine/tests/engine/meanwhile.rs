//! What changes while something in an environment takes its time.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use authsome_core::account::PasswordReset;
use authsome_core::entity::Entity;
use authsome_core::environment::{Environment, PasswordPolicy};
use authsome_core::error::{Code, Error};
use authsome_core::event::Event;
use authsome_core::id::UserId;
use authsome_core::plugin::{
    Capabilities, HookContext, Hooks, Host, Moment, PasswordDigest, PasswordGeneration, PasswordMethod, Plugin,
};
use authsome_core::records::Records;
use authsome_core::scope::Scope;
use authsome_core::secret::{Password, Token};
use authsome_core::session::Session;
use authsome_core::store::Store;
use authsome_core::time::Timestamp;
use authsome_engine::EnvironmentHandle;

use crate::common::*;

/// What another process does.
enum Change {
    /// Makes an environment another one.
    Of(Box<Environment>),
    /// Gives the tokens that reset passwords to another user.
    Tokens(Scope, UserId),
}

/// A method whose every step takes its time, in which another process changes something where that is asked for.
#[derive(Clone, Default)]
struct Slow {
    store: Option<Arc<dyn Store>>,
    meanwhile: Arc<Mutex<Option<Change>>>,
}

impl Slow {
    async fn take_time(&self) -> Result<(), Error> {
        let (change, store) = (self.meanwhile.lock().unwrap().take(), self.store.as_ref().unwrap());
        match change {
            None => {}
            Some(Change::Of(after)) => {
                let before = store.environment(after.app_id, after.id).await?.unwrap();
                store.update_environment(after.app_id, &before, &after).await?;
            }
            Some(Change::Tokens(scope, user)) => {
                let given = PasswordReset::update(&scope).set(PasswordReset::USER_ID, user).all(&**store).await?;
                assert_eq!(given, 1);
            }
        }
        Ok(())
    }
}

impl Plugin for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }

    fn install(&self, host: Host) -> Result<Capabilities, Error> {
        let slow = Arc::new(Self { store: Some(host.store), ..self.clone() });
        Ok(Capabilities {
            methods: vec![Arc::new(TestMethod("password"))],
            password: Some(Arc::<Self>::clone(&slow)),
            hooks: vec![slow],
            ..Capabilities::default()
        })
    }
}

#[async_trait]
impl PasswordMethod for Slow {
    fn check(&self, _: &PasswordPolicy, _: &Password) -> Result<(), Error> {
        Ok(())
    }

    async fn hash(&self, _: &Password) -> Result<PasswordDigest, Error> {
        self.take_time().await?;
        Ok(PasswordDigest::new(String::new()))
    }

    async fn set(&self, _: &dyn Records, _: &Scope, _: UserId, _: &PasswordDigest, _: Timestamp) -> Result<(), Error> {
        Ok(())
    }

    async fn verify(
        &self,
        _: &dyn Records,
        _: &Scope,
        _: Option<UserId>,
        _: &Password,
    ) -> Result<Option<PasswordGeneration>, Error> {
        self.take_time().await?;
        Ok(Some(PasswordGeneration(0)))
    }

    async fn is_current(&self, _: &dyn Records, _: &Scope, _: UserId, _: PasswordGeneration) -> Result<bool, Error> {
        Ok(true)
    }
}

#[async_trait]
impl Hooks for Slow {
    async fn before(&self, _: &HookContext<'_>, _: &Moment<'_>) -> Result<(), Error> {
        self.take_time().await
    }
}

/// A world with passwords that are slow, and alice in its staging.
struct SlowWorld {
    world: World,
    slow: Slow,
    issued: authsome_core::plugin::SignedIn,
    verification: Token,
    reset: Token,
    before: Environment,
}

impl SlowWorld {
    async fn new() -> Self {
        let slow = Slow::default();
        let world = World::without_passwords(|builder| builder.plugin(slow.clone())).await;
        let staging = world.environment("staging").await;
        let issued = sign_up_in(&staging, ALICE).await;
        world.run_jobs().await;
        let verification = world.mails.one().token();
        staging.account().forgot(&ALICE.parse().unwrap()).await.unwrap();
        world.run_jobs().await;
        let reset = world.mails.one().token();
        let before = world.named("staging").await;
        Self { world, slow, issued, verification, reset, before }
    }

    async fn at(&self) -> EnvironmentHandle {
        self.world.environment("staging").await
    }

    /// Everything that completes an authentication, or a proof of an address.
    async fn complete(&self, number: usize) -> Result<(), Error> {
        let (at, session) = (self.at().await, &self.issued.session);
        let (auth, account, secret) = (at.auth(), at.account(), password(PASSWORD));
        match number {
            0 => sign_in_at(&at, ALICE, PASSWORD).await.map(|_| ()),
            1 => auth.complete_sign_in(self.issued.user.id, proven(&["pwd"])).await?.signed_in().map(|_| ()),
            2 => register(&at, "bob@example.com").await.map(|_| ()),
            3 => auth.refresh(&self.issued.refresh_token, &client()).await.map(|_| ()),
            4 => auth.reauthenticate(session, &secret).await.map(|_| ()),
            5 => account.change_password(session, &secret, &secret).await.map(|_| ()),
            6 => account.verify_email(&self.verification).await.map(|_| ()),
            _ => account.reset(&self.reset, &secret).await,
        }
    }

    /// The same, in the middle of which the environment becomes another.
    async fn complete_while(&self, number: usize, after: Environment) -> Result<(), Error> {
        self.complete_during(number, Change::Of(Box::new(after))).await
    }

    async fn complete_during(&self, number: usize, change: Change) -> Result<(), Error> {
        *self.slow.meanwhile.lock().unwrap() = Some(change);
        let done = self.complete(number).await;
        assert!(self.slow.meanwhile.lock().unwrap().is_none(), "{number} takes no time");
        done
    }

    async fn sessions_and_events(&self) -> (u64, u64) {
        let (scope, store) = (self.before.scope(), &*self.world.store);
        (Session::find(&scope).count(store).await.unwrap(), Event::find(&scope).count(store).await.unwrap())
    }
}

/// The number of things that [`SlowWorld::complete`] does.
const ALL: usize = 8;

fn refusal(done: &Result<(), Error>) -> Option<Code> {
    done.as_ref().err().map(Error::code)
}

#[tokio::test]
async fn what_began_before_a_suspension_and_ends_after_it_completes_nothing_and_consumes_nothing() {
    let mut refusals = Vec::new();
    for number in 0..ALL {
        let slow = SlowWorld::new().await;
        let there = slow.sessions_and_events().await;
        let suspended = Environment { is_active: false, ..slow.before.clone() };
        let done = slow.complete_while(number, suspended).await;
        refusals.push((refusal(&done), slow.sessions_and_events().await == there));
        slow.world.environments().await.activate(slow.before.id).await.unwrap();
        slow.complete(number).await.unwrap();
    }
    assert_eq!(refusals, [(Some(Code::EnvironmentInactive), true); ALL]);
}

#[tokio::test]
async fn what_began_before_a_deletion_and_ends_after_it_completes_nothing() {
    let mut refusals = Vec::new();
    for number in 0..ALL {
        let slow = SlowWorld::new().await;
        let there = slow.sessions_and_events().await;
        let deleted = Environment { deleted_at: Some(start_of_tests()), ..slow.before.clone() };
        let done = slow.complete_while(number, deleted).await;
        refusals.push((refusal(&done), slow.sessions_and_events().await == there));
    }
    assert_eq!(refusals, [(Some(Code::EnvironmentInactive), true); ALL]);
}

#[tokio::test]
async fn what_began_while_a_method_was_allowed_and_ends_after_that_completes_nothing() {
    let mut refusals = Vec::new();
    for number in 0..ALL {
        let slow = SlowWorld::new().await;
        let mut after = slow.before.clone();
        after.settings.allowed_auth_methods = Some(Some(Vec::new()));
        refusals.push(refusal(&slow.complete_while(number, after).await));
    }
    let mut expected = [Some(Code::MethodNotAllowedHere); ALL];
    expected[6] = None; // An address is proven by no method.
    assert_eq!(refusals, expected);
}

#[tokio::test]
async fn a_second_factor_that_is_required_meanwhile_is_required() {
    let mut refusals = Vec::new();
    for number in 0..3 {
        let slow = SlowWorld::new().await;
        let there = slow.sessions_and_events().await.0;
        let mut after = slow.before.clone();
        after.settings.mfa_required = Some(true);
        refusals.push(refusal(&slow.complete_while(number, after).await));
        assert_eq!(slow.sessions_and_events().await.0, there, "{number}");
    }
    // A proof that was not used up is held against what is required now; a registration is to be tried again.
    assert_eq!(refusals, [Some(Code::MfaRequired), Some(Code::MfaRequired), Some(Code::Unavailable)]);
}

#[tokio::test]
async fn a_reset_whose_token_became_somebody_elses_meanwhile_changes_nothing() {
    let slow = SlowWorld::new().await;
    let bob = sign_up_in(&slow.at().await, "bob@example.com").await.user;
    let there = slow.sessions_and_events().await;
    let given = Change::Tokens(slow.before.scope(), bob.id);
    assert_eq!(refusal(&slow.complete_during(ALL - 1, given).await), Some(Code::InvalidToken));
    assert_eq!(slow.sessions_and_events().await, there);
}
