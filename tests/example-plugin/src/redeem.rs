//! [`Redemption`]: how a link is used up.

use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::plugin::Redeem;
use authsome_core::store::StoreTx;
use authsome_core::time::Timestamp;
use authsome_core::user::User;

use crate::entity::MagicLink;

/// Uses a link up.
pub(crate) struct Redemption<'a> {
    pub(crate) link: &'a MagicLink,
    pub(crate) now: Timestamp,
}

#[async_trait]
impl Redeem for Redemption<'_> {
    async fn redeem(&self, user: &User, tx: &dyn StoreTx) -> Result<(), Error> {
        if !self.link.is_for(user) {
            return Err(Error::invalid_token());
        }
        // One step: of two requests with the same link, one gets the row.
        let redeemed = MagicLink::update(&self.link.scope)
            .filter(MagicLink::ID.eq(self.link.id))
            .filter(MagicLink::CONSUMED_AT.is_null())
            .filter(MagicLink::EXPIRES_AT.gt(self.now))
            .set(MagicLink::CONSUMED_AT, Some(self.now))
            .one(tx)
            .await?;
        redeemed.map(drop).ok_or_else(Error::invalid_token)
    }
}
