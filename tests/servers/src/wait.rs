//! Waiting for what a server becomes.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long a server may take on a machine that is busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(20);

/// Asks again and again until the answer is yes.
///
/// # Errors
/// What the question fails with, and where [`PATIENCE`] ends before.
pub(crate) fn until(what: &str, question: impl FnMut() -> Result<bool>) -> Result<()> {
    until_within(PATIENCE, what, question)
}

/// The same with a patience of its own.
pub(crate) fn until_within(patience: Duration, what: &str, mut question: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = now();
    while !question()? {
        if start.elapsed() > patience {
            bail!("waited {} s in vain until {what}", patience.as_secs());
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "servers live in real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
