//! Of fifty callers one wins.

use authsome_core::account::{PasswordReset, Verification};
use authsome_core::apikey::ApiKey;
use authsome_core::app::App;
use authsome_core::entity::Entity;
use authsome_core::installation::Installation;
use authsome_core::notification::Notification;
use authsome_core::organization::{Invitation, InvitationStatus, Member, Organization, Team, TeamMember};
use authsome_core::secret::MasterKey;
use authsome_core::session::{RefreshToken, Session};
use authsome_core::store::Transactions;
use authsome_core::user::User;

use super::{CALLERS, Pair, did, home, item, one_did, one_winner, race, scope, user};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure_eq};
use crate::fixture::{Item, Sample, at, hash, id};

pub(super) fn cases() -> Vec<Case> {
    cases!("races" {
        direct: [
            one_caller_consumes_a_verification,
            one_caller_consumes_a_password_reset,
            one_caller_consumes_a_refresh_token,
            one_caller_decides_an_invitation,
            one_caller_claims_a_notification,
            one_caller_revokes_an_api_key,
            one_caller_notes_that_a_session_was_seen,
            one_caller_puts_a_member_into_a_team,
            one_caller_creates_an_app,
            one_caller_claims_an_installation,
            one_caller_takes_a_key,
            one_caller_registers_an_address,
            one_caller_compares_and_sets,
        ]
    })
}

async fn one_caller_consumes_a_verification(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    cx.store().create_verification(&scope(), &Verification::sample(&home(), 1)).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { store.consume_verification(&scope(), &hash(&home(), 1), at(i64::from(caller))).await }
    });
    one_winner(&answers.await?)
}

async fn one_caller_consumes_a_password_reset(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    cx.store().create_password_reset(&scope(), &PasswordReset::sample(&home(), 1)).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { store.consume_password_reset(&scope(), &hash(&home(), 1), at(i64::from(caller))).await }
    });
    one_winner(&answers.await?)
}

async fn one_caller_consumes_a_refresh_token(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    cx.store().create_session(&scope(), &Session::sample(&home(), 1)).await?;
    cx.store().create_refresh_token(&scope(), &RefreshToken::sample(&home(), 1)).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { store.consume_refresh_token(&scope(), id(1), at(i64::from(caller))).await }
    });
    one_winner(&answers.await?)
}

async fn one_caller_decides_an_invitation(cx: &mut Cx) -> Outcome {
    cx.store().create_organization(&scope(), &Organization::sample(&home(), 1)).await?;
    cx.store().create_invitation(&scope(), &Invitation::sample(&home(), 1)).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let status = match caller % 3 {
            0 => InvitationStatus::Accepted,
            1 => InvitationStatus::Declined,
            _ => InvitationStatus::Revoked,
        };
        async move { store.decide_invitation(&scope(), id(1), status, at(0)).await }
    });
    let answers = answers.await?;
    one_winner(&answers)?;
    let stored = cx.store().invitation(&scope(), id(1)).await?;
    ensure_eq!(answers.into_iter().flatten().next(), stored, "what was decided");
    Ok(())
}

async fn one_caller_claims_a_notification(cx: &mut Cx) -> Outcome {
    cx.store().create_user(&scope(), &User::sample(&home(), 1)).await?;
    cx.store().create_notification(&scope(), &Notification::sample(&home(), 1)).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { store.claim_notification(&scope(), id(1), at(0), at(60)).await }
    });
    one_winner(&answers.await?)?;
    let attempts = cx.store().notification(&scope(), id(1)).await?.map(|notification| notification.attempts);
    ensure_eq!(attempts, Some(1));
    Ok(())
}

async fn one_caller_revokes_an_api_key(cx: &mut Cx) -> Outcome {
    cx.store().create_api_key(&scope(), &ApiKey { user_id: None, ..ApiKey::sample(&home(), 1) }).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { store.revoke_api_key(&scope(), id(1), at(i64::from(caller))).await }
    });
    one_did(answers.await?)
}

async fn one_caller_notes_that_a_session_was_seen(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    cx.store().create_session(&scope(), &Session::sample(&home(), 1)).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { store.touch_session(&scope(), id(1), at(120), at(60)).await }
    });
    one_did(answers.await?)
}

async fn one_caller_puts_a_member_into_a_team(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    cx.store().create_organization(&scope(), &Organization::sample(&home(), 1)).await?;
    cx.store().create_member(&scope(), &Member::sample(&home(), 1)).await?;
    cx.store().create_team(&scope(), &Team::sample(&home(), 1)).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let place = TeamMember { id: id(caller), ..TeamMember::sample(&home(), 1) };
        async move { store.add_team_member(&scope(), &place).await }
    });
    one_did(answers.await?)?;
    ensure_eq!(TeamMember::find(&scope()).count(cx.db()).await?, 1);
    Ok(())
}

async fn one_caller_creates_an_app(cx: &mut Cx) -> Outcome {
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let app = App { slug: "default".to_owned(), ..App::sample(&home(), caller) };
        async move { store.create_app_if_absent(&app).await }
    });
    one_did(answers.await?)
}

async fn one_caller_claims_an_installation(cx: &mut Cx) -> Outcome {
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let key = MasterKey::from_bytes([u8::try_from(caller).unwrap_or(0); 32]);
        async move { Installation::claim(&key, at(0), store.as_ref()).await }
    });
    one_did(answers.await?)
}

async fn one_caller_takes_a_key(cx: &mut Cx) -> Outcome {
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let item = Item { code: "same".to_owned(), ..Item::sample(&home(), caller) };
        async move { did(item.insert(&scope(), store.as_ref()).await, "conformance_items_code_key") }
    });
    one_did(answers.await?)?;
    ensure_eq!(Item::find(&scope()).count(cx.db()).await?, 1);
    Ok(())
}

async fn one_caller_registers_an_address(cx: &mut Cx) -> Outcome {
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let sample = User::sample(&home(), caller);
        let user = User { email_key: "alice@example.com".to_owned(), ..sample };
        async move {
            let registered = store.transaction(|tx| {
                let user = user.clone();
                async move {
                    tx.create_user(&scope(), &user).await?;
                    let session = Session { user_id: user.id, ..Session::sample(&home(), caller) };
                    tx.create_session(&scope(), &session).await
                }
            });
            did(registered.await, "authsome_users_email_key")
        }
    });
    one_did(answers.await?)?;
    ensure_eq!(Session::find(&scope()).count(cx.db()).await?, 1, "sessions of those who were refused");
    Ok(())
}

async fn one_caller_compares_and_sets(cx: &mut Cx) -> Outcome {
    item().insert(&scope(), cx.db()).await?;
    let pair = Pair::of(cx).await?;
    for turn in 0..3 {
        let answers = race(CALLERS, |caller| {
            let store = pair.for_caller(caller);
            let update = Item::update(&scope()).filter(Item::ID.eq(item().id)).filter(Item::RANK.eq(turn));
            async move { update.set(Item::RANK, turn + 1).one(store.as_ref()).await }
        });
        one_winner(&answers.await?)?;
    }
    Ok(())
}
