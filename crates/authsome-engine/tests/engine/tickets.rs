//! Sign-ins that stop at a second factor.

use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error};
use authsome_core::secret::Token;
use authsome_core::session::Session;
use authsome_core::ticket::Ticket;

use crate::common::*;

const NEW_PASSWORD: &str = "a wholly new password";

/// A world in which alice is registered and a second factor has been required since.
async fn strict() -> (World, authsome_core::plugin::SignedIn) {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    world.configure("development", serde_json::json!({ "mfa_required": true })).await;
    (world, issued)
}

impl World {
    async fn tickets(&self) -> Vec<Ticket> {
        Ticket::find(&self.here().await.scope()).all(&*self.store).await.unwrap()
    }

    async fn sessions(&self) -> u64 {
        Session::find(&self.here().await.scope()).count(&*self.store).await.unwrap()
    }
}

/// The ticket in a refusal.
fn ticket(error: &Error) -> Token {
    assert_eq!(error.code(), Code::MfaRequired);
    assert_eq!(error.extra()["methods"], serde_json::json!(["enroll"]));
    Token::presented(error.extra()["mfa_ticket"].as_str().unwrap())
}

#[tokio::test]
async fn a_sign_in_stops_at_the_second_factor_with_a_ticket() {
    let (world, issued) = strict().await;
    let error = world.sign_in(ALICE, PASSWORD).await.unwrap_err();
    let token = ticket(&error);
    assert!(token.expose().starts_with("amt_"));
    let expires_at = serde_json::to_value(start_of_tests().plus(seconds(600))).unwrap();
    assert_eq!(error.extra()["expires_at"], expires_at);
    let tickets = world.tickets().await;
    assert_eq!(tickets.len(), 1);
    assert_eq!((tickets[0].user_id, tickets[0].token_hash), (issued.user.id, token.hash()));
    assert_eq!((tickets[0].method.as_str(), &tickets[0].amr[..]), ("password", &["pwd".to_owned()][..]));
    assert_eq!(world.sessions().await, 1, "the one from before");
    assert_eq!(world.count_of("ticket.issued").await, 1);
}

#[tokio::test]
async fn a_wrong_password_gets_no_ticket_and_says_nothing_of_a_second_factor() {
    let (world, _) = strict().await;
    assert_eq!(code(world.sign_in(ALICE, "wrong password").await), Code::InvalidCredentials);
    assert_eq!(code(world.sign_in("nobody@example.com", PASSWORD).await), Code::InvalidCredentials);
    assert!(world.tickets().await.is_empty());
}

#[tokio::test]
async fn a_sign_up_registers_and_stops_at_the_second_factor() {
    let (world, _) = strict().await;
    let refused = register(&world.here().await, "bob@example.com").await;
    ticket(&refused.unwrap_err());
    let bob = world.here().await.users().get_by_email("bob@example.com").await.unwrap();
    assert_eq!(world.tickets().await[0].user_id, bob.id);
    assert_eq!(world.sessions().await, 1);
    ticket(&world.sign_in("bob@example.com", PASSWORD).await.unwrap_err());
    world.run_jobs().await;
    assert!(world.mails.take().iter().any(|mail| mail.to == "bob@example.com"), "the address is to be proven");
}

#[tokio::test]
async fn a_ticket_authenticates_nothing() {
    let (world, _) = strict().await;
    let token = ticket(&world.sign_in(ALICE, PASSWORD).await.unwrap_err());
    assert_eq!(code(world.authenticate(&token).await), Code::SessionNotFound);
    let here = world.here().await;
    assert_eq!(code(here.auth().refresh(&token, &client()).await), Code::SessionNotFound);
    assert_eq!(code(here.account().verify_email(&token).await), Code::InvalidToken);
    assert_eq!(code(here.account().reset(&token, &password(NEW_PASSWORD)).await), Code::InvalidToken);
    assert_eq!(code(here.signing_keys().verify(token.expose()).await), Code::SessionNotFound);
}

#[tokio::test]
async fn a_sign_in_with_several_factors_does_not_stop() {
    let (world, issued) = strict().await;
    let auth = world.here().await.auth();
    let stopped = auth.complete_sign_in(issued.user.id, proven(&["pwd", "otp"])).await.unwrap();
    ticket(&stopped.signed_in().unwrap_err());
    let signed_in = auth.complete_sign_in(issued.user.id, proven(&["pwd", "otp", "mfa"])).await.unwrap();
    let signed_in = signed_in.signed_in().unwrap();
    world.authenticate(&signed_in.token).await.unwrap();
}

#[tokio::test]
async fn a_session_from_before_the_requirement_goes_on() {
    let (world, issued) = strict().await;
    world.authenticate(&issued.token).await.unwrap();
    world.here().await.auth().refresh(&issued.refresh_token, &client()).await.unwrap();
}

#[tokio::test]
async fn an_expired_ticket_is_cleaned_up_and_a_fresh_one_is_not() {
    let (world, _) = strict().await;
    world.sign_in(ALICE, PASSWORD).await.unwrap_err();
    world.advance(seconds(300));
    let fresh = ticket(&world.sign_in(ALICE, PASSWORD).await.unwrap_err());
    world.run_jobs().await;
    assert_eq!(world.tickets().await.len(), 2);
    world.advance(seconds(301));
    world.run_jobs().await;
    let left = world.tickets().await;
    assert_eq!((left.len(), left[0].token_hash), (1, fresh.hash()));
}

#[tokio::test]
async fn a_users_tickets_go_with_every_change_of_the_password_and_others_stay() {
    let (world, issued) = strict().await;
    ticket(&register(&world.here().await, "bob@example.com").await.unwrap_err());
    world.run_jobs().await;
    world.mails.take();
    let (users, account) = (world.here().await.users(), world.here().await.account());
    let get_ticket = async |text: &str| {
        world.sign_in(ALICE, text).await.unwrap_err();
        assert_eq!(world.tickets().await.len(), 2);
    };
    let bobs_alone = async || {
        let left = world.tickets().await;
        assert!(left.len() == 1 && left[0].user_id != issued.user.id);
    };
    get_ticket(PASSWORD).await;
    account.change_password(&issued.session, &password(PASSWORD), &password(NEW_PASSWORD)).await.unwrap();
    bobs_alone().await;
    get_ticket(NEW_PASSWORD).await;
    users.set_password(issued.user.id, &password(PASSWORD)).await.unwrap();
    bobs_alone().await;
    get_ticket(PASSWORD).await;
    world.run_jobs().await;
    world.mails.take();
    users.send_password_reset(issued.user.id).await.unwrap();
    world.run_jobs().await;
    account.reset(&world.mails.one().token(), &password(NEW_PASSWORD)).await.unwrap();
    bobs_alone().await;
    get_ticket(NEW_PASSWORD).await;
    users.delete(issued.user.id).await.unwrap();
    bobs_alone().await;
}

#[tokio::test]
async fn a_banned_user_gets_no_ticket_and_loses_those_they_have() {
    let (world, issued) = strict().await;
    world.sign_in(ALICE, PASSWORD).await.unwrap_err();
    world.here().await.users().ban(issued.user.id).await.unwrap();
    assert!(world.tickets().await.is_empty());
    assert_eq!(code(world.sign_in(ALICE, PASSWORD).await), Code::UserBanned);
    assert!(world.tickets().await.is_empty());
}
