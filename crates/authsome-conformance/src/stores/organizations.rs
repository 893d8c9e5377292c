//! Organizations, members, invitations and teams.

use authsome_core::authenticator;
use authsome_core::entity::{Entity, Page};
use authsome_core::id::{InvitationId, MemberId, OrganizationId, TeamId, TeamMemberId};
use authsome_core::organization::{
    Invitation, InvitationStatus, Member, Organization, OrganizationStore, Role, Team, TeamMember,
};

use super::{elsewhere, home, scope, user};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ensure, ensure_eq, not_found, reference, there};
use crate::fixture::{Sample, at, hash, id};

pub(super) fn cases() -> Vec<Case> {
    cases!("organizations" {
        both: [
            an_organization_is_found_by_id_and_slug,
            a_taken_slug_is_a_conflict_in_its_environment,
            an_organization_is_updated,
            an_organization_goes_with_all_that_it_has,
            organizations_are_listed_newest_first,
            a_member_is_found_by_id_and_by_user,
            a_user_is_a_member_once,
            a_member_needs_a_user_and_an_organization,
            a_member_is_updated_and_deleted,
            members_are_listed_by_organization_and_by_user,
            members_are_counted_by_role,
            an_invitation_is_found_by_id_and_by_token,
            an_invitation_is_decided_once_and_in_time,
            an_invitation_is_updated_and_deleted,
            invitations_are_listed_by_organization_and_by_address,
            expired_invitations_go_whatever_their_environment,
            a_team_is_found_by_id_and_slug,
            a_taken_team_slug_is_a_conflict_in_its_organization,
            a_team_is_updated_and_deleted,
            teams_are_listed_newest_first,
            a_member_joins_a_team_once,
            a_member_leaves_a_team,
            a_place_in_a_team_ends_with_the_membership,
            places_in_a_team_are_listed_newest_first,
        ]
    })
}

async fn organization(cx: &Cx, number: u32) -> Outcome<Organization> {
    let organization = Organization::sample(&home(), number);
    cx.db().create_organization(&scope(), &organization).await?;
    Ok(organization)
}

/// Adds the member of this number: the user of the same number, new, in this organization.
async fn member(cx: &Cx, number: u32, organization: OrganizationId) -> Outcome<Member> {
    user(cx, number).await?;
    let member = Member { organization_id: organization, ..Member::sample(&home(), number) };
    cx.db().create_member(&scope(), &member).await?;
    Ok(member)
}

async fn invitation(cx: &Cx, number: u32, organization: OrganizationId) -> Outcome<Invitation> {
    let invitation = Invitation { organization_id: organization, ..Invitation::sample(&home(), number) };
    cx.db().create_invitation(&scope(), &invitation).await?;
    Ok(invitation)
}

async fn team(cx: &Cx, number: u32, organization: OrganizationId) -> Outcome<Team> {
    let team = Team { organization_id: organization, ..Team::sample(&home(), number) };
    cx.db().create_team(&scope(), &team).await?;
    Ok(team)
}

/// All ids of a kind, newest first.
fn newest_first<I: authsome_core::id::TypedId>(numbers: impl IntoIterator<Item = u32>) -> Vec<I> {
    let mut ids: Vec<I> = numbers.into_iter().map(id).collect();
    ids.sort_by_key(|id| std::cmp::Reverse(*id));
    ids
}

async fn an_organization_is_found_by_id_and_slug(cx: &mut Cx) -> Outcome {
    let acme = organization(cx, 1).await?;
    organization(cx, 2).await?;
    ensure_eq!(cx.db().organization(&scope(), acme.id).await?.as_ref(), Some(&acme));
    ensure_eq!(cx.db().organization_by_slug(&scope(), &acme.slug).await?.as_ref(), Some(&acme));
    ensure_eq!(cx.db().organization(&scope(), id(3)).await?, None);
    ensure_eq!(cx.db().organization_by_slug(&scope(), "none").await?, None);
    ensure_eq!(cx.db().organization_by_slug(&elsewhere().scope, &acme.slug).await?, None);
    Ok(())
}

