//! Ten callers at once of two processes on one database change an app's environments: what must hold of them together holds.
//! A test for each race and backend, named `<backend>::<race>`.
#![expect(
    clippy::indexing_slicing,
    reason = "callers are counted from none, and arrays are as long as there are callers"
)]

use std::collections::HashMap;
use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;

use authsome::engine::{Config, Engine, EnvironmentCopy, Environments, NewApiKey, NewApp, NewEnvironment};
use authsome_conformance::{Backend, Database};
use authsome_core::apikey::ApiKey;
use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::entity::Entity;
use authsome_core::environment::{Environment, EnvironmentType, SettingsPatch};
use authsome_core::error::{Cause, Code, Error};
use authsome_core::event::AppEvent;
use authsome_core::id::{ApiKeyId, AppId, TypedId};
use authsome_core::mail::Mailer;
use authsome_core::secret::{MasterKey, Token};
use authsome_core::store::{MaybeTransient, Store};
use authsome_tests::backends::backends;
use authsome_tests::fixtures::world::Mails;
use authsome_tests::matrix::Matrix;
use futures::future::BoxFuture;
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Name of the suite in the support matrix.
const PART: &str = "Races of environments";

const CALLERS: usize = 10;

/// Most keys of an owner.
const MOST_KEYS: usize = 1_000;

/// Two engines on one database, as two processes would have them, and an app of the race's own.
struct Installation {
    engines: [Engine; 2],
    app: AppId,
}

type Answers = HashMap<Option<Code>, usize>;
type Race = fn(Installation) -> BoxFuture<'static, Result<(), Cause>>;

/// Races by the names of their functions.
macro_rules! races {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), |at| Box::pin($name(at)))),*] };
}

const RACES: &[(&str, Race)] = races![
    of_environments_made_the_default_at_once_one_is,
    an_environment_suspended_and_resumed_at_once_is_as_its_events_say,
    of_deletions_of_one_environment_at_once_one_happens,
    of_the_two_of_type_production_that_are_deleted_at_once_one_stays,
    of_environments_made_and_cloned_with_one_slug_at_once_one_is,
    an_environment_made_the_default_and_deleted_at_once_is_either,
    an_environment_made_while_its_app_is_deleted_goes_with_it,
    keys_made_at_once_do_not_exceed_the_limit,
];

impl Installation {
    async fn new(database: &dyn Database) -> Result<Self, Cause> {
        let engines = [engine(database.store()).await?, engine(database.another().await?).await?];
        let app = engines[0].apps().create(&NewApp { name: "Race".to_owned(), slug: None }).await?.id;
        Ok(Self { engines, app })
    }

    fn store(&self) -> &dyn Store {
        self.engines[0].store().as_ref()
    }

    fn environments(&self) -> Environments {
        self.engines[0].environments_of(self.app)
    }

    async fn make(&self, name: &str, kind: EnvironmentType) -> Result<Environment, Cause> {
        Ok(self.environments().create(&NewEnvironment::new(name, kind)).await?)
    }

    /// The app's environments that were not deleted.
    async fn all(&self) -> Result<Vec<Environment>, Cause> {
        Ok(Environment::find(&self.app).filter(Environment::DELETED_AT.is_null()).all(self.store()).await?)
    }

    /// How often something happened.
    async fn events(&self, action: &str) -> Result<usize, Cause> {
        let found = AppEvent::find(&self.app).filter(AppEvent::ACTION.eq(action)).count(self.store()).await?;
        Ok(usize::try_from(found)?)
    }

    /// All callers start at once, each again while contention keeps it from its end; how many were answered how.
    async fn race<T, F>(&self, call: impl Fn(Engine, usize) -> F + Clone + Send + 'static) -> Result<Answers, Cause>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let gate = Arc::new(Barrier::new(CALLERS));
        let mut tasks = JoinSet::new();
        for caller in 0..CALLERS {
            let (gate, call, engine) = (Arc::clone(&gate), call.clone(), self.engines[caller % 2].clone());
            tasks.spawn(async move {
                gate.wait().await;
                loop {
                    match call(engine.clone(), caller).await {
                        Err(error) if error.is_transient() => {}
                        answer => return answer.err().map(|error| error.code()),
                    }
                }
            });
        }
        let mut answers = Answers::new();
        while let Some(answer) = tasks.join_next().await {
            *answers.entry(answer?).or_default() += 1;
        }
        Ok(answers)
    }
}

