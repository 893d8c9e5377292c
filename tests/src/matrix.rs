//! What passed on which backend: from it, `cargo xtask test` makes the support matrix.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The folder that suites write what passed into; `cargo xtask test` sets it, and reads it.
const FOLDER_VARIABLE: &str = "AUTHSOME_TEST_MATRIX";

/// Cases that passed, and cases that did not, of a part on a backend.
type Tally = (u32, u32);

/// What passed so far.
#[derive(Debug, Default)]
pub struct Matrix(Mutex<BTreeMap<(String, String), Tally>>);

impl Matrix {
    /// The same case, whose outcome is noted for a part and a backend. One that panics did not pass.
    pub fn noting<T: Outcome>(
        self: &Arc<Self>,
        part: &str,
        backend: &str,
        case: impl FnOnce() -> T + Send + 'static,
    ) -> impl FnOnce() -> T + Send + 'static {
        let (matrix, key) = (Arc::clone(self), (part.to_owned(), backend.to_owned()));
        move || {
            let mut note = Note { matrix, key, passed: false };
            let outcome = case();
            note.passed = outcome.passed();
            outcome
        }
    }

    /// Writes it into the folder that is asked for, if one is, under the name of this program: a line for each part and
    /// backend.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn write(&self) -> std::io::Result<()> {
        let Some(folder) = std::env::var_os(FOLDER_VARIABLE) else { return Ok(()) };
        let program = std::env::current_exe()?;
        let mut text = String::new();
        for ((part, backend), (passed, failed)) in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            // Writing to a text does not fail.
            let _ = writeln!(text, "{part}\t{backend}\t{passed}\t{failed}");
        }
        std::fs::write(Path::new(&folder).join(program.file_name().unwrap_or_default()).with_extension("tsv"), text)
    }
}

/// What a case returns.
pub trait Outcome {
    /// Whether it passed.
    fn passed(&self) -> bool;
}

impl Outcome for () {
    fn passed(&self) -> bool {
        true
    }
}

impl<T, E> Outcome for Result<T, E> {
    fn passed(&self) -> bool {
        self.is_ok()
    }
}

/// Notes what became of a case when it is dropped, which a panic does too.
struct Note {
    matrix: Arc<Matrix>,
    key: (String, String),
    passed: bool,
}

impl Drop for Note {
    fn drop(&mut self) {
        let mut tallies = self.matrix.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tallies.entry(self.key.clone()).or_default();
        *if self.passed { &mut tally.0 } else { &mut tally.1 } += 1;
    }
}
