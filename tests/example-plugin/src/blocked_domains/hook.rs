//! [`Refusal`]: the hook, and what a clone of an environment takes along.

use std::sync::Arc;

use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error};
use authsome_core::plugin::{EnvironmentData, HookContext, Hooks, Moment};
use authsome_core::scope::Scope;
use authsome_core::store::{Store, StoreTx};
use authsome_core::time::Timestamp;

use super::BlockedDomain;

pub(super) struct Refusal {
    pub(super) store: Arc<dyn Store>,
}

#[async_trait]
impl Hooks for Refusal {
    async fn before(&self, context: &HookContext<'_>, moment: &Moment<'_>) -> Result<(), Error> {
        let Moment::SignUp { user } = moment else { return Ok(()) };
        let domain = user.email_key.rsplit('@').next().unwrap_or_default();
        let scope = context.environment.scope();
        let blocked = BlockedDomain::find(&scope).filter(BlockedDomain::DOMAIN.eq(domain)).one(&*self.store).await?;
        match blocked {
            Some(_) => Err(Error::new(Code::Forbidden, "addresses of this domain cannot be registered")),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl EnvironmentData for Refusal {
    async fn copy(&self, from: &Scope, to: &Scope, now: Timestamp, tx: &dyn StoreTx) -> Result<(), Error> {
        let domains = BlockedDomain::find(from).every(tx).await?;
        let copied = |domain: BlockedDomain| BlockedDomain { scope: *to, created_at: now, ..domain };
        let copies: Vec<BlockedDomain> = domains.into_iter().map(copied).collect();
        // A request takes at most 500 rows.
        for batch in copies.chunks(500) {
            BlockedDomain::insert_all(batch, to, tx).await?;
        }
        Ok(())
    }
}
