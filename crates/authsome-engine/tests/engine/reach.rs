//! What a principal reaches: which environments of an app, which permissions of a key.

use std::sync::Arc;
use std::time::Duration;

use authsome_core::confirmation::Confirm;
use authsome_core::entity::{Entity, Page};
use authsome_core::environment::EnvironmentType;
use authsome_core::error::{Code, Error};
use authsome_core::formconfig::Branding;
use authsome_core::id::{BrandingId, OrganizationId, TypedId, UserId};
use authsome_core::organization::Organization;
use authsome_core::permission::{Permission, Resource};
use authsome_core::route::Principal;
use authsome_engine::{EnvironmentPatch, NewApiKey};

use crate::common::*;

const READ: Permission = Permission::read(Resource::Users);
const WRITE: Permission = Permission::write(Resource::Users);

fn asked_for(permissions: &[Permission]) -> NewApiKey {
    NewApiKey { name: "Key".to_owned(), user_id: None, permissions: permissions.to_vec(), expires_at: None }
}

impl World {
    /// A key of an environment, as whoever makes a request.
    async fn principal_with_key(&self, slug: &str, change: impl FnOnce(&mut NewApiKey)) -> Principal {
        let mut new = asked_for(&[READ]);
        change(&mut new);
        Principal::ApiKey(Arc::new(self.environment(slug).await.api_keys().create(&new).await.unwrap().key))
    }
}

#[tokio::test]
async fn a_key_and_a_session_reach_their_own_environment_alone_and_anonymous_none() {
    let world = World::new().await;
    let key = world.principal_with_key("staging", |_| {}).await;
    let there = world.environment("staging").await;
    let session = Principal::Session(Arc::new(sign_up_in(&there, ALICE).await.session));
    let (own, other) = (world.named("staging").await, world.named("production").await);
    for principal in [key, session] {
        let environments = world.environments().await.acting(&principal);
        assert_eq!(environments.get(own.id).await.unwrap(), own);
        assert_eq!(environments.get_by_slug("staging").await.unwrap(), own);
        assert_eq!(environments.list(Page::default()).await.unwrap().data, std::slice::from_ref(&own));
        assert!(environments.list(Page::after(own.id, 10)).await.unwrap().data.is_empty());
        assert_eq!(code(environments.get(other.id).await), Code::NotFound);
        assert_eq!(code(environments.get_by_slug("production").await), Code::NotFound);
        assert_eq!(code(environments.effective_settings(other.id).await), Code::NotFound);
        let renamed = EnvironmentPatch { name: Some("Mine".to_owned()), ..EnvironmentPatch::default() };
        assert_eq!(code(environments.update(other.id, &renamed, Confirm::NOTHING).await), Code::NotFound);
        assert_eq!(code(environments.deactivate(other.id).await), Code::NotFound);
    }
    let nobody = world.environments().await.acting(&Principal::Anonymous);
    assert_eq!(code(nobody.list(Page::default()).await), Code::Unauthenticated);
    assert_eq!(code(nobody.get(own.id).await), Code::Unauthenticated);
    let all = world.environments().await.acting(&Principal::Administrator);
    assert_eq!(all.list(Page::default()).await.unwrap().data.len(), 3);
}

#[tokio::test]
async fn slug_and_type_are_changed_by_whoever_reaches_all_environments_of_the_app() {
    let world = World::new().await;
    let key = world.principal_with_key("staging", |_| {}).await;
    let own = world.named("staging").await.id;
    let patch = EnvironmentPatch::default;
    let walls = [
        EnvironmentPatch { slug: Some("stage".to_owned()), ..patch() },
        EnvironmentPatch { kind: Some(EnvironmentType::Custom), ..patch() },
    ];
    for patch in &walls {
        let refused = world.environments().await.acting(&key).update(own, patch, Confirm::NOTHING).await;
        assert_eq!(code(refused), Code::Forbidden);
    }
    let name = EnvironmentPatch { name: Some("Stage".to_owned()), ..patch() };
    world.environments().await.acting(&key).update(own, &name, Confirm::NOTHING).await.unwrap();
    for patch in &walls {
        let administrator = world.environments().await.acting(&Principal::Administrator);
        administrator.update(own, patch, Confirm::NOTHING).await.unwrap();
    }
}

#[tokio::test]
async fn nobody_gives_a_key_more_than_they_have() {
    let world = World::new().await;
    let alice = world.sign_up(ALICE).await;
    let end = start_of_tests().plus(Duration::from_secs(3_600));
    let environments = world.principal_with_key("development", |_| {}).await;
    let hers = world
        .principal_with_key("development", |new| {
            new.user_id = Some(alice.user.id);
            new.expires_at = Some(end);
        })
        .await;
    let session = Principal::Session(Arc::new(alice.session));
    let granted = |new: NewApiKey, by: &Principal| new.granted_by(by);
    let refused = |asked: Result<NewApiKey, Error>| assert_eq!(code(asked), Code::Forbidden);

    let any = asked_for(&[READ, WRITE]);
    assert_eq!(granted(any.clone(), &Principal::Administrator).unwrap(), any);
    refused(granted(asked_for(&[]), &Principal::Anonymous));
    assert_eq!(granted(asked_for(&[]), &session).unwrap().user_id, Some(alice.user.id));
    refused(granted(asked_for(&[READ]), &session));
    assert_eq!(granted(asked_for(&[READ]), &environments).unwrap(), asked_for(&[READ]));
    refused(granted(asked_for(&[READ, WRITE]), &environments));
    let child = granted(asked_for(&[READ]), &hers).unwrap();
    assert_eq!((child.user_id, child.expires_at), (Some(alice.user.id), Some(end)));
    let later = end.plus(Duration::from_secs(1));
    refused(granted(NewApiKey { expires_at: Some(later), ..asked_for(&[]) }, &hers));
    let other = UserId::generate(end, &**world.engine.entropy()).unwrap();
    for principal in [&hers, &session] {
        refused(granted(NewApiKey { user_id: Some(other), ..asked_for(&[]) }, principal));
    }
}

#[tokio::test]
async fn a_sign_in_page_has_the_branding_of_an_organization_of_its_own_environment() {
    let world = World::new().await;
    let (now, entropy) = (start_of_tests(), &**world.engine.entropy());
    let (here, there) = (world.here().await, world.environment("staging").await);
    let organization = OrganizationId::generate(now, entropy).unwrap();
    let scope = here.scope();
    let acme = Organization {
        id: organization,
        scope,
        name: "Acme".to_owned(),
        slug: "acme".to_owned(),
        logo: None,
        metadata: Default::default(),
        created_by: None,
        created_at: now,
        updated_at: now,
    };
    acme.insert(&scope, &*world.store).await.unwrap();
    let branding = Branding {
        id: BrandingId::generate(now, entropy).unwrap(),
        scope,
        organization_id: organization,
        display_name: Some("Acme Inc.".to_owned()),
        logo_url: None,
        favicon_url: None,
        primary_color: Some("#FF0000".to_owned()),
        background_color: None,
        created_at: now,
        updated_at: now,
    };
    branding.insert(&scope, &*world.store).await.unwrap();
    assert_eq!(here.sign_in_page(Some(organization)).await.unwrap().branding, Some(branding));
    assert_eq!(here.sign_in_page(None).await.unwrap().branding, None);
    assert_eq!(there.sign_in_page(Some(organization)).await.unwrap().branding, None);
}
