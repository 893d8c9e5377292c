//! [`Verification`] and [`PasswordReset`].

use crate::authenticator::{Credential, Expiring};
use crate::entity::{Column, Entity};
use crate::id::{PasswordResetId, UserId, VerificationId};
use crate::scope::Scope;
use crate::secret::TokenHash;
use crate::text_enum;
use crate::time::Timestamp;
use crate::user::User;

text_enum! {
    /// What proving the address does.
    pub enum VerificationPurpose {
        /// Verifies the account's present address.
        Confirm = "confirm",
        /// Gives the account the address.
        Change = "change",
    }
}

/// A mailed token that proves an e-mail address, once.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_verifications", scope = PerEnvironment)]
#[index(name = "authsome_verifications_token_key", columns(token_hash), unique, global)]
#[index(name = "authsome_verifications_user_idx", columns(user_id))]
#[index(name = "authsome_verifications_expires_idx", columns(expires_at), global)]
#[reference(user_id, to = User, on_delete = Cascade)]
pub struct Verification {
    /// Id.
    #[entity(id)]
    pub id: VerificationId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// The user.
    pub user_id: UserId,
    /// What proving the address does.
    #[entity(max_len = 32)]
    pub purpose: VerificationPurpose,
    /// The address to be proven.
    #[entity(max_len = 254)]
    pub email: String,
    /// Hash of the token.
    pub token_hash: TokenHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was used.
    pub consumed_at: Option<Timestamp>,
}

impl Credential for Verification {
    const HASH: Column<Self, TokenHash> = Self::TOKEN_HASH;
}

impl Expiring for Verification {
    const EXPIRES: Column<Self, Timestamp> = Self::EXPIRES_AT;
}

/// A mailed token that lets a person set a new password, once.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_password_resets", scope = PerEnvironment)]
#[index(name = "authsome_password_resets_token_key", columns(token_hash), unique, global)]
#[index(name = "authsome_password_resets_user_idx", columns(user_id))]
#[index(name = "authsome_password_resets_expires_idx", columns(expires_at), global)]
#[reference(user_id, to = User, on_delete = Cascade)]
pub struct PasswordReset {
    /// Id.
    #[entity(id)]
    pub id: PasswordResetId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// The user.
    pub user_id: UserId,
    /// Hash of the token.
    pub token_hash: TokenHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was used.
    pub consumed_at: Option<Timestamp>,
}

impl Credential for PasswordReset {
    const HASH: Column<Self, TokenHash> = Self::TOKEN_HASH;
}

impl Expiring for PasswordReset {
    const EXPIRES: Column<Self, Timestamp> = Self::EXPIRES_AT;
}
