//! [`OrganizationStore`].

use async_trait::async_trait;

use super::{Invitation, InvitationStatus, Member, Organization, Role, Team, TeamMember};
use crate::entity::{Entity, Listed, Page};
use crate::error::StoreError;
use crate::id::{InvitationId, MemberId, OrganizationId, TeamId, TeamMemberId, UserId};
use crate::identity::Email;
use crate::records::Records;
use crate::scope::Scope;
use crate::secret::TokenHash;
use crate::time::Timestamp;

/// Organizations, members, invitations and teams.
#[async_trait]
pub trait OrganizationStore: Records {
    /// Adds an organization.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the slug is taken.
    async fn create_organization(&self, scope: &Scope, organization: &Organization) -> Result<(), StoreError> {
        organization.insert(scope, self).await
    }

    /// The organization with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn organization(&self, scope: &Scope, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        Organization::find(scope).filter(Organization::ID.eq(id)).one(self).await
    }

    /// The organization with this slug.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn organization_by_slug(&self, scope: &Scope, slug: &str) -> Result<Option<Organization>, StoreError> {
        Organization::find(scope).filter(Organization::SLUG.eq(slug)).one(self).await
    }

    /// Writes the fields in which `after` differs from `before`, the organization as it was read: what others changed
    /// since stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`].
    async fn update_organization(
        &self,
        scope: &Scope,
        before: &Organization,
        after: &Organization,
    ) -> Result<Organization, StoreError> {
        let update = Organization::update(scope).filter(Organization::ID.eq(before.id));
        update.set_changed(before, after).existing(self).await
    }

    /// Deletes an organization with its members, invitations and teams.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn delete_organization(&self, scope: &Scope, id: OrganizationId) -> Result<(), StoreError> {
        Organization::delete(scope).by_id(&id, self).await
    }

    /// A page of organizations, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_organizations(
        &self,
        scope: &Scope,
        page: Page<OrganizationId>,
    ) -> Result<Listed<Organization>, StoreError> {
        Organization::find(scope).page(page, self).await
    }

    /// Adds a member.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the user is one already, [`StoreError::Reference`] where the user or the
    /// organization is gone.
    async fn create_member(&self, scope: &Scope, member: &Member) -> Result<(), StoreError> {
        member.insert(scope, self).await
    }

    /// The member with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn member(&self, scope: &Scope, id: MemberId) -> Result<Option<Member>, StoreError> {
        Member::find(scope).filter(Member::ID.eq(id)).one(self).await
    }

    /// A user's membership of an organization.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn member_by_user(
        &self,
        scope: &Scope,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Option<Member>, StoreError> {
        let find = Member::find(scope).filter(Member::ORGANIZATION_ID.eq(organization));
        find.filter(Member::USER_ID.eq(user)).one(self).await
    }

    /// Writes the fields in which `after` differs from `before`, the member as it was read: what others changed since
    /// stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`].
    async fn update_member(&self, scope: &Scope, before: &Member, after: &Member) -> Result<Member, StoreError> {
        Member::update(scope).filter(Member::ID.eq(before.id)).set_changed(before, after).existing(self).await
    }

    /// Ends a membership, and the member's places in teams.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn delete_member(&self, scope: &Scope, id: MemberId) -> Result<(), StoreError> {
        Member::delete(scope).by_id(&id, self).await
    }

    /// A page of an organization's members, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_members(
        &self,
        scope: &Scope,
        organization: OrganizationId,
        page: Page<MemberId>,
    ) -> Result<Listed<Member>, StoreError> {
        Member::find(scope).filter(Member::ORGANIZATION_ID.eq(organization)).page(page, self).await
    }

    /// A page of a user's memberships, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_user_memberships(
        &self,
        scope: &Scope,
        user: UserId,
        page: Page<MemberId>,
    ) -> Result<Listed<Member>, StoreError> {
        Member::find(scope).filter(Member::USER_ID.eq(user)).page(page, self).await
    }

    /// How many members of an organization have a role.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn count_members(&self, scope: &Scope, organization: OrganizationId, role: Role) -> Result<u64, StoreError> {
        let find = Member::find(scope).filter(Member::ORGANIZATION_ID.eq(organization));
        find.filter(Member::ROLE.eq(role)).count(self).await
    }

    /// Adds an invitation.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Reference`] where the organization is gone.
    async fn create_invitation(&self, scope: &Scope, invitation: &Invitation) -> Result<(), StoreError> {
        invitation.insert(scope, self).await
    }

    /// The invitation with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn invitation(&self, scope: &Scope, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        Invitation::find(scope).filter(Invitation::ID.eq(id)).one(self).await
    }

    /// The invitation with this token hash.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn invitation_by_token(&self, scope: &Scope, hash: &TokenHash) -> Result<Option<Invitation>, StoreError> {
        Invitation::find(scope).filter(Invitation::TOKEN_HASH.eq(hash)).one(self).await
    }

    /// Decides an invitation that is pending and not expired. Of callers at once, one gets it. One step.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn decide_invitation(
        &self,
        scope: &Scope,
        id: InvitationId,
        status: InvitationStatus,
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError> {
        Invitation::update(scope)
            .filter(Invitation::ID.eq(id))
            .filter(Invitation::STATUS.eq(InvitationStatus::Pending))
            .filter(Invitation::EXPIRES_AT.gt(now))
            .set(Invitation::STATUS, status)
            .one(self)
            .await
    }

    /// Writes the fields in which `after` differs from `before`, the invitation as it was read: what others changed
    /// since stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`].
    async fn update_invitation(
        &self,
        scope: &Scope,
        before: &Invitation,
        after: &Invitation,
    ) -> Result<Invitation, StoreError> {
        let update = Invitation::update(scope).filter(Invitation::ID.eq(before.id));
        update.set_changed(before, after).existing(self).await
    }

    /// Deletes an invitation.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn delete_invitation(&self, scope: &Scope, id: InvitationId) -> Result<(), StoreError> {
        Invitation::delete(scope).by_id(&id, self).await
    }

    /// A page of an organization's invitations, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_invitations(
        &self,
        scope: &Scope,
        organization: OrganizationId,
        page: Page<InvitationId>,
    ) -> Result<Listed<Invitation>, StoreError> {
        Invitation::find(scope).filter(Invitation::ORGANIZATION_ID.eq(organization)).page(page, self).await
    }

    /// A page of the invitations that were sent to an address, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_invitations_to(
        &self,
        scope: &Scope,
        email: &Email,
        page: Page<InvitationId>,
    ) -> Result<Listed<Invitation>, StoreError> {
        Invitation::find(scope).filter(Invitation::EMAIL_KEY.eq(email.key())).page(page, self).await
    }

    /// Adds a team.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the slug is taken, [`StoreError::Reference`] where the organization is gone.
    async fn create_team(&self, scope: &Scope, team: &Team) -> Result<(), StoreError> {
        team.insert(scope, self).await
    }

    /// The team with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn team(&self, scope: &Scope, id: TeamId) -> Result<Option<Team>, StoreError> {
        Team::find(scope).filter(Team::ID.eq(id)).one(self).await
    }

    /// The team with this slug.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn team_by_slug(
        &self,
        scope: &Scope,
        organization: OrganizationId,
        slug: &str,
    ) -> Result<Option<Team>, StoreError> {
        Team::find(scope).filter(Team::ORGANIZATION_ID.eq(organization)).filter(Team::SLUG.eq(slug)).one(self).await
    }

    /// Writes the fields in which `after` differs from `before`, the team as it was read: what others changed since
    /// stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`].
    async fn update_team(&self, scope: &Scope, before: &Team, after: &Team) -> Result<Team, StoreError> {
        Team::update(scope).filter(Team::ID.eq(before.id)).set_changed(before, after).existing(self).await
    }

    /// Deletes a team with its places.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn delete_team(&self, scope: &Scope, id: TeamId) -> Result<(), StoreError> {
        Team::delete(scope).by_id(&id, self).await
    }

    /// A page of an organization's teams, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_teams(
        &self,
        scope: &Scope,
        organization: OrganizationId,
        page: Page<TeamId>,
    ) -> Result<Listed<Team>, StoreError> {
        Team::find(scope).filter(Team::ORGANIZATION_ID.eq(organization)).page(page, self).await
    }

    /// Puts a member into a team where they are not in it; says whether it did. Of callers at once, one does.
    ///
    /// # Errors
    /// [`StoreError::Reference`] where the team or the member is gone.
    async fn add_team_member(&self, scope: &Scope, member: &TeamMember) -> Result<bool, StoreError> {
        member.insert_if_absent(scope, self).await
    }

    /// A member's place in a team.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn team_member(
        &self,
        scope: &Scope,
        team: TeamId,
        member: MemberId,
    ) -> Result<Option<TeamMember>, StoreError> {
        let find = TeamMember::find(scope).filter(TeamMember::TEAM_ID.eq(team));
        find.filter(TeamMember::MEMBER_ID.eq(member)).one(self).await
    }

    /// Takes a member out of a team.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn delete_team_member(&self, scope: &Scope, id: TeamMemberId) -> Result<(), StoreError> {
        TeamMember::delete(scope).by_id(&id, self).await
    }

    /// A page of a team's places, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_team_members(
        &self,
        scope: &Scope,
        team: TeamId,
        page: Page<TeamMemberId>,
    ) -> Result<Listed<TeamMember>, StoreError> {
        TeamMember::find(scope).filter(TeamMember::TEAM_ID.eq(team)).page(page, self).await
    }
}

impl<R: Records + ?Sized> OrganizationStore for R {}
