//! [`PasswordHash`].

use authsome_core::entity::Entity;
use authsome_core::id::UserId;
use authsome_core::scope::Scope;
use authsome_core::time::Timestamp;
use authsome_core::user::User;

/// A user's password, as a hash. A user has at most one.
#[derive(Clone, PartialEq, Entity)]
#[entity(table = "authsome_password_hashes", scope = PerEnvironment)]
#[reference(user_id, to = User, on_delete = Cascade)]
pub struct PasswordHash {
    /// The user.
    #[entity(id)]
    pub user_id: UserId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// The hash with its salt and cost, as a PHC string.
    #[entity(max_len = 512)]
    pub hash: String,
    /// How often the user's password was replaced.
    pub generation: i64,
    /// When the user first set a password.
    pub created_at: Timestamp,
    /// When the user last set a password.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordHash")
            .field("user_id", &self.user_id)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