async fn a_taken_slug_is_a_conflict_in_its_environment(cx: &mut Cx) -> Outcome {
    let acme = organization(cx, 1).await?;
    let abroad = Organization { slug: acme.slug.clone(), ..Organization::sample(&elsewhere(), 2) };
    cx.db().create_organization(&elsewhere().scope, &abroad).await?;
    cx.settle().await?;
    let second = Organization { slug: acme.slug, ..Organization::sample(&home(), 2) };
    conflict(cx.db().create_organization(&scope(), &second).await, "authsome_organizations_slug_key")?;
    cx.recover().await
}

async fn an_organization_is_updated(cx: &mut Cx) -> Outcome {
    let acme = organization(cx, 1).await?;
    let changed = Organization { slug: "new".to_owned(), logo: Some("x".to_owned()), created_by: None, ..acme.clone() };
    ensure_eq!(cx.db().update_organization(&scope(), &acme, &changed).await?, changed);
    ensure_eq!(cx.db().update_organization(&scope(), &acme, &acme).await?, changed, "what another one changed stays");
    ensure_eq!(cx.db().organization_by_slug(&scope(), "new").await?, Some(changed));
    not_found(cx.db().update_organization(&scope(), &Organization::sample(&home(), 2), &acme).await)
}

async fn an_organization_goes_with_all_that_it_has(cx: &mut Cx) -> Outcome {
    for number in [1, 2] {
        let organization = organization(cx, number).await?.id;
        member(cx, number, organization).await?;
        invitation(cx, number, organization).await?;
        team(cx, number, organization).await?;
        cx.db().add_team_member(&scope(), &TeamMember::sample(&home(), number)).await?;
    }
    cx.db().delete_organization(&scope(), id(1)).await?;
    ensure_eq!(Organization::find(&scope()).count(cx.db()).await?, 1);
    ensure_eq!(Member::find(&scope()).all(cx.db()).await?, vec![Member::sample(&home(), 2)]);
    ensure_eq!(Invitation::find(&scope()).all(cx.db()).await?, vec![Invitation::sample(&home(), 2)]);
    ensure_eq!(Team::find(&scope()).all(cx.db()).await?, vec![Team::sample(&home(), 2)]);
    ensure_eq!(TeamMember::find(&scope()).all(cx.db()).await?, vec![TeamMember::sample(&home(), 2)]);
    not_found(cx.db().delete_organization(&scope(), id(1)).await)
}

async fn organizations_are_listed_newest_first(cx: &mut Cx) -> Outcome {
    for number in 1..=5 {
        organization(cx, number).await?;
    }
    let first = cx.db().list_organizations(&scope(), Page::first(3)).await?;
    let after = there(first.next_cursor, "a second page")?;
    let second = cx.db().list_organizations(&scope(), Page::after(after, 3)).await?;
    let seen: Vec<OrganizationId> = first.data.iter().chain(&second.data).map(|found| found.id).collect();
    ensure_eq!(seen, newest_first(1..=5));
    Ok(())
}

async fn a_member_is_found_by_id_and_by_user(cx: &mut Cx) -> Outcome {
    let (acme, other) = (organization(cx, 1).await?.id, organization(cx, 2).await?.id);
    let alice = member(cx, 1, acme).await?;
    ensure_eq!(cx.db().member(&scope(), alice.id).await?.as_ref(), Some(&alice));
    ensure_eq!(cx.db().member_by_user(&scope(), acme, alice.user_id).await?.as_ref(), Some(&alice));
    ensure_eq!(cx.db().member(&scope(), id(9)).await?, None);
    ensure_eq!(cx.db().member_by_user(&scope(), other, alice.user_id).await?, None);
    ensure_eq!(cx.db().member_by_user(&scope(), acme, id(9)).await?, None);
    Ok(())
}

