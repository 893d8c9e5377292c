//! Everything that is stored about a user, without secrets (GDPR, articles 15 and 20).

use authsome_core::account::{PasswordReset, Verification};
use authsome_core::apikey::ApiKey;
use authsome_core::attempt::Lockout;
use authsome_core::device::Device;
use authsome_core::entity::{Entity, Find};
use authsome_core::error::{Error, StoreError};
use authsome_core::event::Event;
use authsome_core::id::UserId;
use authsome_core::notification::Notification;
use authsome_core::organization::Member;
use authsome_core::scope::Scope;
use authsome_core::session::Session;
use authsome_core::store::Store;
use authsome_core::ticket::Ticket;
use authsome_core::user::User;
use authsome_core::value::Value as Stored;
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
    let (id, text) = (user.id, user.id.to_string());
    let mut export = Map::new();
    let mut add = |name: &str, value: Value| export.insert(name.to_owned(), value);
    add("user", said(user));
    add("sessions", every(Session::find(scope).filter(Session::USER_ID.eq(id)), store).await?);
    add("devices", every(Device::find(scope).filter(Device::USER_ID.eq(id)), store).await?);
    add("memberships", every(Member::find(scope).filter(Member::USER_ID.eq(id)), store).await?);
    add("api_keys", every(ApiKey::find(scope).filter(ApiKey::USER_ID.eq(id)), store).await?);
    add("notifications", every(Notification::find(scope).filter(Notification::USER_ID.eq(id)), store).await?);
    add("verifications", every(Verification::find(scope).filter(Verification::USER_ID.eq(id)), store).await?);
    add("password_resets", every(PasswordReset::find(scope).filter(PasswordReset::USER_ID.eq(id)), store).await?);
    add("tickets", every(Ticket::find(scope).filter(Ticket::USER_ID.eq(id)), store).await?);
    let concerns = Event::ACTOR.eq(&text).or(Event::TARGET.eq(&text));
    add("events", every(Event::find(scope).filter(concerns), store).await?);
    let lockout = Lockout::find(scope).filter(Lockout::SUBJECT.eq(&text)).one(store).await?;
    let lockout = lockout.map(|found| json!({ "count": found.failures, "locked_until": found.locked_until }));
    add("failed_attempts", lockout.unwrap_or_default());
    Ok(export)
}

async fn every<E: Entity>(find: Find<E>, store: &dyn Store) -> Result<Value, StoreError> {
    Ok(find.every(store).await?.iter().map(said).collect())
}

/// What a row says, by column. Bytes are left out: they are hashes, codes that prove something, and sealed keys.
fn said<E: Entity>(entity: &E) -> Value {
    let columns = E::table().columns.iter().zip(entity.to_row());
    let said = columns.filter_map(|(column, value)| {
        let value = match value {
            Stored::Bytes(_) => return None,
            Stored::Null => Value::Null,
            Stored::Bool(flag) => flag.into(),
            Stored::Int(number) => number.into(),
            Stored::Text(text) => text.into(),
            Stored::Time(time) => json!(time),
            Stored::Json(json) => json,
        };
        Some((column.name.clone(), value))
    });
    said.collect()
}
