//! [`World`]: two environments of an app and one of another, with the same people in each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use authsome::engine::{
    Config, Engine, EnvironmentHandle, NewApiKey, NewApp, NewEnvironment, NewUser, SignUp, SignUpOutcome,
};
use authsome::http::{Http, HttpOptions};
use authsome::password::{PasswordConfig, PasswordPlugin};
use authsome_conformance::{Home, HomeKey, Sample, at};
use authsome_core::app::App;
use authsome_core::appsessionconfig::TokenFormat;
use authsome_core::clock::{Clock, ManualClock};
use authsome_core::entity::Entity;
use authsome_core::entropy::SeededEntropy;
use authsome_core::environment::{EnvironmentType, Settings};
use authsome_core::error::Cause;
use authsome_core::event::Event;
use authsome_core::for_each_entity;
use authsome_core::formconfig::Branding;
use authsome_core::id::{TypedId, UserId};
use authsome_core::mail::Mailer;
use authsome_core::organization::{Member, Organization};
use authsome_core::permission::{Access, Permission, Resource};
use authsome_core::plugin::{Proof, SignInOutcome, SignedIn, Verified};
use authsome_core::route::Route;
use authsome_core::schema::ScopeLevel;
use authsome_core::secret::{MasterKey, Password, SecretString, Token};
use authsome_core::store::Store;
use authsome_core::user::User;
use authsome_example_plugin::{
    BlockedDomain, BlockedDomainsPlugin, MagicLink, MagicLinkId, MagicLinkPlugin, PaperCode, PaperCodePlugin,
};
use authsome_tests::fixtures::world::{Mails, client, password};
use axum::Router;

use super::registry::{Kind, Line, PAPER_CODE, PASSWORD};
use super::rows::{self, Extent, Rows};

/// The administrator's token.
pub(crate) const ADMINISTRATOR: &str = "administrator-token-of-the-isolation-suite";

/// How long nobody was seen when requests begin: so long that each use of a session or key is noted in its row.
const UNSEEN: Duration = Duration::from_secs(120);

/// An engine behind its router, in a store that other worlds share.
pub(crate) struct World {
    pub(crate) router: Router,
    /// Whose rows must stay as they are, in the app of `here`.
    pub(crate) there: Place,
    /// Where requests act.
    pub(crate) here: Place,
    /// Whose rows must stay as they are, in another app.
    pub(crate) elsewhere: Place,
    /// An environment and an app that may be taken away.
    pub(crate) spare: (String, String),
    engine: Engine,
    fresh: AtomicU32,
}

/// An environment and what it has.
pub(crate) struct Place {
    pub(crate) at: EnvironmentHandle,
    pub(crate) app: App,
    pub(crate) alice: SignedIn,
    /// The token of a session of somebody who signed in while tokens were JSON Web Tokens.
    pub(crate) jwt: String,
    pub(crate) key: String,
    api_key: String,
    organization: String,
    event: String,
    /// The address that Alice wants to have instead of hers.
    wanted: String,
    verification: String,
    change: String,
    reset: String,
    plugins: OfPlugins,
}

/// What an environment has of the plugins that are not shipped.
struct OfPlugins {
    /// The token of a link that was mailed.
    link: String,
    /// The ticket of somebody who is to show their code on paper.
    challenge: String,
    /// The ticket of somebody who is to make one.
    enrolment: String,
    domain: String,
}

impl Place {
    pub(crate) fn id(&self) -> String {
        self.at.scope().env_id.to_string()
    }

    pub(crate) fn slug(&self) -> String {
        self.at.environment().environment.slug.clone()
    }

    /// Takes the tokens out of the mails that people here got.
    fn open(&mut self, mails: &Mails) -> Result<(), Cause> {
        let (name, environment) = (&self.app.name, &self.at.environment().environment);
        let marker = (environment.kind != EnvironmentType::Production).then(|| format!("[{}] ", environment.slug));
        let mailed = |address: &str, page: &str| -> Result<String, Cause> {
            let token = mails.token_of(address, page, |mail| {
                let is_marked = mail.subject.starts_with('[');
                mail.text.trim_end().ends_with(name)
                    && marker.as_ref().map_or(!is_marked, |marker| mail.subject.starts_with(marker))
            });
            Ok(token?.expose().to_owned())
        };
        let (verification, change) =
            (mailed(&self.alice.user.email, "/verify-email")?, mailed(&self.wanted, "/verify-email")?);
        let reset = mailed(&self.alice.user.email, "/reset-password")?;
        (self.verification, self.change, self.reset) = (verification, change, reset);
        Ok(())
    }

