//! The backends that the suites run on, by name.

mod memory;
mod mongo;
mod pg;
mod sqlite;

use std::sync::Arc;

use authsome_conformance::Backend;
use authsome_core::error::Cause;

pub use self::memory::MemoryBackend;
pub use self::mongo::MongoBackend;
pub use self::pg::{POSTGRES_VARIABLE, PgBackend};
pub use self::sqlite::SqliteBackend;

/// The environment variable that narrows the backends: names with commas between them.
pub const BACKENDS_VARIABLE: &str = "AUTHSOME_TEST_BACKENDS";

/// Every backend, or those that [`BACKENDS_VARIABLE`] names.
///
/// # Errors
/// Where it names one that does not exist.
pub fn backends() -> Result<Vec<Arc<dyn Backend>>, Cause> {
    let all: Vec<Arc<dyn Backend>> = vec![
        Arc::new(MemoryBackend),
        Arc::new(SqliteBackend::default()),
        Arc::new(PgBackend::default()),
        Arc::new(MongoBackend::default()),
    ];
    let Ok(wanted) = std::env::var(BACKENDS_VARIABLE) else { return Ok(all) };
    let named = |name: &str| {
        let found = all.iter().find(|backend| backend.name() == name).cloned();
        found.ok_or_else(|| format!("{BACKENDS_VARIABLE} names the backend {name:?}, which does not exist").into())
    };
    wanted.split(',').map(str::trim).map(named).collect()
}
