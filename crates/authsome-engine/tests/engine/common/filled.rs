//! Environments with a row of everything.

use std::marker::PhantomData;

use authsome_core::entity::Entity;
use authsome_core::entropy::Entropy;
use authsome_core::formconfig::{Branding, FieldKind, FormConfig, FormField};
use authsome_core::id::TypedId;
use authsome_core::metadata::Metadata;
use authsome_core::organization::{Invitation, InvitationStatus, Member, Organization, Role, Team, TeamMember};
use authsome_core::plugin::{Plugin, SignInOutcome, SignedIn};
use authsome_core::records::Row;
use authsome_core::registry;
use authsome_core::route::RateClass;
use authsome_core::schema::{ScopeLevel, TableDef};
use authsome_core::scope::{PerEnvironment, Scope};
use authsome_core::secret::Token;
use authsome_core::store::Store;
use authsome_core::webhook::Webhook;
use authsome_engine::{EnvironmentHandle, NewApiKey, SignUpOutcome};
use authsome_plugin_password::PasswordHash;
use authsome_testkit::TestFactor;

use super::{ALICE, Watched, World, client, credentials, days, passwords, registration, sign_up_in, start_of_tests};

/// What a filled environment hands out.
pub(crate) struct Handed {
    pub(crate) issued: SignedIn,
    pub(crate) key: Token,
    pub(crate) verification: Token,
    pub(crate) reset: Token,
}

impl World {
    /// Puts a row into every table of an environment.
    pub(crate) async fn fill(&self, slug: &str) -> Handed {
        let at = self.environment(slug).await;
        let issued = sign_up_in(&at, ALICE).await;
        self.run_jobs().await;
        let verification = self.mails.one().token();
        at.account().forgot(&ALICE.parse().unwrap()).await.unwrap();
        self.run_jobs().await;
        let reset = self.mails.one().token();
        let new = NewApiKey { name: "Key".to_owned(), user_id: None, permissions: Vec::new(), expires_at: None };
        let key = at.api_keys().create(&new).await.unwrap().token;
        at.auth().sign_in(credentials(ALICE, "a wrong password"), &client()).await.unwrap_err();
        let limiter = self.engine.rate_limiter();
        limiter.check(RateClass::SIGN_IN, &at.scope(), client().ip, Some("a")).await.unwrap();
        at.signing_keys().key_set().await.unwrap();
        self.configure(slug, serde_json::json!({ "mfa_required": true })).await;
        let stricter = self.environment(slug).await;
        let stopped = stricter.auth().sign_up(registration("bob@example.com"), &client()).await.unwrap();
        assert!(matches!(stopped, SignUpOutcome::SignedUp(SignInOutcome::SecondFactorRequired(_))));
        self.enroll(&at, at.users().get_by_email("bob@example.com").await.unwrap().id).await;
        self.configure(slug, serde_json::json!({ "mfa_required": null })).await;
        self.run_jobs().await;
        self.mails.take();
        self.fill_by_hand(&at, &issued).await;
        Handed { issued, key, verification, reset }
    }