    /// What it has of a kind, so that a request from here can use it.
    pub(crate) fn own(&self, kind: Kind) -> String {
        let user = &self.alice.user;
        match kind {
            Kind::User => user.id.to_string(),
            Kind::Session => self.alice.session.id.to_string(),
            Kind::Device => self.alice.session.device_id.map(|id| id.to_string()).unwrap_or_default(),
            Kind::ApiKey => self.api_key.clone(),
            Kind::Organization => self.organization.clone(),
            Kind::Event => self.event.clone(),
            Kind::Environment => self.id(),
            Kind::EnvironmentSlug => self.slug(),
            Kind::App => self.app.id.to_string(),
            Kind::AppSlug => self.app.slug.clone(),
            Kind::Email => user.email.clone(),
            Kind::Username => user.username.clone().unwrap_or_default(),
            Kind::Phone => user.phone.clone().unwrap_or_default(),
            Kind::RefreshToken => self.alice.refresh_token.expose().to_owned(),
            Kind::Verification => self.verification.clone(),
            Kind::Reset => self.reset.clone(),
            Kind::Ticket => self.plugins.challenge.clone(),
            Kind::MagicLink => self.plugins.link.clone(),
            Kind::Domain => self.plugins.domain.clone(),
        }
    }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(at(0)))
}

/// The routes of such an engine.
pub(crate) fn routes() -> Result<Vec<Route>, Cause> {
    let store = Arc::new(authsome::memory::MemoryStore::new());
    let engine = engine(store, &clock(), &Arc::default(), "isolation", 0)?;
    Ok(Http::new(&engine, HttpOptions::default()).table()?)
}

fn engine(
    store: Arc<dyn Store>,
    clock: &Arc<ManualClock>,
    mails: &Arc<Mails>,
    app: &str,
    seed: u64,
) -> Result<Engine, Cause> {
    let passwords = PasswordConfig { memory_kib: 7_168, iterations: 5, threads: 2, queue: 1_000, ..Default::default() };
    let engine = Engine::builder()
        .store(store)
        .clock(Arc::<ManualClock>::clone(clock) as Arc<dyn Clock>)
        .entropy(Arc::new(SeededEntropy::new(seed)))
        .master_key(MasterKey::from_bytes([9; 32]))
        .mailer(Arc::<Mails>::clone(mails) as Arc<dyn Mailer>)
        .config(Config { app: app.to_owned(), rate_limits: false, ..Config::default() })
        .plugin(PasswordPlugin::new(passwords))
        .plugin(MagicLinkPlugin)
        .plugin(PaperCodePlugin)
        .plugin(BlockedDomainsPlugin);
    Ok(engine.build()?)
}

impl World {
    /// A world in a store, by a number that no other world there has.
    pub(crate) async fn new(store: &Arc<dyn Store>, number: u32) -> Result<Self, Cause> {
        let (clock, mails) = (clock(), Arc::new(Mails::default()));
        let engine = engine(Arc::clone(store), &clock, &mails, &format!("app-{number}"), u64::from(number) + 1)?;
        engine.prepare().await?;
        let app = App::clone(&*engine.configured_app().await?);
        let named = |name: &str| NewApp { name: name.to_owned(), slug: Some(format!("{name}-{number}")) };
        let other = engine.apps().create(&named("other")).await?;
        let spare_app = engine.apps().create(&named("spare")).await?;
        let builder = Builder { engine: &engine, world: number };
        let mut there = builder.settle(&app, "staging", 1).await?;
        let mut here = builder.settle(&app, "production", 2).await?;
        let mut elsewhere = builder.settle(&other, "staging", 3).await?;
        engine.run_jobs_once().await?;
        for place in [&mut there, &mut here, &mut elsewhere] {
            place.open(&mails)?;
        }
        let spare =
            engine.environments_of(app.id).create(&NewEnvironment::new("Spare", EnvironmentType::Custom)).await?;
        clock.advance(UNSEEN);
        let options =
            HttpOptions { admin_token: Some(SecretString::new(ADMINISTRATOR.to_owned())), ..HttpOptions::default() };
        let world = Self {
            router: Http::new(&engine, options).standalone()?,
            there,
            here,
            elsewhere,
            spare: (spare.id.to_string(), spare_app.id.to_string()),
            engine,
            fresh: AtomicU32::new(1),
        };
        let empty = rows::empty_tables(&world.rows().await?.0);
        if empty.is_empty() { Ok(world) } else { Err(format!("tables without a row: {empty:?}").into()) }
    }

    /// All rows of the two places whose rows must stay as they are.
    pub(crate) async fn rows(&self) -> Result<(Rows, Rows), Cause> {
        let store = &**self.engine.store();
        let there = rows::read(self.there.at.scope(), Extent::Environment, store).await?;
        Ok((there, rows::read(self.elsewhere.at.scope(), Extent::App, store).await?))
    }

