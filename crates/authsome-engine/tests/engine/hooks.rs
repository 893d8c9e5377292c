//! Hooks.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use authsome_core::entity::{Entity, Page};
use authsome_core::environment::Settings;
use authsome_core::error::{Code, Error};
use authsome_core::plugin::{Capabilities, HookContext, Hooks, Host, Moment, Plugin, Proof, Verified};
use authsome_core::ticket::Ticket;
use authsome_core::user::UserQuery;
use authsome_engine::ProfilePatch;

use crate::common::*;

type Log = Arc<Mutex<Vec<String>>>;

/// Writes down what it is told, and refuses one moment.
#[derive(Clone)]
struct Witness {
    name: &'static str,
    log: Log,
    refuses: Arc<Mutex<Option<&'static str>>>,
    fails_after: bool,
}

fn name_of(moment: &Moment<'_>) -> &'static str {
    match moment {
        Moment::SignUp { .. } => "sign_up",
        Moment::SignIn { .. } => "sign_in",
        Moment::SessionCreate { .. } => "session_create",
        Moment::SessionRefresh { .. } => "session_refresh",
        Moment::SignOut { .. } => "sign_out",
        Moment::UserUpdate { .. } => "user_update",
        Moment::UserDelete { .. } => "user_delete",
        _ => "other",
    }
}

impl Witness {
    fn new(name: &'static str, log: &Log) -> Self {
        Self { name, log: Arc::clone(log), refuses: Arc::default(), fails_after: false }
    }

    fn note(&self, when: &str, moment: &Moment<'_>) {
        self.log.lock().unwrap().push(format!("{} {when} {}", self.name, name_of(moment)));
    }
}

impl Plugin for Witness {
    fn name(&self) -> &'static str {
        self.name
    }

    fn install(&self, _: Host) -> Result<Capabilities, Error> {
        Ok(Capabilities { hooks: vec![Arc::new(self.clone())], ..Capabilities::default() })
    }
}

#[async_trait]
impl Hooks for Witness {
    async fn before(&self, context: &HookContext<'_>, moment: &Moment<'_>) -> Result<(), Error> {
        assert_eq!(context.client, &client());
        self.note("before", moment);
        if *self.refuses.lock().unwrap() == Some(name_of(moment)) {
            return Err(Error::new(Code::Forbidden, "not today"));
        }
        Ok(())
    }

    async fn after(&self, _: &HookContext<'_>, moment: &Moment<'_>) -> Result<(), Error> {
        self.note("after", moment);
        if self.fails_after { Err(Error::new(Code::Internal, "broken")) } else { Ok(()) }
    }
}

fn take(log: &Log) -> Vec<String> {
    std::mem::take(&mut log.lock().unwrap())
}

#[tokio::test]
async fn hooks_run_in_the_order_of_their_plugins_around_every_moment() {
    let log = Log::default();
    let world = World::with(|builder| builder.plugin(Witness::new("a", &log)).plugin(Witness::new("b", &log))).await;
    let issued = world.sign_up(ALICE).await;
    let pairs = |moments: &[&str]| -> Vec<String> {
        moments.iter().flat_map(|moment| [format!("a {moment}"), format!("b {moment}")]).collect()
    };
    let registered = [
        "before sign_up",
        "before sign_in",
        "before session_create",
        "after sign_up",
        "after session_create",
        "after sign_in",
    ];
    assert_eq!(take(&log), pairs(&registered));
    world.sign_in(ALICE, PASSWORD).await.unwrap();
    assert_eq!(
        take(&log),
        pairs(&["before sign_in", "before session_create", "after session_create", "after sign_in"])
    );
    let here = world.here().await.acting(&authsome_core::route::Principal::Anonymous, &client());
    let issued = here.auth().refresh(&issued.refresh_token, &client()).await.unwrap();
    here.users().update_profile(issued.user.id, &ProfilePatch::default()).await.unwrap();
    here.auth().sign_out(&issued.session).await.unwrap();
    here.users().erase(issued.user.id).await.unwrap();
    let moments = ["session_refresh", "user_update", "sign_out", "user_delete"];
    let moments: Vec<String> =
        moments.iter().flat_map(|moment| [format!("before {moment}"), format!("after {moment}")]).collect();
    assert_eq!(take(&log), pairs(&moments.iter().map(String::as_str).collect::<Vec<_>>()));
}

#[tokio::test]
async fn a_refused_registration_leaves_nothing() {
    for refused in ["sign_up", "sign_in", "session_create"] {
        let log = Log::default();
        let witness = Witness::new("a", &log);
        *witness.refuses.lock().unwrap() = Some(refused);
        let world = World::with(|builder| builder.plugin(witness.clone())).await;
        let here = world.here().await;
        assert_eq!(code(here.auth().sign_up(registration(ALICE), &client()).await), Code::Forbidden);
        assert!(here.users().list(&UserQuery::default(), Page::default()).await.unwrap().data.is_empty());
        assert!(world.actions().await.is_empty());
        assert!(take(&log).iter().all(|line| !line.contains("after")));
    }
}

