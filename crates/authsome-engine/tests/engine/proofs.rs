//! Proofs of plugins' methods are used up with what they lead to.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error};
use authsome_core::metadata::Metadata;
use authsome_core::plugin::{
    Capabilities, HookContext, Hooks, Host, Moment, NewAccount, Plugin, Proof, SignInOutcome, Verified,
};
use authsome_core::session::Session;
use authsome_core::ticket::Ticket;
use authsome_core::user::{User, UserQuery};
use authsome_engine::{EnvironmentHandle, ProfilePatch, UserPatch, Users};

use crate::common::slips::Slips;
use crate::common::*;

impl World {
    async fn sessions_at(&self, at: &EnvironmentHandle) -> u64 {
        Session::find(&at.scope()).count(&*self.store).await.unwrap()
    }

    async fn registered(&self, at: &EnvironmentHandle) -> usize {
        at.users().list(&UserQuery::default(), authsome_core::entity::Page::default()).await.unwrap().data.len()
    }
}

#[tokio::test]
async fn a_proof_is_used_up_with_the_session_that_it_makes() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let user = world.user(&here, ALICE).await;
    let slip = world.slip(here.scope()).await;
    let signed_in = here.auth().complete_sign_in(user.id, slip.proof()).await.unwrap().signed_in().unwrap();
    assert_eq!((signed_in.session.method.as_str(), &signed_in.session.amr[..]), ("slips", &["slip".to_owned()][..]));
    assert!(!slip.is_there(&world).await);
    assert_eq!(code(here.auth().complete_sign_in(user.id, slip.proof()).await), Code::InvalidToken);
    assert_eq!(world.sessions_at(&here).await, 1);
}

#[tokio::test]
async fn a_proof_is_used_up_with_the_ticket_that_it_leads_to() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let user = world.user(&here, ALICE).await;
    world.enroll(&here, user.id).await;
    let slip = world.slip(here.scope()).await;
    let outcome = here.auth().complete_sign_in(user.id, slip.proof()).await.unwrap();
    assert!(matches!(outcome, SignInOutcome::SecondFactorRequired(_)) && !slip.is_there(&world).await);
    assert_eq!(code(here.auth().complete_sign_in(user.id, slip.proof()).await), Code::InvalidToken);
    assert_eq!(Ticket::find(&here.scope()).count(&*world.store).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_sign_ins_at_once_with_one_proof_one_succeeds() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let user = world.user(&here, ALICE).await.id;
    let slip = world.slip(here.scope()).await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (auth, slip) = (here.auth(), slip.clone());
            tokio::spawn(async move { auth.complete_sign_in(user, slip.proof()).await.is_ok() })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        won += u32::from(task.await.unwrap());
    }
    assert_eq!((won, world.sessions_at(&here).await), (1, 1));
}

#[tokio::test]
async fn a_sign_in_that_is_refused_uses_nothing_up() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let user = world.user(&here, ALICE).await;
    let slip = world.slip(here.scope()).await;
    let refused = async |at: EnvironmentHandle| {
        let refused = code(at.auth().complete_sign_in(user.id, slip.proof()).await);
        assert!(slip.is_there(&world).await, "{refused:?}");
        refused
    };
    here.users().ban(user.id).await.unwrap();
    assert_eq!(refused(here.clone()).await, Code::UserBanned);
    here.users().unban(user.id).await.unwrap();
    let only = |method: &str| serde_json::json!({ "allowed_auth_methods": [method] });
    assert_eq!(refused(world.configure("development", only("password")).await).await, Code::MethodNotAllowedHere);
    world.configure("development", only("slips")).await;
    world.deactivate("development").await;
    // Here it was not suspended yet.
    assert_eq!(refused(here.clone()).await, Code::EnvironmentInactive);
    world.environments().await.activate(here.scope().env_id).await.unwrap();
    let strict = world.configure("development", serde_json::json!({ "require_email_verification": true })).await;
    let unproven = UserPatch { email_verified: Some(false), ..UserPatch::default() };
    here.users().update(user.id, &unproven).await.unwrap();
    assert_eq!(refused(strict).await, Code::EmailNotVerified);
    let proven = UserPatch { email_verified: Some(true), ..UserPatch::default() };
    here.users().update(user.id, &proven).await.unwrap();
    let _signed_in = here.auth().complete_sign_in(user.id, slip.proof()).await.unwrap();
}