    /// What exists nowhere, in the form of a kind. Each time another one.
    pub(crate) fn fresh(&self, kind: Kind) -> String {
        let number = self.fresh.fetch_add(1, Ordering::Relaxed);
        match kind {
            Kind::Email => format!("p{number:026}@example.com"),
            Kind::Phone => format!("+491{number:011}"),
            Kind::EnvironmentSlug | Kind::AppSlug => format!("s{number:026}"),
            _ => format!("u{number:026}"),
        }
    }

    /// What only this place has that a line takes, each with one of the same form that exists nowhere.
    pub(crate) async fn only_in(&self, place: &Place, line: &Line) -> Result<Vec<(String, String)>, Cause> {
        let kind = line.kind;
        let known = match kind {
            Kind::Email | Kind::Username | Kind::Phone => {
                // A hash takes long, and only who signs in needs one.
                let secret = (line.route == "POST /signin").then(|| password(PASSWORD));
                return Ok(vec![(self.newcomer(place, kind, secret).await?, self.fresh(kind))]);
            }
            Kind::EnvironmentSlug if place.app.id != self.here.app.id => {
                let mut new = NewEnvironment::new("Only here", EnvironmentType::Custom);
                let slug = self.fresh(kind);
                new.slug = Some(slug.clone());
                self.engine.environments_of(place.app.id).create(&new).await?;
                return Ok(vec![(slug, self.fresh(kind))]);
            }
            Kind::Verification => vec![place.verification.clone(), place.change.clone(), place.reset.clone()],
            Kind::Reset => vec![place.reset.clone(), place.verification.clone()],
            Kind::Ticket => vec![place.plugins.challenge.clone(), place.plugins.enrolment.clone()],
            kind => vec![place.own(kind)],
        };
        Ok(known.into_iter().map(|known| (known.clone(), neighbour(&known))).collect())
    }

    /// Puts somebody into a place, with names that nobody has anywhere, and gives the name of a kind.
    async fn newcomer(&self, place: &Place, kind: Kind, password: Option<Password>) -> Result<String, Cause> {
        let new = NewUser {
            username: Some(self.fresh(Kind::Username).parse()?),
            phone: Some(self.fresh(Kind::Phone).parse()?),
            password,
            ..NewUser::new(self.fresh(Kind::Email).parse()?)
        };
        let user = place.at.users().create(new).await?;
        Ok(match kind {
            Kind::Username => user.username.unwrap_or_default(),
            Kind::Phone => user.phone.unwrap_or_default(),
            _ => user.email,
        })
    }
}

/// The same text but for its last character: of the same form, and naming nothing.
pub(crate) fn neighbour(text: &str) -> String {
    let mut other = text.to_owned();
    let last = other.pop();
    other.push(if last == Some('0') { '1' } else { '0' });
    other
}

/// What places are made with.
struct Builder<'a> {
    engine: &'a Engine,
    world: u32,
}

impl Builder<'_> {
    /// Puts the same people into an environment, and a row into each of its tables.
    async fn settle(&self, app: &App, slug: &str, position: u32) -> Result<Place, Cause> {
        let (engine, world) = (self.engine, self.world);
        let mut at = engine.environment_of(app.id, slug).await?;
        let email = format!("alice-{world}@example.com");
        let alice = sign_up(&at, &email, Some((format!("alice_{world}"), format!("+4930{world:08}")))).await?;
        at.account().forgot(&email.parse()?).await?;
        let wanted = format!("changed-{world}-{position}@example.com");
        at.account().change_email(&alice.session, &wanted.parse()?).await?;

        engine.apps().set_session_config(app.id, &Settings::default(), TokenFormat::Jwt).await?;
        at = engine.environment_of(app.id, slug).await?;
        let jwt = sign_up(&at, &format!("bob-{world}@example.com"), None).await?.token.expose().to_owned();
        engine.apps().clear_session_config(app.id).await?;

        let plugins = self.fill_plugins(app, slug, alice.user.id, position).await?;
        at = engine.environment_of(app.id, slug).await?;

        let permission = |resource: &Resource| Permission { resource: *resource, access: Access::Any };
        let new = NewApiKey {
            name: "Key".to_owned(),
            user_id: None,
            permissions: Resource::ALL.iter().map(permission).collect(),
            expires_at: None,
        };
        let issued = at.api_keys().create(&new).await?;
        let organization = self.fill(&at, alice.user.id, 10 * (10 * world + position)).await?;
        let event = Event::find(&at.scope()).limit(1).all(&**engine.store()).await?;
        Ok(Place {
            app: app.clone(),
            alice,
            jwt,
            key: issued.token.expose().to_owned(),
            api_key: issued.key.id.to_string(),
            organization,
            event: event.first().ok_or("there is no event")?.id.to_string(),
            wanted,
            verification: String::new(),
            change: String::new(),
            reset: String::new(),
            plugins,
            at,
        })
    }

    /// Puts a row into each table of an environment that has none, and an organization that a user belongs to, whose id
    /// it gives.
    async fn fill(&self, at: &EnvironmentHandle, user: UserId, number: u32) -> Result<String, Cause> {
        let (home, store) = (Home { scope: at.scope(), number }, &**self.engine.store());
        macro_rules! plant {
            ($($entity:ty),*) => {$( plant::<$entity>(&home, number, store).await?; )*};
        }
        for_each_entity!(plant);
        let scope = &home.scope;
        let organization = Organization { created_by: Some(user), ..Organization::sample(&home, number + 1) };
        organization.insert(scope, store).await?;
        Member { user_id: user, ..Member::sample(&home, number + 1) }.insert(scope, store).await?;
        Branding::sample(&home, number + 1).insert(scope, store).await?;
        Ok(organization.id.to_string())
    }
}