#[tokio::test]
async fn a_refusal_of_each_moment_leaves_things_as_they_were() {
    let log = Log::default();
    let witness = Witness::new("a", &log);
    let world = World::with(|builder| builder.plugin(witness.clone())).await;
    let issued = world.sign_up(ALICE).await;
    let here = world.here().await.acting(&authsome_core::route::Principal::Anonymous, &client());
    let refuse = |moment| *witness.refuses.lock().unwrap() = Some(moment);
    refuse("sign_in");
    assert_eq!(code(world.sign_in(ALICE, PASSWORD).await), Code::Forbidden);
    refuse("session_refresh");
    let refreshed = here.auth().refresh(&issued.refresh_token, &client()).await;
    assert_eq!(code(refreshed), Code::Forbidden);
    refuse("sign_out");
    assert_eq!(code(here.auth().sign_out(&issued.session).await), Code::Forbidden);
    refuse("user_update");
    let patch = ProfilePatch { name: Some(Some("Mallory".to_owned())), ..Default::default() };
    assert_eq!(code(here.users().update_profile(issued.user.id, &patch).await), Code::Forbidden);
    refuse("user_delete");
    assert_eq!(code(here.users().delete(issued.user.id).await), Code::Forbidden);
    assert_eq!(code(here.users().erase(issued.user.id).await), Code::Forbidden);
    refuse("nothing");
    world.authenticate(&issued.token).await.unwrap();
    assert_eq!(here.users().get(issued.user.id).await.unwrap(), issued.user);
    here.auth().refresh(&issued.refresh_token, &client()).await.unwrap();
}

#[tokio::test]
async fn a_second_factor_leads_to_a_session_between_the_same_hooks() {
    let log = Log::default();
    let witness = Witness::new("a", &log);
    let world = World::with(|builder| builder.plugin(witness.clone())).await;
    let user = world.sign_up(ALICE).await.user;
    let here = world.here().await.acting(&authsome_core::route::Principal::Anonymous, &client());
    world.enroll(&here, user.id).await;
    assert_eq!(code(world.sign_in(ALICE, PASSWORD).await), Code::MfaRequired);
    let ticket = Ticket::find(&here.scope()).one(&*world.store).await.unwrap().unwrap();
    let proof = Proof { method: "test_factor", amr: &["otp"], redeem: &Verified };
    for refused in ["sign_in", "session_create"] {
        *witness.refuses.lock().unwrap() = Some(refused);
        assert_eq!(code(here.auth().resume(&ticket, proof).await), Code::Forbidden, "{refused}");
    }
    *witness.refuses.lock().unwrap() = None;
    take(&log);
    here.auth().resume(&ticket, proof).await.unwrap().signed_in().unwrap();
    let hooks = ["a before sign_in", "a before session_create", "a after session_create", "a after sign_in"];
    assert_eq!(take(&log), hooks);
}

#[tokio::test]
async fn a_hook_that_refuses_does_not_keep_a_replayed_family_alive() {
    let log = Log::default();
    let witness = Witness::new("a", &log);
    let world = World::with(|builder| builder.plugin(witness.clone())).await;
    let issued = world.sign_up(ALICE).await;
    let auth = world.here().await.auth();
    let next = auth.refresh(&issued.refresh_token, &client()).await.unwrap();
    world.advance(seconds(11));
    *witness.refuses.lock().unwrap() = Some("session_refresh");
    assert_eq!(code(auth.refresh(&issued.refresh_token, &client()).await), Code::SessionNotFound);
    assert_eq!(code(world.authenticate(&next.token).await), Code::SessionNotFound);
}

#[tokio::test]
async fn what_a_hook_cannot_do_afterwards_changes_nothing() {
    let log = Log::default();
    let witness = Witness { fails_after: true, ..Witness::new("a", &log) };
    let world = World::with(|builder| builder.plugin(witness)).await;
    let issued = world.sign_up(ALICE).await;
    world.authenticate(&issued.token).await.unwrap();
}

#[tokio::test]
async fn a_taken_address_is_not_told_to_hooks_as_a_registration() {
    let log = Log::default();
    let settings = Settings { require_email_verification: Some(true), ..Settings::default() };
    let config = authsome_engine::Config { settings, ..Default::default() };
    let world = World::with(|builder| builder.config(config).plugin(Witness::new("a", &log))).await;
    let auth = world.here().await.auth();
    auth.sign_up(registration(ALICE), &client()).await.unwrap();
    assert_eq!(take(&log), ["a before sign_up", "a after sign_up"]);
    auth.sign_up(registration(ALICE), &client()).await.unwrap();
    assert_eq!(take(&log), ["a before sign_up"]);
}

/// Changes a user's password in the middle of their first sign-in.
#[derive(Clone, Default)]
struct Meddler(Arc<Mutex<Option<authsome_engine::Users>>>);

impl Plugin for Meddler {
    fn name(&self) -> &'static str {
        "meddler"
    }

    fn install(&self, _: Host) -> Result<Capabilities, Error> {
        Ok(Capabilities { hooks: vec![Arc::new(self.clone())], ..Capabilities::default() })
    }
}

#[async_trait]
impl Hooks for Meddler {
    async fn before(&self, _: &HookContext<'_>, moment: &Moment<'_>) -> Result<(), Error> {
        let users = self.0.lock().unwrap().take();
        match (users, moment) {
            (Some(users), Moment::SignIn { user, .. }) => {
                users.set_password(user.id, &password("a password from elsewhere")).await
            }
            _ => Ok(()),
        }
    }
}

#[tokio::test]
async fn a_password_that_is_changed_during_a_sign_in_is_checked_again() {
    // Also within the millisecond in which the account was changed before.
    for pause in [1, 0] {
        let meddler = Meddler::default();
        let world = World::with(|builder| builder.plugin(meddler.clone())).await;
        world.sign_up(ALICE).await;
        world.advance(seconds(pause));
        *meddler.0.lock().unwrap() = Some(world.here().await.users());
        assert_eq!(code(world.sign_in(ALICE, PASSWORD).await), Code::InvalidCredentials, "{pause}");
        world.sign_in(ALICE, "a password from elsewhere").await.unwrap();
    }
}
