//! What lives in another environment and what lives nowhere are looked for alike, so that the time of an answer does not
//! tell them apart.

use std::fmt::Debug;

use authsome_core::error::Error;
use authsome_core::id::{TypedId, UserId};
use authsome_core::secret::Token;

use crate::common::*;

/// What an answer says, and what the store was asked for it and for the mail that follows.
type Observed = (String, Vec<String>, Vec<String>);

impl World {
    async fn observe<T: Debug>(&self, answer: impl Future<Output = Result<T, Error>>) -> Observed {
        self.store.asked();
        let said = answer.await.map_or_else(|error| format!("{:?}", said(&error)), |_| "done".to_owned());
        let asked = self.store.asked();
        self.run_jobs().await;
        (said, asked, self.store.asked())
    }

    /// Development, with somebody in staging and nobody here.
    async fn with_somebody_elsewhere() -> (Self, filled::Handed) {
        let world = Self::new().await;
        let handed = world.fill("staging").await;
        // Environments are kept for a second; which of them are is nobody's secret.
        world.authenticate(&handed.issued.token).await.unwrap();
        world.here().await;
        (world, handed)
    }
}

const NOBODY: &str = "nobody@example.com";

#[tokio::test]
async fn an_address_of_another_environment_is_looked_for_like_one_that_nobody_has() {
    let (world, _) = World::with_somebody_elsewhere().await;
    world.configure("development", serde_json::json!({ "require_email_verification": true })).await;
    world.run_jobs().await;
    let here = world.here().await;
    let mut observed = Vec::new();
    for email in [ALICE, NOBODY] {
        observed.push([
            world.observe(here.auth().sign_in(credentials(email, PASSWORD), &client())).await,
            world.observe(here.auth().sign_in(credentials(email, "a wrong password"), &client())).await,
            world.observe(here.account().forgot(&email.parse().unwrap())).await,
            world.observe(here.account().resend_verification(&email.parse().unwrap())).await,
            world.observe(here.users().get_by_email(email)).await,
            world.observe(here.auth().sign_up(registration(email), &client())).await,
        ]);
    }
    assert_eq!(observed[0], observed[1]);
    assert!(observed[0].iter().all(|(_, asked, _)| !asked.is_empty()));
}

/// A token of the same shape that was never handed out.
fn made_up(like: &Token) -> Token {
    let (prefix, rest) = like.expose().rsplit_once('_').unwrap();
    Token::presented(&format!("{prefix}_{}", "x".repeat(rest.len())))
}

#[tokio::test]
async fn a_credential_of_another_environment_is_looked_for_like_one_that_was_never_handed_out() {
    let (world, handed) = World::with_somebody_elsewhere().await;
    let (engine, here) = (&world.engine, world.here().await);
    let (auth, account) = (here.auth(), here.account());
    let new = password("a wholly new password");
    let mut observed = Vec::new();
    for known in [true, false] {
        let pick = |token: &Token| if known { token.clone() } else { made_up(token) };
        let (session, key) = (pick(&handed.issued.token), pick(&handed.key));
        observed.push([
            world.observe(authenticate_in(&here, engine, &session)).await,
            world.observe(authenticate_in(&here, engine, &key)).await,
            world.observe(auth.refresh(&pick(&handed.issued.refresh_token), &client())).await,
            world.observe(account.verify_email(&pick(&handed.verification))).await,
            world.observe(account.reset(&pick(&handed.reset), &new)).await,
        ]);
    }
    assert_eq!(observed[0], observed[1]);
    assert!(observed[0].iter().all(|(_, asked, _)| !asked.is_empty()));
}

#[tokio::test]
async fn an_id_of_another_environment_is_looked_for_like_one_that_was_never_given() {
    let (world, handed) = World::with_somebody_elsewhere().await;
    let never = UserId::generate(start_of_tests(), &**world.engine.entropy()).unwrap();
    let here = world.here().await;
    let (users, sessions) = (here.users(), here.sessions());
    let mut observed = Vec::new();
    for id in [handed.issued.user.id, never] {
        observed.push([
            world.observe(users.get(id)).await,
            world.observe(users.ban(id)).await,
            world.observe(users.unlock(id)).await,
            world.observe(users.send_password_reset(id)).await,
            world.observe(users.delete(id)).await,
            world.observe(users.erase(id)).await,
            world.observe(sessions.revoke_all(id)).await,
        ]);
    }
    assert_eq!(observed[0], observed[1]);
    assert!(observed[0].iter().all(|(_, asked, _)| !asked.is_empty()));
}
