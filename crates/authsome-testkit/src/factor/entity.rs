//! [`Enrolment`].

use authsome_core::entity::Entity;
use authsome_core::id::UserId;
use authsome_core::scope::Scope;
use authsome_core::time::Timestamp;
use authsome_core::user::User;

/// That a user has the factor.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_test_factors", scope = PerEnvironment)]
#[reference(user_id, to = User, on_delete = Cascade)]
pub(super) struct Enrolment {
    /// Who has it.
    #[entity(id)]
    pub(super) user_id: UserId,
    /// Where.
    #[entity(scope)]
    pub(super) scope: Scope,
    /// Since when.
    pub(super) created_at: Timestamp,
}
