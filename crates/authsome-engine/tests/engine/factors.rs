//! Second factors: when they are asked for, and what their tickets open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::environment::Settings;
use authsome_core::error::{Code, Error};
use authsome_core::id::UserId;
use authsome_core::plugin::{
    AttemptSubject, Capabilities, Host, Plugin, Proof, Redeem, SecondFactor, SecondFactorRequired, SignInOutcome,
    SignIns, Verified,
};
use authsome_core::records::Records;
use authsome_core::route::Principal;
use authsome_core::scope::Scope;
use authsome_core::session::Session;
use authsome_core::store::StoreTx;
use authsome_core::ticket::{Ticket, TicketPurpose};
use authsome_core::user::User;
use authsome_engine::EnvironmentHandle;

use crate::common::*;

const CODE: Proof<'static> = Proof { method: "test_factor", amr: &["otp"], redeem: &Verified };

/// A world in which alice has a factor.
async fn with_factor() -> (World, EnvironmentHandle, User) {
    let world = World::new().await;
    let here = world.here().await;
    let user = world.sign_up(ALICE).await.user;
    world.run_jobs().await;
    world.enroll(&here, user.id).await;
    (world, here, user)
}

impl World {
    /// Signs alice in by her password, which leads to a ticket.
    async fn required(&self, at: &EnvironmentHandle) -> SecondFactorRequired {
        match at.auth().sign_in(credentials(ALICE, PASSWORD), &client()).await.unwrap() {
            SignInOutcome::SecondFactorRequired(required) => *required,
            SignInOutcome::SignedIn(_) => panic!("a second factor was expected"),
        }
    }

    /// The row of alice's new ticket.
    async fn ticket(&self, at: &EnvironmentHandle) -> Ticket {
        let hash = self.required(at).await.ticket.hash();
        Ticket::find(&at.scope()).filter(Ticket::TOKEN_HASH.eq(hash)).one(&*self.store).await.unwrap().unwrap()
    }

    async fn is_there(&self, ticket: &Ticket) -> bool {
        Ticket::find(&ticket.scope).filter(Ticket::ID.eq(ticket.id)).count(&*self.store).await.unwrap() == 1
    }
}

async fn resumed(at: &EnvironmentHandle, ticket: &Ticket) -> Result<SignInOutcome, Error> {
    at.auth().resume(ticket, CODE).await
}

fn sign_ins(at: &EnvironmentHandle) -> Arc<dyn SignIns> {
    at.ports(&Principal::Anonymous).0
}

/// A wrong code on a ticket.
async fn guess(at: &EnvironmentHandle, ticket: &Ticket) -> Result<(), Error> {
    sign_ins(at).attempt(AttemptSubject::Ticket(ticket)).await?.fail().await
}

/// A factor that everybody has, which offers two things, one of them what another one offers too.
struct Everybodys;

impl Plugin for Everybodys {
    fn name(&self) -> &'static str {
        "everybodys"
    }

    fn install(&self, _: Host) -> Result<Capabilities, Error> {
        Ok(Capabilities { second_factors: vec![Arc::new(Self)], ..Capabilities::default() })
    }
}

#[async_trait]
impl SecondFactor for Everybodys {
    fn name(&self) -> &'static str {
        "everybodys"
    }

    async fn offers(&self, _: &Scope, _: UserId, _: &dyn Records) -> Result<Vec<&'static str>, Error> {
        Ok(vec!["recovery_code", "test_factor"])
    }
}

#[tokio::test]
async fn a_user_with_a_factor_is_asked_for_it_where_nothing_requires_one_and_others_are_not() {
    let (world, here, _) = with_factor().await;
    sign_up_in(&here, "bob@example.com").await;
    let required = world.required(&here).await;
    assert_eq!(required.methods, ["test_factor"]);
    assert_eq!(required.expires_at, start_of_tests().plus(seconds(600)));
    sign_in_at(&here, "bob@example.com", PASSWORD).await.unwrap();
    assert_eq!(world.ticket(&here).await.purpose, TicketPurpose::Challenge);
}

#[tokio::test]
async fn what_several_factors_offer_is_listed_once_each() {
    let world = World::with(|builder| builder.plugin(Everybodys)).await;
    let here = world.here().await;
    let user = world.user(&here, ALICE).await;
    let methods = async || {
        let outcome = here.auth().complete_sign_in(user.id, proven(&["pwd"])).await.unwrap();
        let SignInOutcome::SecondFactorRequired(required) = outcome else { panic!("a second factor was expected") };
        required.methods
    };
    assert_eq!(methods().await, ["recovery_code", "test_factor"]);
    world.enroll(&here, user.id).await;
    assert_eq!(methods().await, ["test_factor", "recovery_code"]);
}

