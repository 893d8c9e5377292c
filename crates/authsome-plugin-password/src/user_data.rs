//! The export and erasure of a user's password.

use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::id::UserId;
use authsome_core::plugin::UserData;
use authsome_core::records::Records;
use authsome_core::scope::Scope;
use serde_json::json;

use crate::entity::PasswordHash;
use crate::method::{Passwords, find};

#[async_trait]
impl UserData for Passwords {
    /// `{"password": {"created_at", "updated_at"}}`, or `{"password": null}`. Never the hash.
    async fn export(&self, records: &dyn Records, scope: &Scope, user: UserId) -> Result<serde_json::Value, Error> {
        let password = find(records, scope, user).await?;
        let dates = password.map(|row| json!({"created_at": row.created_at, "updated_at": row.updated_at}));
        Ok(json!({"password": dates}))
    }

    async fn erase(&self, records: &dyn Records, scope: &Scope, user: UserId) -> Result<(), Error> {
        PasswordHash::delete(scope).filter(PasswordHash::USER_ID.eq(user)).batch(1, records).await?;
        Ok(())
    }
}
