//! Verifications and password resets.

use authsome_core::account::{AccountStore, PasswordReset, Verification, VerificationPurpose};
use authsome_core::authenticator::delete_expired;
use authsome_core::entity::Entity;

use super::{elsewhere, home, scope, user};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ensure_eq, reference};
use crate::fixture::{Sample, at, hash, id};

pub(super) fn cases() -> Vec<Case> {
    cases!("accounts" {
        both: [
            a_verification_is_found_by_id_and_by_token,
            a_verification_is_consumed_once_and_in_time,
            a_verification_of_a_taken_token_is_a_conflict,
            a_users_verifications_are_deleted_in_batches,
            a_password_reset_is_found_by_id_and_by_token,
            a_password_reset_is_consumed_once_and_in_time,
            a_users_password_resets_are_deleted_in_batches,
            a_proof_for_nobody_is_refused,
            expired_proofs_go_whatever_their_environment,
        ]
    })
}

async fn a_verification_is_found_by_id_and_by_token(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let verification = Verification { purpose: VerificationPurpose::Change, ..Verification::sample(&home(), 1) };
    cx.db().create_verification(&scope(), &verification).await?;
    let found = Some(verification);
    ensure_eq!(cx.db().verification(&scope(), id(1)).await?, found);
    ensure_eq!(cx.db().verification_by_token(&scope(), &hash(&home(), 1)).await?, found);
    ensure_eq!(cx.db().verification(&scope(), id(2)).await?, None);
    ensure_eq!(cx.db().verification_by_token(&scope(), &hash(&home(), 2)).await?, None);
    ensure_eq!(cx.db().verification_by_token(&elsewhere().scope, &hash(&home(), 1)).await?, None);
    Ok(())
}

async fn a_verification_is_consumed_once_and_in_time(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let verification = Verification { expires_at: at(60), ..Verification::sample(&home(), 1) };
    cx.db().create_verification(&scope(), &verification).await?;
    let token = verification.token_hash;
    ensure_eq!(cx.db().consume_verification(&scope(), &token, at(60)).await?, None, "at its end");
    ensure_eq!(cx.db().consume_verification(&scope(), &hash(&home(), 2), at(1)).await?, None, "another token");
    ensure_eq!(cx.db().consume_verification(&elsewhere().scope, &token, at(1)).await?, None);
    let consumed = Some(Verification { consumed_at: Some(at(59)), ..verification });
    ensure_eq!(cx.db().consume_verification(&scope(), &token, at(59)).await?, consumed);
    ensure_eq!(cx.db().consume_verification(&scope(), &token, at(59)).await?, None, "the second time");
    ensure_eq!(cx.db().verification_by_token(&scope(), &token).await?, consumed);
    Ok(())
}

async fn a_verification_of_a_taken_token_is_a_conflict(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    user(cx, 2).await?;
    let first = Verification::sample(&home(), 1);
    cx.db().create_verification(&scope(), &first).await?;
    cx.settle().await?;
    let second = Verification { token_hash: first.token_hash, ..Verification::sample(&home(), 2) };
    conflict(cx.db().create_verification(&scope(), &second).await, "authsome_verifications_token_key")?;
    cx.recover().await
}

async fn a_users_verifications_are_deleted_in_batches(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    user(cx, 2).await?;
    for number in 1..=4 {
        let user_id = if number == 4 { id(2) } else { id(1) };
        let verification = Verification { user_id, ..Verification::sample(&home(), number) };
        cx.db().create_verification(&scope(), &verification).await?;
    }
    ensure_eq!(cx.db().delete_user_verifications(&scope(), id(1), 2).await?, 2);
    ensure_eq!(cx.db().delete_user_verifications(&scope(), id(1), 2).await?, 1);
    ensure_eq!(cx.db().delete_user_verifications(&scope(), id(1), 2).await?, 0);
    ensure_eq!(Verification::find(&scope()).count(cx.db()).await?, 1);
    Ok(())
}