async fn a_user_is_a_member_once(cx: &mut Cx) -> Outcome {
    let acme = organization(cx, 1).await?.id;
    let alice = member(cx, 1, acme).await?;
    cx.settle().await?;
    let again = Member { id: id(2), role: Role::Owner, ..alice };
    conflict(cx.db().create_member(&scope(), &again).await, "authsome_members_user_key")?;
    cx.recover().await
}

async fn a_member_needs_a_user_and_an_organization(cx: &mut Cx) -> Outcome {
    let nobody = Member::sample(&home(), 1);
    reference(cx.db().create_member(&scope(), &nobody).await, "authsome_members_organization_id_fkey")?;
    cx.recover().await?;
    organization(cx, 1).await?;
    cx.settle().await?;
    reference(cx.db().create_member(&scope(), &nobody).await, "authsome_members_user_id_fkey")?;
    cx.recover().await
}

async fn a_member_is_updated_and_deleted(cx: &mut Cx) -> Outcome {
    let acme = organization(cx, 1).await?.id;
    let alice = member(cx, 1, acme).await?;
    let owner = Member { role: Role::Owner, updated_at: at(9), ..alice.clone() };
    ensure_eq!(cx.db().update_member(&scope(), &alice, &owner).await?, owner);
    ensure_eq!(cx.db().update_member(&scope(), &alice, &alice).await?, owner, "what another one changed stays");
    ensure_eq!(cx.db().member(&scope(), owner.id).await?.as_ref(), Some(&owner));
    cx.db().delete_member(&scope(), owner.id).await?;
    not_found(cx.db().update_member(&scope(), &alice, &owner).await)?;
    not_found(cx.db().delete_member(&scope(), owner.id).await)
}

async fn members_are_listed_by_organization_and_by_user(cx: &mut Cx) -> Outcome {
    let (acme, other) = (organization(cx, 1).await?.id, organization(cx, 2).await?.id);
    for number in 1..=4 {
        member(cx, number, acme).await?;
    }
    let second = Member { organization_id: other, user_id: id(1), ..Member::sample(&home(), 9) };
    cx.db().create_member(&scope(), &second).await?;
    let first = cx.db().list_members(&scope(), acme, Page::first(3)).await?;
    let after = there(first.next_cursor, "a second page")?;
    let rest = cx.db().list_members(&scope(), acme, Page::after(after, 3)).await?;
    let seen: Vec<MemberId> = first.data.iter().chain(&rest.data).map(|found| found.id).collect();
    ensure_eq!(seen, newest_first(1..=4));
    let of_user = cx.db().list_user_memberships(&scope(), id(1), Page::default()).await?;
    let seen: Vec<MemberId> = of_user.data.iter().map(|found| found.id).collect();
    ensure_eq!(seen, newest_first([1, 9]));
    Ok(())
}

async fn members_are_counted_by_role(cx: &mut Cx) -> Outcome {
    let (acme, other) = (organization(cx, 1).await?.id, organization(cx, 2).await?.id);
    for (number, role) in [(1, Role::Owner), (2, Role::Owner), (3, Role::Admin)] {
        let found = member(cx, number, acme).await?;
        cx.db().update_member(&scope(), &found, &Member { role, ..found.clone() }).await?;
    }
    ensure_eq!(cx.db().count_members(&scope(), acme, Role::Owner).await?, 2);
    ensure_eq!(cx.db().count_members(&scope(), acme, Role::Admin).await?, 1);
    ensure_eq!(cx.db().count_members(&scope(), acme, Role::Member).await?, 0);
    ensure_eq!(cx.db().count_members(&scope(), other, Role::Owner).await?, 0);
    Ok(())
}

