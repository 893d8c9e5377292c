//! Credentials are found by their hash alone, with the environment that they belong to.

use std::fmt::Debug;

use authsome_core::account::{PasswordReset, Verification};
use authsome_core::apikey::ApiKey;
use authsome_core::authenticator::{Credential, resolve};
use authsome_core::organization::{Invitation, Organization};
use authsome_core::session::{RefreshToken, Session};
use authsome_core::user::User;

use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure_eq};
use crate::fixture::{Sample, Subject, hash, homes};

pub(super) fn cases() -> Vec<Case> {
    cases!("credentials" {
        both: [
            a_session_is_resolved_in_its_environment,
            a_refresh_token_is_resolved_in_its_environment,
            a_verification_is_resolved_in_its_environment,
            a_password_reset_is_resolved_in_its_environment,
            an_invitation_is_resolved_in_its_environment,
            an_api_key_is_resolved_in_its_environment,
        ]
    })
}

/// Adds a row of each home to what the credential needs.
async fn settle<E: Sample>(cx: &Cx) -> Outcome {
    let subject = Subject::of::<E>();
    for home in homes() {
        subject.kind().insert(&home, &subject.kind().sample(&home, 1), cx.db()).await?;
    }
    Ok(())
}

async fn resolved<E: Sample + Credential + PartialEq + Debug>(cx: &Cx) -> Outcome {
    settle::<E>(cx).await?;
    for home in homes() {
        ensure_eq!(resolve::<E>(&hash(&home, 1), cx.db()).await?, Some(E::sample(&home, 1)), "of {}", home.scope);
        ensure_eq!(resolve::<E>(&hash(&home, 2), cx.db()).await?, None, "no credential");
    }
    Ok(())
}

async fn a_session_is_resolved_in_its_environment(cx: &mut Cx) -> Outcome {
    settle::<User>(cx).await?;
    resolved::<Session>(cx).await
}

async fn a_refresh_token_is_resolved_in_its_environment(cx: &mut Cx) -> Outcome {
    settle::<User>(cx).await?;
    settle::<Session>(cx).await?;
    resolved::<RefreshToken>(cx).await
}

async fn a_verification_is_resolved_in_its_environment(cx: &mut Cx) -> Outcome {
    settle::<User>(cx).await?;
    resolved::<Verification>(cx).await
}

async fn a_password_reset_is_resolved_in_its_environment(cx: &mut Cx) -> Outcome {
    settle::<User>(cx).await?;
    resolved::<PasswordReset>(cx).await
}

async fn an_invitation_is_resolved_in_its_environment(cx: &mut Cx) -> Outcome {
    settle::<Organization>(cx).await?;
    resolved::<Invitation>(cx).await
}

async fn an_api_key_is_resolved_in_its_environment(cx: &mut Cx) -> Outcome {
    settle::<User>(cx).await?;
    resolved::<ApiKey>(cx).await
}
