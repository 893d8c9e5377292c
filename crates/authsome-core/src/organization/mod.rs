//! Organizations with their members, invitations and teams.

mod entity;
mod store;

pub use entity::{Invitation, InvitationStatus, Member, Organization, Role, Team, TeamMember};
pub use store::OrganizationStore;