async fn an_invitation_is_found_by_id_and_by_token(cx: &mut Cx) -> Outcome {
    let acme = organization(cx, 1).await?.id;
    let guest = invitation(cx, 1, acme).await?;
    ensure_eq!(cx.db().invitation(&scope(), guest.id).await?.as_ref(), Some(&guest));
    ensure_eq!(cx.db().invitation_by_token(&scope(), &guest.token_hash).await?.as_ref(), Some(&guest));
    ensure_eq!(cx.db().invitation(&scope(), id(2)).await?, None);
    ensure_eq!(cx.db().invitation_by_token(&scope(), &hash(&home(), 2)).await?, None);
    cx.settle().await?;
    let same = Invitation { id: id(2), ..guest };
    conflict(cx.db().create_invitation(&scope(), &same).await, "authsome_invitations_token_key")?;
    cx.recover().await?;
    let lost = Invitation::sample(&home(), 5);
    let refused = cx.db().create_invitation(&scope(), &lost).await;
    reference(refused, "authsome_invitations_organization_id_fkey")?;
    cx.recover().await
}

async fn an_invitation_is_decided_once_and_in_time(cx: &mut Cx) -> Outcome {
    let acme = organization(cx, 1).await?.id;
    for (number, status) in
        [(1, InvitationStatus::Accepted), (2, InvitationStatus::Declined), (3, InvitationStatus::Revoked)]
    {
        let guest = invitation(cx, number, acme).await?;
        ensure_eq!(decide(cx, guest.id, status, 3_600).await?, None, "at its end");
        let decided = decide(cx, guest.id, status, 3_599).await?;
        ensure_eq!(decided, Some(Invitation { status, ..guest.clone() }));
        for again in [InvitationStatus::Accepted, InvitationStatus::Declined, InvitationStatus::Revoked] {
            ensure_eq!(decide(cx, guest.id, again, 1).await?, None, "the second time");
        }
        ensure_eq!(cx.db().invitation(&scope(), guest.id).await?, decided);
    }
    ensure_eq!(decide(cx, id(9), InvitationStatus::Accepted, 1).await?, None);
    Ok(())
}

/// Decides so many seconds after now.
async fn decide(cx: &Cx, id: InvitationId, status: InvitationStatus, seconds: i64) -> Outcome<Option<Invitation>> {
    Ok(cx.db().decide_invitation(&scope(), id, status, at(seconds)).await?)
}

async fn an_invitation_is_updated_and_deleted(cx: &mut Cx) -> Outcome {
    let acme = organization(cx, 1).await?.id;
    let guest = invitation(cx, 1, acme).await?;
    let changed = Invitation { role: Role::Admin, expires_at: at(9), token_hash: hash(&home(), 7), ..guest.clone() };
    ensure_eq!(cx.db().update_invitation(&scope(), &guest, &changed).await?, changed);
    ensure_eq!(cx.db().update_invitation(&scope(), &guest, &guest).await?, changed, "what another one changed stays");
    ensure_eq!(cx.db().invitation_by_token(&scope(), &hash(&home(), 7)).await?, Some(changed.clone()));
    cx.db().delete_invitation(&scope(), changed.id).await?;
    not_found(cx.db().update_invitation(&scope(), &guest, &changed).await)?;
    not_found(cx.db().delete_invitation(&scope(), changed.id).await)
}

async fn invitations_are_listed_by_organization_and_by_address(cx: &mut Cx) -> Outcome {
    let (acme, other) = (organization(cx, 1).await?.id, organization(cx, 2).await?.id);
    for number in 1..=4 {
        invitation(cx, number, acme).await?;
    }
    let again = Invitation { email_key: "guest-1@example.com".to_owned(), ..Invitation::sample(&home(), 9) };
    cx.db().create_invitation(&scope(), &Invitation { organization_id: other, ..again }).await?;
    let first = cx.db().list_invitations(&scope(), acme, Page::first(3)).await?;
    let after = there(first.next_cursor, "a second page")?;
    let rest = cx.db().list_invitations(&scope(), acme, Page::after(after, 3)).await?;
    let seen: Vec<InvitationId> = first.data.iter().chain(&rest.data).map(|found| found.id).collect();
    ensure_eq!(seen, newest_first(1..=4));
    let to = cx.db().list_invitations_to(&scope(), &"Guest-1@example.com".parse()?, Page::default()).await?;
    let seen: Vec<InvitationId> = to.data.iter().map(|found| found.id).collect();
    ensure_eq!(seen, newest_first([1, 9]));
    Ok(())
}