#[tokio::test]
async fn a_sign_in_begun_before_addresses_had_to_be_proven_uses_nothing_up() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let user = world.user(&here, ALICE).await;
    let unproven = UserPatch { email_verified: Some(false), ..UserPatch::default() };
    here.users().update(user.id, &unproven).await.unwrap();
    let slip = world.slip(here.scope()).await;
    world.configure("development", serde_json::json!({ "require_email_verification": true })).await;
    assert_eq!(code(here.auth().complete_sign_in(user.id, slip.proof()).await), Code::EmailNotVerified);
    assert!(slip.is_there(&world).await);
    assert_eq!(world.sessions_at(&here).await, 0);
}

#[tokio::test]
async fn a_proof_by_which_a_person_proves_again_who_they_are_is_used_up_with_that() {
    let world = World::with_slips().await;
    let (here, session) = (world.here().await, world.sign_up(ALICE).await.session);
    let (first, second) = (world.slip(here.scope()).await, world.slip(here.scope()).await);
    let auth = here.auth();
    world.advance(seconds(60));
    let session = auth.reauthenticate_by(&session, first.proof()).await.unwrap().session;
    assert!(!first.is_there(&world).await);
    world.advance(seconds(60));
    assert_eq!(code(auth.reauthenticate_by(&session, first.proof()).await), Code::InvalidToken);
    assert_eq!(here.sessions().get(session.id).await.unwrap().authenticated_at, session.authenticated_at);
    auth.sign_out(&session).await.unwrap();
    assert_eq!(code(auth.reauthenticate_by(&session, second.proof()).await), Code::SessionNotFound);
    assert!(second.is_there(&world).await);
}

/// Changes a user in the middle of a sign-in, once.
#[derive(Clone, Default)]
struct Meddler(Arc<Mutex<Option<(Users, Change)>>>);

#[derive(Clone, Copy)]
enum Change {
    Ban,
    Rename,
}

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
        let Moment::SignIn { user, .. } = moment else { return Ok(()) };
        let change = self.0.lock().unwrap().take();
        match change {
            Some((users, Change::Ban)) => users.ban(user.id).await.map(drop),
            Some((users, Change::Rename)) => {
                let renamed = ProfilePatch { name: Some(Some("Alice".to_owned())), ..ProfilePatch::default() };
                users.update_profile(user.id, &renamed).await.map(drop)
            }
            None => Ok(()),
        }
    }
}

#[tokio::test]
async fn a_sign_in_whose_account_is_changed_meanwhile_goes_on_with_the_same_proof_and_a_ban_uses_nothing_up() {
    let meddler = Meddler::default();
    let world = World::with(|builder| builder.plugin(Slips).plugin(meddler.clone())).await;
    let here = world.here().await;
    let user = world.user(&here, ALICE).await;
    let slip = world.slip(here.scope()).await;
    let meddle = |change| *meddler.0.lock().unwrap() = Some((here.users(), change));
    world.advance(seconds(1));
    meddle(Change::Ban);
    assert_eq!(code(here.auth().complete_sign_in(user.id, slip.proof()).await), Code::UserBanned);
    assert!(slip.is_there(&world).await);
    here.users().unban(user.id).await.unwrap();
    world.advance(seconds(1));
    meddle(Change::Rename);
    let signed_in = here.auth().complete_sign_in(user.id, slip.proof()).await.unwrap().signed_in().unwrap();
    assert_eq!(signed_in.user.name.as_deref(), Some("Alice"));
    assert!(!slip.is_there(&world).await);
}

fn account(email: &str, email_verified: bool) -> NewAccount {
    NewAccount { email: email.parse().unwrap(), email_verified, name: None, metadata: Metadata::default() }
}

#[tokio::test]
async fn a_method_registers_the_person_whom_it_has_proven() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let slip = world.slip(here.scope()).await;
    let signed_in = here.auth().sign_up_proven(account(ALICE, true), slip.proof()).await.unwrap().signed_in().unwrap();
    assert!(signed_in.user.email_verified && !slip.is_there(&world).await);
    assert_eq!(signed_in.session.method, "slips");
    world.run_jobs().await;
    assert!(world.mails.take().is_empty(), "the address is proven");
    let slip = world.slip(here.scope()).await;
    let _bob = here.auth().sign_up_proven(account("bob@example.com", false), slip.proof()).await.unwrap();
    world.run_jobs().await;
    here.account().verify_email(&world.mails.last_to("bob@example.com").token()).await.unwrap();
}