#[tokio::test]
async fn a_required_factor_that_the_user_lacks_opens_enrolment_alone() {
    let world = World::new().await;
    world.sign_up(ALICE).await;
    let strict = world.configure("development", serde_json::json!({ "mfa_required": true })).await;
    assert_eq!(world.required(&strict).await.methods, ["enroll"]);
    let ticket = world.ticket(&strict).await;
    assert_eq!(ticket.purpose, TicketPurpose::Enroll);
    resumed(&strict, &ticket).await.unwrap().signed_in().unwrap();
}

#[tokio::test]
async fn a_ticket_and_a_factor_make_a_session_with_both_proofs_once() {
    let (world, here, _) = with_factor().await;
    let ticket = world.ticket(&here).await;
    let signed_in = resumed(&here, &ticket).await.unwrap().signed_in().unwrap();
    assert_eq!((signed_in.session.method.as_str(), &signed_in.session.amr.join(" ")[..]), ("password", "pwd otp mfa"));
    world.authenticate(&signed_in.token).await.unwrap();
    assert_eq!(code(resumed(&here, &ticket).await), Code::InvalidToken);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_who_go_on_with_one_ticket_at_once_one_does() {
    let (world, here, user) = with_factor().await;
    let ticket = world.ticket(&here).await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (at, ticket) = (here.clone(), ticket.clone());
            tokio::spawn(async move { resumed(&at, &ticket).await.is_ok() })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        won += u32::from(task.await.unwrap());
    }
    assert_eq!(won, 1);
    let sessions = Session::find(&here.scope()).filter(Session::USER_ID.eq(user.id));
    assert_eq!(sessions.count(&*world.store).await.unwrap(), 2, "the one from before, and the new one");
}

#[tokio::test]
async fn a_ticket_is_worth_nothing_once_it_is_expired_or_elsewhere() {
    let (world, here, _) = with_factor().await;
    let ticket = world.ticket(&here).await;
    for slug in ["staging", "production"] {
        let elsewhere = world.environment(slug).await;
        assert_eq!(code(resumed(&elsewhere, &ticket).await), Code::InvalidToken, "{slug}");
        assert_eq!(code(guess(&elsewhere, &ticket).await), Code::InvalidToken, "{slug}");
    }
    world.advance(seconds(600));
    assert_eq!(code(resumed(&here, &ticket).await), Code::InvalidToken);
    assert_eq!(code(guess(&here, &ticket).await), Code::InvalidToken);
}

#[tokio::test]
async fn a_ticket_is_worth_nothing_after_a_ban_or_a_reset_of_the_password() {
    let (world, here, user) = with_factor().await;
    let ticket = world.ticket(&here).await;
    here.users().ban(user.id).await.unwrap();
    assert_eq!(code(resumed(&here, &ticket).await), Code::UserBanned);
    here.users().unban(user.id).await.unwrap();
    assert_eq!(code(resumed(&here, &ticket).await), Code::InvalidToken, "the ban took it");
    let ticket = world.ticket(&here).await;
    here.users().send_password_reset(user.id).await.unwrap();
    world.run_jobs().await;
    here.account().reset(&world.mails.last_to(ALICE).token(), &password(PASSWORD)).await.unwrap();
    assert_eq!(code(resumed(&here, &ticket).await), Code::InvalidToken);
}

#[tokio::test]
async fn a_ticket_is_not_used_up_in_a_suspended_environment_or_by_a_method_that_is_allowed_no_more() {
    let (world, here, _) = with_factor().await;
    let ticket = world.ticket(&here).await;
    world.deactivate("development").await;
    for at in [here.clone(), world.here().await] {
        assert_eq!(code(resumed(&at, &ticket).await), Code::EnvironmentInactive);
    }
    world.environments().await.activate(here.scope().env_id).await.unwrap();
    let without = world.configure("development", serde_json::json!({ "allowed_auth_methods": ["pigeon"] })).await;
    for at in [here.clone(), without] {
        assert_eq!(code(resumed(&at, &ticket).await), Code::MethodNotAllowedHere);
    }
    assert!(world.is_there(&ticket).await);
    let again = world.configure("development", serde_json::json!({ "allowed_auth_methods": null })).await;
    resumed(&again, &ticket).await.unwrap().signed_in().unwrap();
}