async fn a_password_reset_is_found_by_id_and_by_token(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let reset = PasswordReset::sample(&home(), 1);
    cx.db().create_password_reset(&scope(), &reset).await?;
    let found = Some(reset);
    ensure_eq!(cx.db().password_reset(&scope(), id(1)).await?, found);
    ensure_eq!(cx.db().password_reset_by_token(&scope(), &hash(&home(), 1)).await?, found);
    ensure_eq!(cx.db().password_reset(&scope(), id(2)).await?, None);
    ensure_eq!(cx.db().password_reset_by_token(&elsewhere().scope, &hash(&home(), 1)).await?, None);
    Ok(())
}

async fn a_password_reset_is_consumed_once_and_in_time(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let reset = PasswordReset { expires_at: at(60), ..PasswordReset::sample(&home(), 1) };
    cx.db().create_password_reset(&scope(), &reset).await?;
    let token = reset.token_hash;
    ensure_eq!(cx.db().consume_password_reset(&scope(), &token, at(60)).await?, None, "at its end");
    ensure_eq!(cx.db().consume_password_reset(&elsewhere().scope, &token, at(1)).await?, None);
    let consumed = Some(PasswordReset { consumed_at: Some(at(59)), ..reset });
    ensure_eq!(cx.db().consume_password_reset(&scope(), &token, at(59)).await?, consumed);
    ensure_eq!(cx.db().consume_password_reset(&scope(), &token, at(59)).await?, None, "the second time");
    ensure_eq!(cx.db().password_reset(&scope(), id(1)).await?, consumed);
    Ok(())
}

async fn a_users_password_resets_are_deleted_in_batches(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    user(cx, 2).await?;
    for number in 1..=4 {
        let user_id = if number == 4 { id(2) } else { id(1) };
        let reset = PasswordReset { user_id, ..PasswordReset::sample(&home(), number) };
        cx.db().create_password_reset(&scope(), &reset).await?;
    }
    ensure_eq!(cx.db().delete_user_password_resets(&scope(), id(1), 2).await?, 2);
    ensure_eq!(cx.db().delete_user_password_resets(&scope(), id(1), 2).await?, 1);
    ensure_eq!(cx.db().delete_user_password_resets(&scope(), id(1), 2).await?, 0);
    ensure_eq!(PasswordReset::find(&scope()).count(cx.db()).await?, 1);
    Ok(())
}

async fn a_proof_for_nobody_is_refused(cx: &mut Cx) -> Outcome {
    let verification = Verification::sample(&home(), 1);
    let refused = cx.db().create_verification(&scope(), &verification).await;
    reference(refused, "authsome_verifications_user_id_fkey")?;
    cx.recover().await?;
    let reset = PasswordReset::sample(&home(), 1);
    let refused = cx.db().create_password_reset(&scope(), &reset).await;
    reference(refused, "authsome_password_resets_user_id_fkey")?;
    cx.recover().await
}

async fn expired_proofs_go_whatever_their_environment(cx: &mut Cx) -> Outcome {
    use authsome_core::user::{User, UserStore};
    for home in [home(), elsewhere()] {
        cx.db().create_user(&home.scope, &User::sample(&home, 1)).await?;
        for (number, end) in [(1, 10), (2, 20)] {
            let (user_id, expires_at) = (id(1), at(end));
            let verification = Verification { user_id, expires_at, ..Verification::sample(&home, number) };
            cx.db().create_verification(&home.scope, &verification).await?;
            let reset = PasswordReset { user_id, expires_at, ..PasswordReset::sample(&home, number) };
            cx.db().create_password_reset(&home.scope, &reset).await?;
        }
    }
    ensure_eq!(delete_expired::<Verification>(at(10), 100, cx.db()).await?, 0);
    ensure_eq!(delete_expired::<Verification>(at(11), 1, cx.db()).await?, 1);
    ensure_eq!(delete_expired::<Verification>(at(11), 100, cx.db()).await?, 1);
    ensure_eq!(delete_expired::<PasswordReset>(at(10), 100, cx.db()).await?, 0);
    ensure_eq!(delete_expired::<PasswordReset>(at(11), 1, cx.db()).await?, 1);
    ensure_eq!(delete_expired::<PasswordReset>(at(11), 100, cx.db()).await?, 1);
    for home in [home(), elsewhere()] {
        ensure_eq!(Verification::find(&home.scope).count(cx.db()).await?, 1);
        ensure_eq!(PasswordReset::find(&home.scope).count(cx.db()).await?, 1);
    }
    Ok(())
}