impl Builder<'_> {
    /// Puts rows into the tables of the plugins that are not shipped. A user here has a code that is not confirmed.
    async fn fill_plugins(&self, app: &App, slug: &str, user: UserId, position: u32) -> Result<OfPlugins, Cause> {
        let (engine, world) = (self.engine, self.world);
        let (now, entropy, store) = (engine.clock().now(), &**engine.entropy(), &**engine.store());
        let at = engine.environment_of(app.id, slug).await?;
        let scope = at.scope();
        let code = |user_id: UserId| PaperCode {
            user_id,
            scope,
            code_hash: Token::presented(PAPER_CODE).hash(),
            created_at: now,
            confirmed_at: None,
        };
        code(user).insert(&scope, store).await?;
        let carol = proven(&at, &format!("carol-{world}@example.com")).await?;
        PaperCode { confirmed_at: Some(now), ..code(carol.id) }.insert(&scope, store).await?;
        let challenge = half_signed_in(&at, &carol).await?;

        let dora = proven(&at, &format!("dora-{world}@example.com")).await?;
        let required = Settings { mfa_required: Some(true), ..Settings::default() };
        engine.apps().set_session_config(app.id, &required, TokenFormat::Opaque).await?;
        let enrolment = half_signed_in(&engine.environment_of(app.id, slug).await?, &dora).await?;
        engine.apps().clear_session_config(app.id).await?;

        let link = Token::generate("aml_", entropy)?;
        let row = MagicLink {
            id: MagicLinkId::generate(now, entropy)?,
            scope,
            user_id: dora.id,
            email_key: dora.email_key.clone(),
            token_hash: link.hash(),
            created_at: now,
            expires_at: now.plus(Duration::from_secs(900)),
            consumed_at: None,
        };
        row.insert(&scope, store).await?;
        let domain = format!("blocked-{world}-{position}.example");
        BlockedDomain { domain: domain.clone(), scope, created_at: now }.insert(&scope, store).await?;
        Ok(OfPlugins { link: link.expose().to_owned(), challenge, enrolment, domain })
    }
}

/// Somebody whose address is proven.
async fn proven(at: &EnvironmentHandle, email: &str) -> Result<User, Cause> {
    Ok(at.users().create(NewUser { email_verified: true, ..NewUser::new(email.parse()?) }).await?)
}

/// The ticket of a sign-in that stops at the second factor.
async fn half_signed_in(at: &EnvironmentHandle, user: &User) -> Result<String, Cause> {
    let proof = Proof { method: "magic_link", amr: &["email"], redeem: &Verified };
    match at.auth().complete_sign_in(user.id, proof).await? {
        SignInOutcome::SecondFactorRequired(required) => Ok(required.ticket.expose().to_owned()),
        SignInOutcome::SignedIn(_) => Err("the sign-in does not stop at the second factor".into()),
    }
}

/// Puts a sample into a table of environments, unless the engine keeps one row of each kind there and made it itself.
async fn plant<E: Sample>(home: &Home, number: u32, store: &dyn Store) -> Result<(), Cause> {
    let key = || E::Scope::key(home);
    if E::table().scope == ScopeLevel::Environment
        && (E::CAPACITY == u32::MAX || E::find(key()).count(store).await? == 0)
    {
        E::sample(home, number).insert(key(), store).await?;
    }
    Ok(())
}

async fn sign_up(at: &EnvironmentHandle, email: &str, names: Option<(String, String)>) -> Result<SignedIn, Cause> {
    let (username, phone) = names.unzip();
    let sign_up = SignUp {
        username: username.map(|name| name.parse()).transpose()?,
        phone: phone.map(|number| number.parse()).transpose()?,
        name: Some("Alice".to_owned()),
        ..SignUp::new(email.parse()?, password(PASSWORD))
    };
    match at.auth().sign_up(sign_up, &client()).await? {
        SignUpOutcome::SignedUp(outcome) => Ok(outcome.signed_in()?),
        SignUpOutcome::VerifyFirst => Err("the address is to be proven first".into()),
    }
}