    /// What no service of the engine makes.
    async fn fill_by_hand(&self, at: &EnvironmentHandle, issued: &SignedIn) {
        let (now, scope, store) = (start_of_tests(), at.scope(), &*self.store);
        let entropy: &dyn Entropy = &**self.engine.entropy();
        let organization = Organization {
            id: TypedId::generate(now, entropy).unwrap(),
            scope,
            name: "Org".to_owned(),
            slug: "org".to_owned(),
            logo: None,
            metadata: Metadata::default(),
            created_by: Some(issued.user.id),
            created_at: now,
            updated_at: now,
        };
        organization.insert(&scope, store).await.unwrap();
        let organization_id = organization.id;
        let member = Member {
            id: TypedId::generate(now, entropy).unwrap(),
            scope,
            organization_id,
            user_id: issued.user.id,
            role: Role::Owner,
            created_at: now,
            updated_at: now,
        };
        member.insert(&scope, store).await.unwrap();
        let invitation = Invitation {
            id: TypedId::generate(now, entropy).unwrap(),
            scope,
            organization_id,
            email: "carol@example.com".to_owned(),
            email_key: "carol@example.com".to_owned(),
            role: Role::Member,
            token_hash: Token::generate("ait_", entropy).unwrap().hash(),
            invited_by: Some(issued.user.id),
            status: InvitationStatus::Pending,
            created_at: now,
            expires_at: now.plus(days(7)),
        };
        invitation.insert(&scope, store).await.unwrap();
        let team = Team {
            id: TypedId::generate(now, entropy).unwrap(),
            scope,
            organization_id,
            name: "Team".to_owned(),
            slug: "team".to_owned(),
            created_at: now,
            updated_at: now,
        };
        team.insert(&scope, store).await.unwrap();
        let in_team = TeamMember {
            id: TypedId::generate(now, entropy).unwrap(),
            scope,
            team_id: team.id,
            member_id: member.id,
            created_at: now,
        };
        in_team.insert(&scope, store).await.unwrap();
        let branding = Branding {
            id: TypedId::generate(now, entropy).unwrap(),
            scope,
            organization_id,
            display_name: Some("Org".to_owned()),
            logo_url: None,
            favicon_url: None,
            primary_color: None,
            background_color: None,
            created_at: now,
            updated_at: now,
        };
        branding.insert(&scope, store).await.unwrap();
        let field = FormField {
            name: "company".to_owned(),
            label: "Company".to_owned(),
            kind: FieldKind::Text,
            required: true,
            options: Vec::new(),
        };
        let form = FormConfig {
            id: TypedId::generate(now, entropy).unwrap(),
            scope,
            form_type: "signup".to_owned(),
            fields: vec![field],
            created_at: now,
            updated_at: now,
        };
        form.insert(&scope, store).await.unwrap();
        let webhook = Webhook {
            id: TypedId::generate(now, entropy).unwrap(),
            scope,
            url: "https://hooks.example.com/here".to_owned(),
            description: Some("Hook".to_owned()),
            events: vec!["user.created".to_owned()],
            sealed_secret: vec![1; 64],
            enabled: true,
            created_at: now,
            updated_at: now,
        };
        webhook.insert(&scope, store).await.unwrap();
    }
}

/// The tables of core and of the plugins in which environments have rows.
pub(crate) fn tables() -> Vec<&'static TableDef> {
    let tables = registry::tables().into_iter().chain(passwords().tables()).chain(TestFactor.tables());
    tables.filter(|table| table.scope == ScopeLevel::Environment).collect()
}

/// How many rows a table holds of an environment, 1,000 at most: as many as a deletion, which is taken back, finds.
pub(crate) async fn count(table: &'static TableDef, scope: &Scope, store: &Watched) -> u64 {
    let tx = Store::begin(store).await.unwrap();
    let count = authsome_core::environment::delete_rows(table, scope, 1_000, &*tx).await.unwrap();
    tx.rollback().await.unwrap();
    count
}

struct Probe<E>(PhantomData<E>);

/// Rows of an entity of environments.
trait Inside {
    async fn rows(&self, scope: &Scope, store: &Watched) -> Vec<Row>;
}

impl<E: Entity<Scope = PerEnvironment>> Inside for Probe<E> {
    async fn rows(&self, scope: &Scope, store: &Watched) -> Vec<Row> {
        E::find(scope).all(store).await.unwrap().iter().map(Entity::to_row).collect()
    }
}

/// Rows of any other entity: none. Found only where [`Inside`] does not apply, since it needs one reference more.
trait Outside {
    async fn rows(&self, scope: &Scope, store: &Watched) -> Vec<Row>;
}

impl<E> Outside for &Probe<E> {
    async fn rows(&self, _: &Scope, _: &Watched) -> Vec<Row> {
        Vec::new()
    }
}

/// Every row of an environment, table by table.
pub(crate) async fn rows(scope: &Scope, store: &Watched) -> Vec<Vec<Row>> {
    macro_rules! each {
        ($($entity:ty),*) => { vec![$((&Probe::<$entity>(PhantomData)).rows(scope, store).await),*] };
    }
    let mut tables = authsome_core::for_each_entity!(each);
    tables.push(Probe::<PasswordHash>(PhantomData).rows(scope, store).await);
    tables
}

/// Gives an environment webhooks, and as many forms.
pub(crate) async fn add_webhooks_and_forms(world: &World, scope: &Scope, number: u32) {
    let (now, entropy): (_, &dyn Entropy) = (start_of_tests(), &**world.engine.entropy());
    for number in 0..number {
        let webhook = Webhook {
            id: TypedId::generate(now, entropy).unwrap(),
            scope: *scope,
            url: format!("https://hooks.example.com/{number}"),
            description: None,
            events: Vec::new(),
            sealed_secret: vec![1; 64],
            enabled: true,
            created_at: now,
            updated_at: now,
        };
        webhook.insert(scope, &*world.store).await.unwrap();
        let form = FormConfig {
            id: TypedId::generate(now, entropy).unwrap(),
            scope: *scope,
            form_type: format!("form{number}"),
            fields: Vec::new(),
            created_at: now,
            updated_at: now,
        };
        form.insert(scope, &*world.store).await.unwrap();
    }
}
