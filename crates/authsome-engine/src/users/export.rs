//! Everything that is stored about a user, without secrets (GDPR, articles 15 and 20).

use authsome_core::account::{PasswordReset, Verification};
use authsome_core::apikey::ApiKey;
use authsome_core::attempt::Lockout;
use authsome_core::device::Device;
use authsome_core::entity::{Entity, Listed, Page};
use authsome_core::error::{Error, StoreError};
use authsome_core::event::Event;
use authsome_core::id::{EventId, UserId};
use authsome_core::notification::Notification;
use authsome_core::organization::Member;
use authsome_core::scope::Scope;
use authsome_core::session::Session;
use authsome_core::store::Store;
use authsome_core::ticket::Ticket;
use authsome_core::user::User;
use serde_json::{Map, Value, json};

use super::Users;

impl Users {
    /// Everything that is stored about a user, deleted softly or not, as one JSON object.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn export(&self, id: UserId) -> Result<Value, Error> {
        let (scope, store) = (&self.at.scope(), self.at.store());
        let user = User::find(scope).filter(User::ID.eq(id)).one(store).await?.ok_or_else(Error::not_found)?;
        let mut export = core_data(scope, &user, store).await?;
        let mut brought = Map::new();
        for (name, data) in &self.at.foundation().plugins.user_data {
            brought.insert((*name).to_owned(), data.export(store, scope, id).await?);
        }
        export.insert("plugins".to_owned(), Value::Object(brought));
        Ok(Value::Object(export))
    }
}

async fn core_data(scope: &Scope, user: &User, store: &dyn Store) -> Result<Map<String, Value>, StoreError> {
    let id = user.id;
    let mut export = Map::new();
    let mut add = |name: &str, value: Value| export.insert(name.to_owned(), value);
    add("user", user_data(user));
    add("sessions", every(|page| store.list_user_sessions(scope, id, page), session_data).await?);
    add("devices", every(|page| store.list_user_devices(scope, id, page), device_data).await?);
    add("memberships", every(|page| store.list_user_memberships(scope, id, page), membership_data).await?);
    add("api_keys", every(|page| store.list_user_api_keys(scope, id, page), api_key_data).await?);
    add("notifications", every(|page| store.list_user_notifications(scope, id, page), notification_data).await?);
    let verifications = |page| Verification::find(scope).filter(Verification::USER_ID.eq(id)).page(page, store);
    add("verifications", every(verifications, verification_data).await?);
    let resets = |page| PasswordReset::find(scope).filter(PasswordReset::USER_ID.eq(id)).page(page, store);
    add("password_resets", every(resets, reset_data).await?);
    let tickets = |page| Ticket::find(scope).filter(Ticket::USER_ID.eq(id)).page(page, store);
    add("tickets", every(tickets, ticket_data).await?);
    let text = id.to_string();
    let events = |page: Page<EventId>| {
        let concerns = Event::ACTOR.eq(&text).or(Event::TARGET.eq(&text));
        Event::find(scope).filter(concerns).page(page, store)
    };
    add("events", every(events, event_data).await?);
    let lockout = Lockout::find(scope).filter(Lockout::SUBJECT.eq(&text)).one(store).await?;
    add(
        "failed_attempts",
        lockout.map_or(Value::Null, |lockout| {
            json!({
                "count": lockout.failures, "locked_until": lockout.locked_until,
            })
        }),
    );
    Ok(export)
}

/// Every entity of a list, page by page.
async fn every<E, Id, F, Fut>(list: F, data: fn(&E) -> Value) -> Result<Value, StoreError>
where
    F: Fn(Page<Id>) -> Fut,
    Fut: Future<Output = Result<Listed<E, Id>, StoreError>>,
{
    let mut all = Vec::new();
    let mut page = Page::first(Page::<Id>::MAX_LIMIT);
    loop {
        let listed = list(page).await?;
        all.extend(listed.data.iter().map(data));
        match listed.next_cursor {
            Some(after) => page = Page::after(after, Page::<Id>::MAX_LIMIT),
            None => return Ok(Value::Array(all)),
        }
    }
}

fn user_data(user: &User) -> Value {
    json!({
        "id": user.id, "app_id": user.scope.app_id, "env_id": user.scope.env_id,
        "email": user.email, "email_verified": user.email_verified, "username": user.username,
        "phone": user.phone, "phone_verified": user.phone_verified, "name": user.name, "image": user.image,
        "metadata": user.metadata, "banned": user.banned,
        "created_at": user.created_at, "updated_at": user.updated_at, "deleted_at": user.deleted_at,
    })
}

fn session_data(session: &Session) -> Value {
    json!({
        "id": session.id, "organization_id": session.organization_id, "device_id": session.device_id,
        "ip": session.ip, "user_agent": session.user_agent,
        "method": session.method, "amr": session.amr,
        "created_at": session.created_at, "authenticated_at": session.authenticated_at,
        "last_seen_at": session.last_seen_at, "expires_at": session.expires_at,
        "refresh_expires_at": session.refresh_expires_at,
    })
}

fn device_data(device: &Device) -> Value {
    json!({
        "id": device.id, "name": device.name, "user_agent": device.user_agent, "ip": device.ip,
        "trusted": device.trusted, "last_seen_at": device.last_seen_at, "created_at": device.created_at,
    })
}

fn membership_data(member: &Member) -> Value {
    json!({
        "id": member.id, "organization_id": member.organization_id, "role": member.role,
        "created_at": member.created_at,
    })
}

fn api_key_data(key: &ApiKey) -> Value {
    json!({
        "id": key.id, "name": key.name, "prefix": key.prefix, "permissions": key.permissions,
        "expires_at": key.expires_at, "last_used_at": key.last_used_at, "revoked_at": key.revoked_at,
        "created_at": key.created_at,
    })
}

fn notification_data(notification: &Notification) -> Value {
    json!({
        "id": notification.id, "kind": notification.kind, "recipient": notification.recipient,
        "status": notification.status, "created_at": notification.created_at, "sent_at": notification.sent_at,
    })
}

fn verification_data(verification: &Verification) -> Value {
    json!({
        "id": verification.id, "purpose": verification.purpose, "email": verification.email,
        "created_at": verification.created_at, "expires_at": verification.expires_at,
        "consumed_at": verification.consumed_at,
    })
}

fn reset_data(reset: &PasswordReset) -> Value {
    json!({
        "id": reset.id, "created_at": reset.created_at, "expires_at": reset.expires_at,
        "consumed_at": reset.consumed_at,
    })
}

fn ticket_data(ticket: &Ticket) -> Value {
    json!({
        "id": ticket.id, "method": ticket.method, "amr": ticket.amr, "created_at": ticket.created_at,
        "expires_at": ticket.expires_at,
    })
}

fn event_data(event: &Event) -> Value {
    json!({
        "id": event.id, "action": event.action, "actor": event.actor, "target": event.target, "data": event.data,
        "ip": event.ip, "user_agent": event.user_agent, "created_at": event.created_at,
    })
}