async fn expired_invitations_go_whatever_their_environment(cx: &mut Cx) -> Outcome {
    for home in [home(), elsewhere()] {
        cx.db().create_organization(&home.scope, &Organization::sample(&home, 1)).await?;
        for (number, end) in [(1, 10), (2, 20)] {
            let ends = Invitation { organization_id: id(1), expires_at: at(end), ..Invitation::sample(&home, number) };
            cx.db().create_invitation(&home.scope, &ends).await?;
        }
    }
    ensure_eq!(authenticator::delete_expired::<Invitation>(at(10), 10, cx.db()).await?, 0);
    ensure_eq!(authenticator::delete_expired::<Invitation>(at(11), 1, cx.db()).await?, 1);
    ensure_eq!(authenticator::delete_expired::<Invitation>(at(11), 10, cx.db()).await?, 1);
    for home in [home(), elsewhere()] {
        ensure_eq!(Invitation::find(&home.scope).count(cx.db()).await?, 1);
    }
    Ok(())
}

async fn a_team_is_found_by_id_and_slug(cx: &mut Cx) -> Outcome {
    let (acme, other) = (organization(cx, 1).await?.id, organization(cx, 2).await?.id);
    let red = team(cx, 1, acme).await?;
    ensure_eq!(cx.db().team(&scope(), red.id).await?.as_ref(), Some(&red));
    ensure_eq!(cx.db().team_by_slug(&scope(), acme, &red.slug).await?.as_ref(), Some(&red));
    ensure_eq!(cx.db().team(&scope(), id(2)).await?, None);
    ensure_eq!(cx.db().team_by_slug(&scope(), other, &red.slug).await?, None);
    cx.settle().await?;
    let lost = cx.db().create_team(&scope(), &Team::sample(&home(), 5)).await;
    reference(lost, "authsome_teams_organization_id_fkey")?;
    cx.recover().await
}

async fn a_taken_team_slug_is_a_conflict_in_its_organization(cx: &mut Cx) -> Outcome {
    let (acme, other) = (organization(cx, 1).await?.id, organization(cx, 2).await?.id);
    let red = team(cx, 1, acme).await?;
    let same = Team { id: id(2), ..red.clone() };
    cx.db().create_team(&scope(), &Team { id: id(3), organization_id: other, ..red }).await?;
    cx.settle().await?;
    conflict(cx.db().create_team(&scope(), &same).await, "authsome_teams_slug_key")?;
    cx.recover().await
}

async fn a_team_is_updated_and_deleted(cx: &mut Cx) -> Outcome {
    let acme = organization(cx, 1).await?.id;
    let red = team(cx, 1, acme).await?;
    let blue = Team { name: "Blue".to_owned(), slug: "blue".to_owned(), ..red.clone() };
    ensure_eq!(cx.db().update_team(&scope(), &red, &blue).await?, blue);
    ensure_eq!(cx.db().update_team(&scope(), &red, &red).await?, blue, "what another one changed stays");
    ensure_eq!(cx.db().team_by_slug(&scope(), acme, "blue").await?.as_ref(), Some(&blue));
    cx.db().delete_team(&scope(), blue.id).await?;
    not_found(cx.db().update_team(&scope(), &red, &blue).await)?;
    not_found(cx.db().delete_team(&scope(), blue.id).await)
}

