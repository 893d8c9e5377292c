//! [`MagicLink`].

use authsome_core::entity::{Column, Entity};
use authsome_core::id::UserId;
use authsome_core::plugin::{Credential, Expiring};
use authsome_core::scope::Scope;
use authsome_core::secret::TokenHash;
use authsome_core::time::Timestamp;
use authsome_core::user::User;

authsome_core::typed_ids! {
    /// A magic link.
    MagicLinkId = "amgl";
}

/// A link that was mailed and signs its reader in, once.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_magic_links", scope = PerEnvironment)]
#[index(name = "authsome_magic_links_token_key", columns(token_hash), unique, global)]
#[index(name = "authsome_magic_links_user_idx", columns(user_id))]
#[index(name = "authsome_magic_links_expires_idx", columns(expires_at), global)]
#[reference(user_id, to = User, on_delete = Cascade)]
pub struct MagicLink {
    /// Id: that of the notification that mailed it, with another prefix.
    #[entity(id)]
    pub id: MagicLinkId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// Whom it signs in.
    pub user_id: UserId,
    /// The address that it was mailed to, in canonical form.
    #[entity(max_len = 254)]
    pub email_key: String,
    /// Hash of the token.
    pub token_hash: TokenHash,
    /// When it was first mailed.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was used.
    pub consumed_at: Option<Timestamp>,
}

impl MagicLink {
    /// Whether it is neither used nor expired.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.consumed_at.is_none() && now < self.expires_at
    }

    /// Whether it proves something about this account: the address that it went to is still the account's, and proven.
    #[must_use]
    pub fn is_for(&self, user: &User) -> bool {
        self.user_id == user.id && self.email_key == user.email_key && user.email_verified
    }
}

impl Credential for MagicLink {
    const HASH: Column<Self, TokenHash> = Self::TOKEN_HASH;
}

impl Expiring for MagicLink {
    const EXPIRES: Column<Self, Timestamp> = Self::EXPIRES_AT;
}
