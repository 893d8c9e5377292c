//! Environments do not see each other over HTTP: a test for each route and backend, named `<backend>::<METHOD> <path>`,
//! made from the one table of routes, and one for each endpoint at the root.
//!
//! For each identifier that a route takes, and each credential, what another environment has is answered exactly as what
//! exists nowhere; and whatever a request does in its own environment, the rows of the others stay byte by byte what they
//! were, and no answer shows one. With `--nocapture` it prints what was tried, and how often.

mod isolation {
    pub(crate) mod call;
    pub(crate) mod inventory;
    pub(crate) mod laws;
    pub(crate) mod registry;
    pub(crate) mod requests;
    pub(crate) mod roots;
    pub(crate) mod rows;
    pub(crate) mod world;
}

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use authsome::http::ROOT_PATHS;
use authsome_conformance::{Backend, Database};
use authsome_core::error::Cause;
use authsome_core::route::Route;
use authsome_tests::backends::backends;
use authsome_tests::matrix::Matrix;
use http::Method;
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, OnceCell, RwLock};

use isolation::inventory::{check, name_of};
use isolation::laws::{Tried, hold};
use isolation::roots;
use isolation::world::{World, routes};

/// Name of the suite in the support matrix.
const PART: &str = "Isolation over HTTP";

/// A database in which each route that changes something has a world of its own; those that only read share one.
#[derive(Default)]
struct Shared {
    database: OnceCell<Box<dyn Database>>,
    worlds: AtomicU32,
    read: OnceCell<Mutex<World>>,
    /// Held alone while a world is made, for the jobs that make it work for all worlds.
    making: RwLock<()>,
}

/// What a case is about.
#[derive(Clone)]
enum Endpoint {
    Route(Box<Route>),
    Root(&'static str),
}

impl Endpoint {
    fn name(&self) -> String {
        match self {
            Self::Route(route) => name_of(route),
            Self::Root(path) => format!("GET {path}"),
        }
    }

    fn only_reads(&self) -> bool {
        match self {
            Self::Route(route) => route.method() == Method::GET,
            Self::Root(_) => true,
        }
    }

    async fn hold(&self, world: &World) -> Result<Tried, Cause> {
        match self {
            Self::Route(route) => hold(route, world).await,
            Self::Root(path) => roots::hold(path, world).await,
        }
    }
}

impl Shared {
    async fn try_endpoint(&self, endpoint: &Endpoint, backend: &dyn Backend) -> Result<Tried, Cause> {
        if endpoint.only_reads() {
            let world = self.read.get_or_try_init(|| async { self.world(backend).await.map(Mutex::new) }).await?;
            let world = world.lock().await;
            let _beside_others = self.making.read().await;
            Box::pin(endpoint.hold(&world)).await
        } else {
            let world = self.world(backend).await?;
            let _beside_others = self.making.read().await;
            Box::pin(endpoint.hold(&world)).await
        }
    }

    async fn world(&self, backend: &dyn Backend) -> Result<World, Cause> {
        let _alone = self.making.write().await;
        let database = self.database.get_or_try_init(|| backend.empty()).await?;
        let number = self.worlds.fetch_add(1, Ordering::Relaxed) + 1;
        Box::pin(World::new(&database.store(), number)).await
    }
}

fn main() -> Result<ExitCode, Cause> {
    let mut arguments = Arguments::from_args();
    // Cases wait for disks as much as they compute.
    arguments.test_threads =
        arguments.test_threads.or_else(|| std::thread::available_parallelism().ok().map(|cores| 2 * cores.get()));
    let (matrix, runtime) = (Arc::new(Matrix::default()), Arc::new(Runtime::new()?));
    let tried = Arc::new(Mutex::new(Tried::new()));
    let table = routes()?;
    let inventory = table.clone();
    let mut trials = vec![Trial::test("the_registry_says_of_all_that_routes_take_what_it_names", move || {
        check(&inventory).map_err(Failed::from)
    })];
    let mut databases = Vec::new();
    for backend in backends()? {
        let shared = Arc::new(Shared::default());
        databases.push(Arc::clone(&shared));
        for endpoint in
            table.iter().cloned().map(|route| Endpoint::Route(Box::new(route))).chain(ROOT_PATHS.map(Endpoint::Root))
        {
            let name = format!("{}::{}", backend.name(), endpoint.name());
            let noted = backend.name().to_owned();
            let (backend, shared, runtime) = (Arc::clone(&backend), Arc::clone(&shared), Arc::clone(&runtime));
            let tried = Arc::clone(&tried);
            let run = move || -> Result<(), Failed> {
                let counted =
                    runtime.block_on(shared.try_endpoint(&endpoint, backend.as_ref())).map_err(Failed::from)?;
                let mut tried = tried.blocking_lock();
                for (what, count) in counted {
                    *tried.entry(what).or_default() += count;
                }
                Ok(())
            };
            trials.push(Trial::test(name, matrix.noting(PART, &noted, run)));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    // Pools of connections end on the runtime that they were made on.
    let context = runtime.enter();
    drop(databases);
    drop(context);
    if arguments.nocapture {
        print(&tried.blocking_lock())?;
    }
    matrix.write()?;
    Ok(conclusion.exit_code())
}

/// What was tried, as a table.
fn print(tried: &Tried) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    for ((route, place, kind, credential), count) in tried {
        writeln!(output, "{count:>6}  {route:<52} {place:<28} {kind:<46} {credential}")?;
    }
    writeln!(output, "{:>6}  in all", tried.values().sum::<u32>())
}
