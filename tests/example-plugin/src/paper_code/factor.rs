//! [`OnPaper`]: the factor, and what is exported and erased.

use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::error::{Error, StoreError};
use authsome_core::id::UserId;
use authsome_core::plugin::{SecondFactor, UserData};
use authsome_core::records::Records;
use authsome_core::scope::Scope;
use serde_json::{Value, json};

use super::{NAME, PaperCode};

pub(crate) struct OnPaper;

/// A user's code, confirmed or not.
pub(super) async fn find(scope: &Scope, user: UserId, records: &dyn Records) -> Result<Option<PaperCode>, StoreError> {
    PaperCode::find(scope).filter(PaperCode::USER_ID.eq(user)).one(records).await
}

#[async_trait]
impl SecondFactor for OnPaper {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn offers(&self, scope: &Scope, user: UserId, records: &dyn Records) -> Result<Vec<&'static str>, Error> {
        let code = find(scope, user, records).await?;
        let is_confirmed = code.is_some_and(|code| code.confirmed_at.is_some());
        Ok(if is_confirmed { vec![NAME] } else { Vec::new() })
    }
}

#[async_trait]
impl UserData for OnPaper {
    /// `{"paper_code": {"created_at", "confirmed_at"}}`, or null in its place.
    async fn export(&self, records: &dyn Records, scope: &Scope, user: UserId) -> Result<Value, Error> {
        let code = find(scope, user, records).await?;
        let dates = code.map(|code| json!({"created_at": code.created_at, "confirmed_at": code.confirmed_at}));
        Ok(json!({ "paper_code": dates }))
    }

    async fn erase(&self, records: &dyn Records, scope: &Scope, user: UserId) -> Result<(), Error> {
        PaperCode::delete(scope).filter(PaperCode::USER_ID.eq(user)).batch(1, records).await?;
        Ok(())
    }
}
