//! Deleting users softly, one or all, and erasing them: everything about the person goes, in one transaction. Events
//! stay with the ids in them, and nothing personal (GDPR, article 17).

use authsome_context::{Budget, EnvironmentContext, Progress, nothing};
use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::entity::{Entity, Page};
use authsome_core::error::{Code, Error, StoreError};
use authsome_core::event::Event;
use authsome_core::id::UserId;
use authsome_core::notification::Notification;
use authsome_core::plugin::Moment;
use authsome_core::scope::Scope;
use authsome_core::store::StoreTx;
use authsome_core::user::{User, UserQuery};
use authsome_core::value::Json;
use serde_json::json;

use super::Users;
use crate::proofs::delete_proofs;
use crate::{lockout, sessions};

/// How many rows one statement deletes.
const BATCH: u32 = 500;

impl Users {
    /// Deletes a user softly: all sessions and API keys end, sign-ins are refused, and the names are free again. The
    /// row stays until the user is erased.
    ///
    /// # Errors
    /// `not_found`; a hook's refusal; `unavailable`.
    pub async fn delete(&self, id: UserId) -> Result<(), Error> {
        let at = &self.at;
        let now = at.now();
        let user = self.get(id).await?;
        at.before(now, Moment::UserDelete { user: &user }).await?;
        let ended = &at.event(now, "sessions.revoked", &id, json!({ "reason": "user_deleted" }))?;
        let scope = &at.scope();
        at.transaction(|tx| async move {
            tx.delete_user(scope, id, now).await?;
            sessions::end_all(scope, id, None, ended, &*tx).await?;
            delete_proofs(at, id, &*tx).await?;
            while tx.delete_user_api_keys(scope, id, BATCH).await? == u64::from(BATCH) {}
            Ok::<_, Error>(at.event(now, "user.deleted", &id, nothing())?.insert(scope, &*tx).await?)
        })
        .await?;
        at.after(now, Moment::UserDelete { user: &user }).await;
        Ok(())
    }

    /// Deletes all users who exist when it begins, as [`Users::delete`] does each, hooks included. It works for some
    /// five seconds; if users remain, make the same call again. In an environment of type production, it needs a
    /// confirmation.
    ///
    /// # Errors
    /// `confirmation_required`; `not_found` if the environment is gone; a hook's refusal; `unavailable`. Users whom it
    /// has deleted stay deleted.
    pub async fn delete_all(&self, confirm: Confirm) -> Result<Progress, Error> {
        self.at.require_confirmed(confirm, Destructive::DeleteUsers).await?;
        let (budget, mut count) = (Budget::begin(), 0);
        let mut page = Page::first(Page::<UserId>::MAX_LIMIT);
        loop {
            let listed = self.list(&UserQuery::default(), page).await?;
            for user in &listed.data {
                if budget.is_spent() {
                    return Ok(Progress { count, complete: false });
                }
                match self.delete(user.id).await {
                    Ok(()) => count += 1,
                    // Another call deleted the user first.
                    Err(error) if error.code() == Code::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            match listed.next_cursor {
                Some(after) => page = Page::after(after, Page::<UserId>::MAX_LIMIT),
                None => return Ok(Progress { count, complete: true }),
            }
        }
    }

    /// Erases a user, softly deleted or not: the account, its sessions, mailed tokens, devices, memberships,
    /// notifications, API keys, and what plugins store about it. Events keep the ids.
    ///
    /// # Errors
    /// `not_found`; a hook's refusal; `unavailable`.
    pub async fn erase(&self, id: UserId) -> Result<(), Error> {
        let at = &self.at;
        let now = at.now();
        let find = User::find(&at.scope()).filter(User::ID.eq(id));
        let user = find.one(at.store()).await?.ok_or_else(Error::not_found)?;
        at.before(now, Moment::UserDelete { user: &user }).await?;
        let mut event = at.event(now, "user.erased", &id, nothing())?;
        if event.actor.as_deref() == event.target.as_deref() {
            (event.ip, event.user_agent) = (None, None);
        }
        let (scope, user_ref, event) = (&at.scope(), &user, &event);
        let plugins = &at.foundation().plugins.user_data;
        at.transaction(|tx| async move {
            let tx: &dyn StoreTx = &*tx;
            for (_, data) in plugins {
                data.erase(tx, scope, id).await?;
            }
            erase_rows(at, user_ref, tx).await?;
            strip_events(scope, id, tx).await?;
            event.insert(scope, tx).await?;
            // Last, because rows of all kinds refer to it.
            Ok::<_, Error>(tx.erase_user(scope, id).await?)
        })
        .await?;
        at.after(now, Moment::UserDelete { user: &user }).await;
        Ok(())
    }
}

async fn erase_rows(at: &EnvironmentContext, user: &User, tx: &dyn StoreTx) -> Result<(), Error> {
    let scope = &at.scope();
    let full = u64::from(BATCH);
    sessions::delete_all(scope, user.id, None, tx).await?;
    delete_proofs(at, user.id, tx).await?;
    while tx.delete_user_api_keys(scope, user.id, BATCH).await? == full {}
    while tx.delete_user_notifications(scope, user.id, BATCH).await? == full {}
    // A notification may have only the user's address, also one from before the account was made.
    let addresses = [user.email.as_str(), user.email_key.as_str()];
    let addressed = || Notification::delete(scope).filter(Notification::RECIPIENT.is_in(addresses));
    while addressed().batch(BATCH, tx).await? == full {}
    Ok(lockout::clear(scope, user.id, tx).await?)
}

async fn strip_events(scope: &Scope, user: UserId, tx: &dyn StoreTx) -> Result<(), StoreError> {
    let id = user.to_string();
    let done_by = Event::update(scope).filter(Event::ACTOR.eq(&id));
    done_by.set(Event::IP, None).set(Event::USER_AGENT, None).all(tx).await?;
    let done_to = Event::update(scope).filter(Event::TARGET.eq(&id));
    let done_to = done_to.set(Event::IP, None).set(Event::USER_AGENT, None).set(Event::DATA, Json(nothing()));
    done_to.all(tx).await.map(|_| ())
}
