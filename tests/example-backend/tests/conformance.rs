//! The conformance suite on the example backend, bare and inside the counting wrapper: one test for each case of each.

use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use authsome_conformance::{Backend, Database, cases};
use authsome_core::clock::SystemClock;
use authsome_core::error::Cause;
use authsome_core::store::Store;
use authsome_example_backend::{Counting, ExampleStore};
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

/// Makes stores, each a database of its own.
struct Example {
    name: &'static str,
    make: fn() -> Arc<dyn Store>,
}

struct ExampleDatabase(Arc<dyn Store>);

#[async_trait]
impl Backend for Example {
    fn name(&self) -> &str {
        self.name
    }

    async fn empty(&self) -> Result<Box<dyn Database>, Cause> {
        Ok(Box::new(ExampleDatabase((self.make)())))
    }
}

#[async_trait]
impl Database for ExampleDatabase {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.0)
    }

    /// A database in the process has but one store. Any other opens a second connection here.
    async fn another(&self) -> Result<Arc<dyn Store>, Cause> {
        Ok(self.store())
    }
}

fn bare() -> Arc<dyn Store> {
    Arc::new(ExampleStore::new(Arc::new(SystemClock)))
}

fn counting() -> Arc<dyn Store> {
    Arc::new(Counting::new(bare()))
}

fn main() -> Result<ExitCode, Cause> {
    let arguments = Arguments::from_args();
    let runtime = Arc::new(Runtime::new()?);
    let mut trials = Vec::new();
    for (name, make) in [("example", bare as fn() -> Arc<dyn Store>), ("counting", counting)] {
        let backend = Arc::new(Example { name, make });
        for case in cases() {
            let (backend, runtime) = (Arc::clone(&backend), Arc::clone(&runtime));
            let name = format!("{name}::{}", case.name());
            let run = move || runtime.block_on(case.run(backend.as_ref())).map_err(Failed::from);
            trials.push(Trial::test(name, run));
        }
    }
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}