#[tokio::test]
async fn a_registration_by_a_method_that_is_refused_makes_nothing_and_uses_nothing_up() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let slip = world.slip(here.scope()).await;
    world.user(&here, "bob@example.com").await;
    let refused = async |at: &EnvironmentHandle, new: NewAccount| {
        let refused = code(at.auth().sign_up_proven(new, slip.proof()).await);
        assert!(slip.is_there(&world).await, "{refused:?}");
        assert_eq!((world.registered(at).await, world.sessions_at(at).await), (1, 0), "{refused:?}");
        refused
    };
    assert_eq!(refused(&here, account("Bob@example.com", true)).await, Code::Conflict);
    let closed = world.configure("development", serde_json::json!({ "self_registration": false })).await;
    assert_eq!(refused(&closed, account(ALICE, true)).await, Code::RegistrationClosed);
    let reopened = serde_json::json!({ "self_registration": true, "require_email_verification": true });
    let strict = world.configure("development", reopened).await;
    assert_eq!(refused(&strict, account(ALICE, false)).await, Code::EmailNotVerified);
    world.run_jobs().await;
    assert!(world.mails.take().is_empty());
    let _alice = strict.auth().sign_up_proven(account(ALICE, true), slip.proof()).await.unwrap();
}

#[tokio::test]
async fn a_registration_begun_before_addresses_had_to_be_proven_makes_nothing_and_uses_nothing_up() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let slip = world.slip(here.scope()).await;
    world.configure("development", serde_json::json!({ "require_email_verification": true })).await;
    let refused = here.auth().sign_up_proven(account(ALICE, false), slip.proof()).await;
    assert_eq!(code(refused), Code::Unavailable, "the next try is told why");
    assert!(slip.is_there(&world).await);
    assert_eq!(world.registered(&here).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_registrations_at_once_with_one_proof_one_succeeds() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let slip = world.slip(here.scope()).await;
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let (auth, slip, new) = (here.auth(), slip.clone(), account(&format!("{number}@example.com"), true));
            tokio::spawn(async move { auth.sign_up_proven(new, slip.proof()).await.is_ok() })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        won += usize::from(task.await.unwrap());
    }
    assert_eq!((won, world.registered(&here).await), (1, 1));
}

#[tokio::test]
async fn a_registration_by_a_method_stops_at_a_second_factor_that_is_required() {
    let world = World::with_slips().await;
    let strict = world.configure("development", serde_json::json!({ "mfa_required": true })).await;
    let slip = world.slip(strict.scope()).await;
    let outcome = strict.auth().sign_up_proven(account(ALICE, true), slip.proof()).await.unwrap();
    let SignInOutcome::SecondFactorRequired(required) = outcome else { panic!("a factor is required") };
    assert_eq!(required.methods, ["enroll"]);
    assert_eq!(world.sessions_at(&strict).await, 0);
}

#[tokio::test]
async fn the_methods_of_a_user_are_those_that_work_for_the_user_and_are_allowed() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let methods_of = async |user: &User| {
        let (sign_ins, _) = world.here().await.ports(&authsome_core::route::Principal::Anonymous);
        sign_ins.methods_of(user, &*world.store).await.unwrap()
    };
    let user = world.user(&here, ALICE).await;
    assert_eq!(methods_of(&user).await, ["slips"], "there is no password yet");
    here.users().set_password(user.id, &password(PASSWORD)).await.unwrap();
    assert_eq!(methods_of(&user).await, ["password", "slips"]);
    world.configure("development", serde_json::json!({ "allowed_auth_methods": ["password"] })).await;
    assert_eq!(methods_of(&user).await, ["password"]);
}

#[tokio::test]
async fn a_method_that_no_plugin_brings_signs_nobody_in() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let user = world.user(&here, ALICE).await;
    let unknown = Proof { method: "pigeon", amr: &["pigeon"], redeem: &Verified };
    assert_eq!(code(here.auth().complete_sign_in(user.id, unknown).await), Code::MethodNotAllowedHere);
    assert_eq!(
        code(here.auth().sign_up_proven(account("bob@example.com", true), unknown).await),
        Code::MethodNotAllowedHere
    );
}
