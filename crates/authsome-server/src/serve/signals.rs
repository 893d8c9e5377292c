//! The signals that end the server.

use crate::failure::Failure;

/// The signals that end the server: SIGTERM and SIGINT, or what the platform has instead.
pub(crate) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// Listens for them from now on.
    pub(crate) fn listen() -> Result<Self, Failure> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let failure = |error: std::io::Error| {
                Failure::run(format!("cannot listen for signals: {error}"), "look into the operating system's log")
            };
            let terminate = signal(SignalKind::terminate()).map_err(failure)?;
            let interrupt = signal(SignalKind::interrupt()).map_err(failure)?;
            Ok(Self { terminate, interrupt })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
