//! [`Organization`], [`Member`], [`Invitation`], [`Team`] and [`TeamMember`].

use crate::authenticator::{Credential, Expiring};
use crate::entity::{Column, Entity};
use crate::environment::Environment;
use crate::id::{InvitationId, MemberId, OrganizationId, TeamId, TeamMemberId, UserId};
use crate::metadata::Metadata;
use crate::scope::Scope;
use crate::secret::TokenHash;
use crate::text_enum;
use crate::time::Timestamp;
use crate::user::User;

text_enum! {
    /// What a member may do in an organization.
    pub enum Role {
        /// Everything, including the deletion of the organization.
        Owner = "owner",
        /// Everything except the deletion of the organization and changes of its owners.
        Admin = "admin",
        /// Plain membership.
        Member = "member",
    }
}

text_enum! {
    /// The state of an invitation.
    pub enum InvitationStatus {
        /// It waits for an answer.
        Pending = "pending",
        /// The person joined.
        Accepted = "accepted",
        /// The person declined.
        Declined = "declined",
        /// It was revoked.
        Revoked = "revoked",
    }
}

/// A group of users that the application treats as one customer.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_organizations", scope = PerEnvironment)]
#[index(name = "authsome_organizations_slug_key", columns(slug), unique)]
#[reference(env_id, to = Environment, on_delete = Restrict)]
pub struct Organization {
    /// Id.
    #[entity(id)]
    pub id: OrganizationId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// Name for people.
    #[entity(max_len = 200)]
    pub name: String,
    /// Name for addresses, unique in the environment.
    #[entity(max_len = 64)]
    pub slug: String,
    /// URL of a picture.
    pub logo: Option<String>,
    /// The application's metadata.
    #[entity(json, max_len = 16384)]
    pub metadata: Metadata,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A user's membership of an organization.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_members", scope = PerEnvironment)]
#[index(name = "authsome_members_user_key", columns(organization_id, user_id), unique)]
#[index(name = "authsome_members_user_idx", columns(user_id, id))]
#[reference(organization_id, to = Organization, on_delete = Cascade)]
#[reference(user_id, to = User, on_delete = Cascade)]
pub struct Member {
    /// Id.
    #[entity(id)]
    pub id: MemberId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The user.
    pub user_id: UserId,
    /// What the user may do.
    #[entity(max_len = 32)]
    pub role: Role,
    /// When the user joined.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// An invitation to join an organization, by mail.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_invitations", scope = PerEnvironment)]
#[index(name = "authsome_invitations_token_key", columns(token_hash), unique, global)]
#[index(name = "authsome_invitations_organization_idx", columns(organization_id, id))]
#[index(name = "authsome_invitations_email_idx", columns(email_key))]
#[index(name = "authsome_invitations_expires_idx", columns(expires_at), global)]
#[reference(organization_id, to = Organization, on_delete = Cascade)]
pub struct Invitation {
    /// Id.
    #[entity(id)]
    pub id: InvitationId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// The organization.
    pub organization_id: OrganizationId,
    /// Address it is sent to.
    #[entity(max_len = 254)]
    pub email: String,
    /// Canonical form of the address.
    #[entity(max_len = 254)]
    pub email_key: String,
    /// What the person may do after joining.
    #[entity(max_len = 32)]
    pub role: Role,
    /// Hash of the mailed token.
    pub token_hash: TokenHash,
    /// Who invited.
    pub invited_by: Option<UserId>,
    /// Its state.
    #[entity(max_len = 32)]
    pub status: InvitationStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl Credential for Invitation {
    const HASH: Column<Self, TokenHash> = Self::TOKEN_HASH;
}

impl Expiring for Invitation {
    const EXPIRES: Column<Self, Timestamp> = Self::EXPIRES_AT;
}

/// A group of members inside an organization.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_teams", scope = PerEnvironment)]
#[index(name = "authsome_teams_slug_key", columns(organization_id, slug), unique)]
#[index(name = "authsome_teams_organization_idx", columns(organization_id, id))]
#[reference(organization_id, to = Organization, on_delete = Cascade)]
pub struct Team {
    /// Id.
    #[entity(id)]
    pub id: TeamId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// The organization.
    pub organization_id: OrganizationId,
    /// Name for people.
    #[entity(max_len = 200)]
    pub name: String,
    /// Name for addresses, unique in the organization.
    #[entity(max_len = 64)]
    pub slug: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A member's place in a team. It ends with the membership of the organization.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_team_members", scope = PerEnvironment)]
#[index(name = "authsome_team_members_member_key", columns(team_id, member_id), unique)]
#[index(name = "authsome_team_members_member_idx", columns(member_id, id))]
#[reference(team_id, to = Team, on_delete = Cascade)]
#[reference(member_id, to = Member, on_delete = Cascade)]
pub struct TeamMember {
    /// Id.
    #[entity(id)]
    pub id: TeamMemberId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// The team.
    pub team_id: TeamId,
    /// The member of the organization.
    pub member_id: MemberId,
    /// When the member joined the team.
    pub created_at: Timestamp,
}
