//! [`PaperCode`].

use authsome_core::entity::Entity;
use authsome_core::id::UserId;
use authsome_core::scope::Scope;
use authsome_core::secret::TokenHash;
use authsome_core::time::Timestamp;
use authsome_core::user::User;

/// A code that a user keeps on paper. A user has at most one.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_paper_codes", scope = PerEnvironment)]
#[reference(user_id, to = User, on_delete = Cascade)]
pub struct PaperCode {
    /// Whose it is.
    #[entity(id)]
    pub user_id: UserId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// Hash of the code.
    pub code_hash: TokenHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the user typed it in for the first time. Until then it counts for nothing.
    pub confirmed_at: Option<Timestamp>,
}