#[tokio::test]
async fn a_ticket_is_not_used_up_by_a_second_proof_that_is_refused() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let user = world.sign_up(ALICE).await.user;
    world.enroll(&here, user.id).await;
    let (first, second, slip) = (world.ticket(&here).await, world.ticket(&here).await, world.slip(here.scope()).await);
    let once = |slip| Proof { redeem: slip, ..CODE };
    here.auth().resume(&first, once(&slip)).await.unwrap().signed_in().unwrap();
    assert!(!slip.is_there(&world).await);
    assert_eq!(code(here.auth().resume(&second, once(&slip)).await), Code::InvalidToken);
    assert!(world.is_there(&second).await);
    resumed(&here, &second).await.unwrap().signed_in().unwrap();
}

#[tokio::test]
async fn a_ticket_waits_where_the_address_must_be_proven_first_since_it_was_issued() {
    let world = World::new().await;
    let here = world.here().await;
    let user = world.sign_up(ALICE).await.user;
    world.enroll(&here, user.id).await;
    let ticket = world.ticket(&here).await;
    let strict = world.configure("development", serde_json::json!({ "require_email_verification": true })).await;
    for at in [here, strict] {
        assert_eq!(code(resumed(&at, &ticket).await), Code::EmailNotVerified);
    }
    assert!(world.is_there(&ticket).await);
}

#[tokio::test]
async fn a_ticket_for_enrolment_is_worth_nothing_once_its_user_has_a_factor() {
    let world = World::new().await;
    let user = world.sign_up(ALICE).await.user;
    let strict = world.configure("development", serde_json::json!({ "mfa_required": true })).await;
    let (first, second) = (world.ticket(&strict).await, world.ticket(&strict).await);
    world.enroll(&strict, user.id).await;
    assert_eq!(code(resumed(&strict, &first).await), Code::InvalidToken);
    world.withdraw_factor(&strict, user.id).await;
    resumed(&strict, &second).await.unwrap().signed_in().unwrap();
}

#[tokio::test]
async fn a_ticket_has_five_attempts_for_all_factors_together_right_or_wrong() {
    let (world, here, _) = with_factor().await;
    let ticket = world.ticket(&here).await;
    for number in 0..5 {
        let attempt = sign_ins(&here).attempt(AttemptSubject::Ticket(&ticket)).await.unwrap();
        if number % 2 == 0 { attempt.fail().await.unwrap() } else { attempt.succeed().await.unwrap() }
    }
    assert_eq!(code(guess(&here, &ticket).await), Code::InvalidToken);
    let another = world.ticket(&here).await;
    guess(&here, &another).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_guesses_at_once_on_a_ticket_five_are_looked_at() {
    let (world, here, _) = with_factor().await;
    let ticket = world.ticket(&here).await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (at, ticket) = (here.clone(), ticket.clone());
            tokio::spawn(async move { guess(&at, &ticket).await.is_ok() })
        })
        .collect();
    let mut looked_at = 0;
    for task in tasks {
        looked_at += u32::from(task.await.unwrap());
    }
    assert_eq!(looked_at, 5);
}

/// Uses up the attempts of two tickets, which locks alice's factors.
async fn lock_factors(world: &World, here: &EnvironmentHandle) {
    for _ in 0..2 {
        let ticket = world.ticket(here).await;
        for _ in 0..5 {
            guess(here, &ticket).await.unwrap();
        }
    }
    let ticket = world.ticket(here).await;
    assert_eq!(code(guess(here, &ticket).await), Code::AccountLocked);
}

#[tokio::test]
async fn wrong_codes_lock_the_factors_apart_from_the_password_and_a_right_password_does_not_clear_them() {
    let (world, here, user) = with_factor().await;
    // Each ticket is another right password.
    lock_factors(&world, &here).await;
    assert_eq!(world.count_of("account.locked").await, 1);
    let ticket = world.ticket(&here).await;
    assert_eq!(code(guess(&here, &ticket).await), Code::AccountLocked);
    here.users().unlock(user.id).await.unwrap();
    lock_factors(&world, &here).await;
    here.users().send_password_reset(user.id).await.unwrap();
    world.run_jobs().await;
    here.account().reset(&world.mails.last_to(ALICE).token(), &password(PASSWORD)).await.unwrap();
    lock_factors(&world, &here).await;
}

