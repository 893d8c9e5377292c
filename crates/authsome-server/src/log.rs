//! The program's log: on standard error, for people or as JSON.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};
use crate::failure::Failure;

/// Starts the log, at this level unless the configuration has a filter.
///
/// # Errors
/// The filter is invalid.
pub(crate) fn start(config: &Config, level: &str) -> Result<(), Failure> {
    let filter = config.log.as_deref().unwrap_or(level);
    let filter = EnvFilter::try_new(filter).map_err(|_| {
        Failure::config(
            format!("`{filter}` is not a log filter"),
            "give a level such as `info`, or targets such as `info,authsome_http=debug`, in AUTHSOME_LOG",
        )
    })?;
    let terminal = std::io::stderr().is_terminal();
    let format = config.log_format.unwrap_or(if terminal { LogFormat::Human } else { LogFormat::Json });
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process, as in tests, keeps the first log.
    let _ = match format {
        LogFormat::Human => builder.with_ansi(terminal).with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).try_init(),
    };
    Ok(())
}