async fn engine(store: Arc<dyn Store>) -> Result<Engine, Cause> {
    let engine = Engine::builder()
        .store(store)
        .config(Config { rate_limits: false, ..Config::default() })
        .master_key(MasterKey::from_bytes([7; 32]))
        .mailer(Arc::new(Mails::default()) as Arc<dyn Mailer>)
        .build()?;
    engine.prepare().await?;
    Ok(engine)
}

fn main() -> Result<ExitCode, Cause> {
    let arguments = Arguments::from_args();
    let (matrix, runtime) = (Arc::new(Matrix::default()), Arc::new(Runtime::new()?));
    let mut trials = Vec::new();
    for backend in backends()? {
        for (name, race) in RACES {
            let noted = backend.name().to_owned();
            let (backend, runtime) = (Arc::clone(&backend), Arc::clone(&runtime));
            let title = format!("{noted}::{name}");
            let run = move || runtime.block_on(run(backend.as_ref(), *race)).map_err(Failed::from);
            trials.push(Trial::test(title, matrix.noting(PART, &noted, run)));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    matrix.write()?;
    Ok(conclusion.exit_code())
}

async fn run(backend: &dyn Backend, race: Race) -> Result<(), Cause> {
    let database = backend.empty().await?;
    race(Installation::new(database.as_ref()).await?).await
}

/// Fails where something does not hold.
fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), Cause> {
    if holds { Ok(()) } else { Err(what().into()) }
}

/// One caller did it, and the others were refused so.
fn one_did(answers: &Answers, refused: Code) -> Result<(), Cause> {
    let expected = Answers::from([(None, 1), (Some(refused), CALLERS - 1)]);
    ensure(*answers == expected, || format!("the callers were answered {answers:?}"))
}

async fn of_environments_made_the_default_at_once_one_is(at: Installation) -> Result<(), Cause> {
    let mut ids = Vec::new();
    for number in 0..CALLERS {
        ids.push(at.make(&format!("E {number}"), EnvironmentType::Custom).await?.id);
    }
    let app = at.app;
    let answers = at.race(move |engine, caller| {
        let id = ids[caller];
        async move { engine.environments_of(app).set_default(id).await }
    });
    let answers = answers.await?;
    ensure(answers == Answers::from([(None, CALLERS)]), || format!("the callers were answered {answers:?}"))?;
    let defaults = at.all().await?.iter().filter(|environment| environment.is_default.0).count();
    let changes = at.events("environment.default_changed").await?;
    ensure((defaults, changes) == (1, CALLERS), || format!("{defaults} defaults after {changes} changes"))
}

async fn an_environment_suspended_and_resumed_at_once_is_as_its_events_say(at: Installation) -> Result<(), Cause> {
    let (app, id) = (at.app, at.make("Preview", EnvironmentType::Custom).await?.id);
    let answers = at.race(move |engine, caller| async move {
        let environments = engine.environments_of(app);
        // Callers of each engine do both.
        if caller / 2 % 2 == 0 { environments.deactivate(id).await } else { environments.activate(id).await }
    });
    let answers = answers.await?;
    ensure(answers == Answers::from([(None, CALLERS)]), || format!("the callers were answered {answers:?}"))?;
    let is_active = at.environments().get(id).await?.is_active;
    let (off, on) = (at.events("environment.deactivated").await?, at.events("environment.activated").await?);
    ensure(off == on + usize::from(!is_active), || {
        format!("it was suspended {off} times and resumed {on} times, and is active: {is_active}")
    })
}

async fn of_deletions_of_one_environment_at_once_one_happens(at: Installation) -> Result<(), Cause> {
    let (app, id) = (at.app, at.make("Preview", EnvironmentType::Custom).await?.id);
    let answers =
        at.race(move |engine, _| async move { engine.environments_of(app).delete(id, Confirm::NOTHING).await });
    one_did(&answers.await?, Code::NotFound)?;
    let events = at.events("environment.deleted").await?;
    ensure(events == 1, || format!("its deletion is {events} events"))
}

async fn of_the_two_of_type_production_that_are_deleted_at_once_one_stays(at: Installation) -> Result<(), Cause> {
    let second = at.make("Second", EnvironmentType::Production).await?.id;
    let (app, both) = (at.app, [at.environments().get_by_slug("production").await?.id, second]);
    let answers = at.race(move |engine, caller| async move {
        let id = both[caller / 2 % 2];
        engine.environments_of(app).delete(id, Confirm::to(Destructive::DeleteEnvironment)).await
    });
    let answers = answers.await?;
    let left = at.all().await?.into_iter().filter(|found| found.kind == EnvironmentType::Production).count();
    let done = answers.get(&None).copied();
    ensure((left, done) == (1, Some(1)), || format!("{left} stayed; the callers were answered {answers:?}"))
}

async fn of_environments_made_and_cloned_with_one_slug_at_once_one_is(at: Installation) -> Result<(), Cause> {
    let (app, source) = (at.app, at.environments().get_by_slug("staging").await?.id);
    let answers = at.race(move |engine, caller| async move {
        let (environments, name) = (engine.environments_of(app), "Preview".to_owned());
        if caller / 2 % 2 == 0 {
            return environments.create(&NewEnvironment::new(&name, EnvironmentType::Custom)).await;
        }
        let (kind, settings) = (EnvironmentType::Custom, SettingsPatch::default());
        environments.copy(source, &EnvironmentCopy { name, slug: None, kind, settings, webhook_url: None }).await
    });
    one_did(&answers.await?, Code::Conflict)?;
    let made = at.all().await?.into_iter().filter(|environment| environment.slug == "preview").count();
    ensure(made == 1, || format!("{made} have the slug"))
}

async fn an_environment_made_the_default_and_deleted_at_once_is_either(at: Installation) -> Result<(), Cause> {
    let (app, id) = (at.app, at.make("Preview", EnvironmentType::Custom).await?.id);
    let answers = at.race(move |engine, caller| async move {
        let environments = engine.environments_of(app);
        if caller / 2 % 2 == 0 {
            environments.set_default(id).await.map(|_| ())
        } else {
            environments.delete(id, Confirm::NOTHING).await
        }
    });
    let answers = answers.await?;
    let all = at.all().await?;
    let defaults: Vec<&Environment> = all.iter().filter(|environment| environment.is_default.0).collect();
    let is_there = all.iter().any(|environment| environment.id == id);
    let is_default = defaults.iter().any(|environment| environment.id == id);
    ensure(defaults.len() == 1 && is_there == is_default, || {
        format!("there: {is_there}, the default: {is_default}; the callers were answered {answers:?}")
    })
}

async fn an_environment_made_while_its_app_is_deleted_goes_with_it(at: Installation) -> Result<(), Cause> {
    let app = at.app;
    let answers = at.race(move |engine, caller| async move {
        if caller == 0 {
            return engine.apps().delete(app, Confirm::to(Destructive::DeleteApp)).await;
        }
        let new = NewEnvironment::new(&format!("E {caller}"), EnvironmentType::Custom);
        engine.environments_of(app).create(&new).await.map(|_| ())
    });
    let answers = answers.await?;
    let left = at.all().await?.len();
    let (made, deleted) = (at.events("environment.created").await?, at.events("environment.deleted").await?);
    ensure(
        left == 0 && made == deleted && answers.keys().all(|code| [None, Some(Code::NotFound)].contains(code)),
        || format!("{left} stayed of {made}, {deleted} were deleted; the callers were answered {answers:?}"),
    )
}

async fn keys_made_at_once_do_not_exceed_the_limit(at: Installation) -> Result<(), Cause> {
    const ROOM: usize = 4;
    let new = NewApiKey { name: "Key".to_owned(), user_id: None, permissions: Vec::new(), expires_at: None };
    let (app, entropy) = (at.app, &**at.engines[0].entropy());
    let made = at.engines[0].environment_of(app, "staging").await?.api_keys().create(&new).await?.key;
    let mut keys = Vec::new();
    for _ in 1..MOST_KEYS - ROOM {
        let id = ApiKeyId::generate(made.created_at, entropy)?;
        keys.push(ApiKey { id, hash: Token::generate("ask_test_", entropy)?.hash(), ..made.clone() });
    }
    for keys in keys.chunks(500) {
        ApiKey::insert_all(keys, &made.scope, at.store()).await?;
    }
    let answers = at.race(move |engine, _| {
        let new = new.clone();
        async move { engine.environment_of(app, "staging").await?.api_keys().create(&new).await }
    });
    let answers = answers.await?;
    let expected = Answers::from([(None, ROOM), (Some(Code::Conflict), CALLERS - ROOM)]);
    ensure(answers == expected, || format!("the callers were answered {answers:?}"))
}