#[tokio::test]
async fn wrong_passwords_do_not_lock_the_factors() {
    let settings = Settings { lockout_max_attempts: Some(3), ..Settings::default() };
    let world = World::with_settings(settings).await;
    let (here, user) = (world.here().await, world.sign_up(ALICE).await.user);
    world.enroll(&here, user.id).await;
    let ticket = world.ticket(&here).await;
    for _ in 0..3 {
        assert_eq!(code(world.sign_in(ALICE, "wrong password").await), Code::InvalidCredentials);
    }
    assert_eq!(code(world.sign_in(ALICE, PASSWORD).await), Code::AccountLocked);
    guess(&here, &ticket).await.unwrap();
}

#[tokio::test]
async fn a_user_with_a_factor_is_proven_again_by_the_factor_alone() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    let (here, session) = (world.here().await, issued.session);
    world.advance(seconds(60));
    let auth = here.auth();
    let session = auth.reauthenticate(&session, &password(PASSWORD)).await.unwrap().session;
    assert_eq!(session.authenticated_at, start_of_tests().plus(seconds(60)));
    assert_eq!(code(auth.reauthenticate_by(&session, CODE).await), Code::MethodNotAllowedHere, "a factor nobody has");
    world.enroll(&here, issued.user.id).await;
    world.advance(seconds(60));
    let refused = auth.reauthenticate(&session, &password(PASSWORD)).await.unwrap_err();
    assert_eq!(
        (refused.code(), &refused.extra()["methods"]),
        (Code::MethodNotAllowedHere, &serde_json::json!(["test_factor"]))
    );
    let session = auth.reauthenticate_by(&session, CODE).await.unwrap().session;
    assert_eq!(session.amr, ["pwd", "otp", "mfa"]);
    assert_eq!(session.authenticated_at, start_of_tests().plus(seconds(120)));
    let port = here.ports(&Principal::Session(Arc::new(session))).0;
    port.reauthenticate(CODE).await.unwrap();
    assert_eq!(code(sign_ins(&here).reauthenticate(CODE).await), Code::Unauthenticated);
}

/// A factor that is there where the flag says so, and is there or not after its proof.
#[derive(Clone, Default)]
struct Fleeting {
    is_there: Arc<AtomicBool>,
    after: Arc<AtomicBool>,
}

impl Plugin for Fleeting {
    fn name(&self) -> &'static str {
        "fleeting"
    }

    fn install(&self, _: Host) -> Result<Capabilities, Error> {
        Ok(Capabilities { second_factors: vec![Arc::new(self.clone())], ..Capabilities::default() })
    }
}

#[async_trait]
impl SecondFactor for Fleeting {
    fn name(&self) -> &'static str {
        "fleeting"
    }

    async fn offers(&self, _: &Scope, _: UserId, _: &dyn Records) -> Result<Vec<&'static str>, Error> {
        Ok(if self.is_there.load(Ordering::SeqCst) { vec!["fleeting"] } else { Vec::new() })
    }
}

#[async_trait]
impl Redeem for Fleeting {
    async fn redeem(&self, _: &User, _: &dyn StoreTx) -> Result<(), Error> {
        self.is_there.store(self.after.load(Ordering::SeqCst), Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test]
async fn a_proof_confirms_the_first_factor_or_uses_one_up_and_adds_no_further_one() {
    let fleeting = Fleeting::default();
    let world = World::with(|builder| builder.plugin(fleeting.clone())).await;
    let issued = world.sign_up(ALICE).await;
    let (here, auth) = (world.here().await, world.here().await.auth());
    let proof = Proof { method: "fleeting", amr: &["otp"], redeem: &fleeting };

    fleeting.after.store(true, Ordering::SeqCst);
    let confirmed = auth.reauthenticate_by(&issued.session, proof).await.unwrap().session;
    assert_eq!(confirmed.amr, ["pwd", "otp", "mfa"]);
    fleeting.after.store(false, Ordering::SeqCst);
    let used_up = auth.reauthenticate_by(&confirmed, proof).await.unwrap().session;

    world.enroll(&here, issued.user.id).await;
    fleeting.after.store(true, Ordering::SeqCst);
    assert_eq!(code(auth.reauthenticate_by(&used_up, proof).await), Code::MethodNotAllowedHere);
}
