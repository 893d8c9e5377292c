//! [`Victim`]: a server on a database, which is killed and started again.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use authsome_core::secret::MasterKey;
use authsome_tests::client::Client;
use authsome_tests::program::{Launch, Server};
use tempfile::TempDir;

use crate::population::PUBLISHABLE_KEY;

/// The administrator's token.
const ADMINISTRATOR: &str = "token-of-the-administrator-who-deletes";

/// A server on a database, which is killed and started again.
pub(super) struct Victim {
    folder: Arc<TempDir>,
    database: String,
    server: Option<Server>,
}

impl Victim {
    pub(super) fn start(database: String) -> Result<Self> {
        let mut victim = Self { folder: Arc::new(TempDir::new()?), database, server: None };
        victim.start_again()?;
        Ok(victim)
    }

    pub(super) fn start_again(&mut self) -> Result<()> {
        ensure!(self.server.is_none(), "the server runs already");
        let launch = Launch::in_folder(Arc::clone(&self.folder))
            .variable("DATABASE_URL", &self.database)
            .variable("AUTHSOME_MASTER_KEY", MasterKey::from_bytes([7; 32]).to_base64().expose())
            .variable("AUTHSOME_ADMIN_TOKEN", ADMINISTRATOR);
        self.server = Some(launch.start());
        Ok(())
    }

    /// Ends it as a power failure would.
    pub(super) fn kill(&mut self) -> Result<()> {
        self.server.take().context("the server runs")?.kill();
        Ok(())
    }

    /// Ends it as one asks for; it must not have panicked.
    pub(super) fn end(&mut self) -> Result<()> {
        let server = self.server.take().context("the server runs")?;
        ensure!(!server.log().contains("panicked"), "the server panicked");
        ensure!(server.stop().success(), "the server ends well");
        Ok(())
    }

    /// Somebody who names no environment.
    #[expect(clippy::expect_used, reason = "between a kill and a start nobody asks for a client")]
    fn anybody(&self) -> Client {
        let server = self.server.as_ref().expect("the server runs");
        server.client().header("X-Publishable-Key", PUBLISHABLE_KEY)
    }

    /// Somebody in an environment of the population's app.
    pub(super) fn client(&self, environment: &str) -> Client {
        self.anybody().environment(environment)
    }

    /// The holder of a session's token.
    pub(super) fn holder(&self, token: &str) -> Client {
        self.anybody().token(token)
    }

    /// The administrator, at the population's app.
    pub(super) fn administrator(&self) -> Client {
        self.holder(ADMINISTRATOR)
    }
}