async fn teams_are_listed_newest_first(cx: &mut Cx) -> Outcome {
    let (acme, other) = (organization(cx, 1).await?.id, organization(cx, 2).await?.id);
    for number in 1..=4 {
        team(cx, number, acme).await?;
    }
    team(cx, 5, other).await?;
    let first = cx.db().list_teams(&scope(), acme, Page::first(3)).await?;
    let after = there(first.next_cursor, "a second page")?;
    let rest = cx.db().list_teams(&scope(), acme, Page::after(after, 3)).await?;
    let seen: Vec<TeamId> = first.data.iter().chain(&rest.data).map(|found| found.id).collect();
    ensure_eq!(seen, newest_first(1..=4));
    Ok(())
}

async fn a_member_joins_a_team_once(cx: &mut Cx) -> Outcome {
    let acme = organization(cx, 1).await?.id;
    let (alice, red) = (member(cx, 1, acme).await?, team(cx, 1, acme).await?);
    let place = TeamMember::sample(&home(), 1);
    ensure!(cx.db().add_team_member(&scope(), &place).await?, "the first time");
    let again = TeamMember { id: id(2), ..place.clone() };
    ensure!(!cx.db().add_team_member(&scope(), &again).await?, "the second time");
    ensure_eq!(cx.db().team_member(&scope(), red.id, alice.id).await?, Some(place));
    ensure_eq!(cx.db().team_member(&scope(), red.id, id(9)).await?, None);
    cx.settle().await?;
    let nobody = TeamMember { member_id: id(9), ..again.clone() };
    reference(cx.db().add_team_member(&scope(), &nobody).await, "authsome_team_members_member_id_fkey")?;
    cx.recover().await?;
    let nowhere = TeamMember { team_id: id(9), ..again };
    reference(cx.db().add_team_member(&scope(), &nowhere).await, "authsome_team_members_team_id_fkey")?;
    cx.recover().await
}

async fn a_member_leaves_a_team(cx: &mut Cx) -> Outcome {
    let acme = organization(cx, 1).await?.id;
    member(cx, 1, acme).await?;
    team(cx, 1, acme).await?;
    let place = TeamMember::sample(&home(), 1);
    cx.db().add_team_member(&scope(), &place).await?;
    cx.db().delete_team_member(&scope(), place.id).await?;
    not_found(cx.db().delete_team_member(&scope(), place.id).await)?;
    ensure!(cx.db().add_team_member(&scope(), &place).await?, "the place is free again");
    Ok(())
}

async fn a_place_in_a_team_ends_with_the_membership(cx: &mut Cx) -> Outcome {
    let acme = organization(cx, 1).await?.id;
    member(cx, 1, acme).await?;
    team(cx, 1, acme).await?;
    cx.db().add_team_member(&scope(), &TeamMember::sample(&home(), 1)).await?;
    cx.db().delete_member(&scope(), id(1)).await?;
    ensure_eq!(TeamMember::find(&scope()).count(cx.db()).await?, 0);
    ensure_eq!(Team::find(&scope()).count(cx.db()).await?, 1);
    Ok(())
}

async fn places_in_a_team_are_listed_newest_first(cx: &mut Cx) -> Outcome {
    let acme = organization(cx, 1).await?.id;
    let (red, blue) = (team(cx, 1, acme).await?.id, team(cx, 2, acme).await?.id);
    for number in 1..=4 {
        member(cx, number, acme).await?;
        let place = TeamMember { team_id: red, ..TeamMember::sample(&home(), number) };
        cx.db().add_team_member(&scope(), &place).await?;
    }
    let other = TeamMember { team_id: blue, member_id: id(1), ..TeamMember::sample(&home(), 9) };
    cx.db().add_team_member(&scope(), &other).await?;
    let first = cx.db().list_team_members(&scope(), red, Page::first(3)).await?;
    let after = there(first.next_cursor, "a second page")?;
    let rest = cx.db().list_team_members(&scope(), red, Page::after(after, 3)).await?;
    let seen: Vec<TeamMemberId> = first.data.iter().chain(&rest.data).map(|found| found.id).collect();
    ensure_eq!(seen, newest_first(1..=4));
    Ok(())
}
