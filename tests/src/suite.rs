//! [`Suite`]: cases against the real program, each once for every backend, named `<backend>::<case>`.
//!
//! What runs on none is named by the suite, case by case with the reason, and nothing is left out silently: a backend
//! whose server is not named or does not answer fails each case on it.

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Trial};

use crate::backends::BACKENDS_VARIABLE;
use crate::home::{Home, Kind};
use crate::matrix::Matrix;
use crate::program::Server;

/// A case's name and what it does.
pub type Case<T> = (&'static str, fn(&T));

/// The name of a case that sees to its own database, and what it does.
pub type KindCase = (&'static str, fn(Kind));

/// Cases by the names of their functions, each of which takes a reference to the type before the semicolon.
#[macro_export]
macro_rules! cases {
    ($type:ty; $($name:ident),* $(,)?) => { &[$((stringify!($name), $name as fn(&$type))),*] };
}

/// Cases to be run. Those that run on every backend are noted in the support matrix.
#[derive(Debug)]
pub struct Suite {
    part: &'static str,
    kinds: Vec<Kind>,
    trials: Vec<Trial>,
    matrix: Arc<Matrix>,
}

/// A server that cases share: started by the first that needs it, killed with its database when the last is done.
#[derive(Default)]
struct Shared(OnceLock<(Server, Home)>);

impl Suite {
    /// A suite by the name that it has in the support matrix.
    #[must_use]
    pub fn of(part: &'static str) -> Self {
        Self { part, kinds: wanted(), trials: Vec::new(), matrix: Arc::default() }
    }

    /// Cases that share one server a backend; each has people of its own.
    #[must_use]
    pub fn on_shared_servers(mut self, cases: &[Case<Server>]) -> Self {
        for kind in self.kinds.clone() {
            let shared = Arc::new(Shared::default());
            for (name, case) in cases.iter().copied() {
                let shared = Arc::clone(&shared);
                self.add(kind, name, move || {
                    let (server, _) = shared.0.get_or_init(|| {
                        let home = Home::new(kind);
                        (home.start(), home)
                    });
                    case(server);
                });
            }
        }
        self
    }

    /// Cases that get an empty database each, on every backend.
    #[must_use]
    pub fn on_homes(mut self, cases: &[Case<Home>]) -> Self {
        for kind in self.kinds.clone() {
            for (name, case) in cases.iter().copied() {
                self.add(kind, name, move || case(&Home::new(kind)));
            }
        }
        self
    }

    /// Cases that get an empty database each, on some backends alone.
    #[must_use]
    pub fn on_homes_of(mut self, kinds: &[Kind], cases: &[Case<Home>]) -> Self {
        for kind in self.kinds.clone().into_iter().filter(|kind| kinds.contains(kind)) {
            for (name, case) in cases.iter().copied() {
                self.trials.push(trial(kind, name, move || case(&Home::new(kind))));
            }
        }
        self
    }

    /// Cases on some backends, each of which sees to its own database.
    #[must_use]
    pub fn on_kinds(mut self, kinds: &[Kind], cases: &[KindCase]) -> Self {
        for kind in self.kinds.clone().into_iter().filter(|kind| kinds.contains(kind)) {
            for (name, case) in cases.iter().copied() {
                self.trials.push(trial(kind, name, move || case(kind)));
            }
        }
        self
    }

    /// Cases that concern no backend, and run whatever the backends are narrowed to.
    #[must_use]
    pub fn alone(mut self, cases: &[(&'static str, fn())]) -> Self {
        for (name, case) in cases.iter().copied() {
            self.trials.push(Trial::test(name, move || {
                case();
                Ok(())
            }));
        }
        self
    }

    fn add(&mut self, kind: Kind, name: &str, case: impl FnOnce() + Send + 'static) {
        let noting = self.matrix.noting(self.part, kind.name(), case);
        self.trials.push(trial(kind, name, noting));
    }

    /// Runs the cases that the arguments of the program choose, as a usual test program takes them.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let mut arguments = Arguments::from_args();
        // Cases wait for servers and disks as much as they compute.
        arguments.test_threads =
            arguments.test_threads.or_else(|| std::thread::available_parallelism().ok().map(|cores| 2 * cores.get()));
        let conclusion = libtest_mimic::run(&arguments, self.trials);
        self.matrix.write().expect("the support matrix can be written");
        conclusion.exit_code()
    }
}

fn trial(kind: Kind, name: &str, case: impl FnOnce() + Send + 'static) -> Trial {
    let run = move || {
        case();
        Ok(())
    };
    Trial::test(format!("{}::{name}", kind.name()), run)
}

/// Every backend, or those that the variable names.
///
/// # Panics
/// It names one that does not exist.
#[must_use]
pub fn wanted() -> Vec<Kind> {
    let Ok(names) = std::env::var(BACKENDS_VARIABLE) else { return Kind::ALL.to_vec() };
    let named = |name: &str| {
        let found = Kind::ALL.into_iter().find(|kind| kind.name() == name);
        found.unwrap_or_else(|| panic!("{BACKENDS_VARIABLE} names the backend {name:?}, which does not exist"))
    };
    names.split(',').map(str::trim).map(named).collect()
}
