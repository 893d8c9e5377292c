//! What is exported, voided and erased with a user.

use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::id::UserId;
use authsome_core::plugin::UserData;
use authsome_core::records::Records;
use authsome_core::scope::Scope;
use serde_json::{Value, json};

use crate::entity::MagicLink;

/// How many links are deleted at a time.
const BATCH: u32 = 500;

/// The links that were mailed to users.
pub(crate) struct MagicLinkData;

#[async_trait]
impl UserData for MagicLinkData {
    /// `{"magic_links": [{"id", "email", "created_at", "expires_at", "consumed_at"}]}`. Never the hash of a token.
    async fn export(&self, records: &dyn Records, scope: &Scope, user: UserId) -> Result<Value, Error> {
        let links = MagicLink::find(scope).filter(MagicLink::USER_ID.eq(user)).every(records).await?;
        let shown = |link: MagicLink| {
            json!({
                "id": link.id,
                "email": link.email_key,
                "created_at": link.created_at,
                "expires_at": link.expires_at,
                "consumed_at": link.consumed_at,
            })
        };
        Ok(json!({ "magic_links": links.into_iter().map(shown).collect::<Vec<_>>() }))
    }

    async fn void_proofs(&self, records: &dyn Records, scope: &Scope, user: UserId) -> Result<(), Error> {
        let links = || MagicLink::delete(scope).filter(MagicLink::USER_ID.eq(user));
        while links().batch(BATCH, records).await? == u64::from(BATCH) {}
        Ok(())
    }

    async fn erase(&self, records: &dyn Records, scope: &Scope, user: UserId) -> Result<(), Error> {
        self.void_proofs(records, scope, user).await
    }
}
