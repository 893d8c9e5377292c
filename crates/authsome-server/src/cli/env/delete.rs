//! `authsome env delete`.

use super::Of;
use crate::cli::open::Confirmation;
use crate::cli::{open, output};
use crate::failure::Failure;

pub(super) const ABOUT: &str = "Examples:
  authsome env delete preview
  authsome env delete old-production --confirm delete-environment

The environment is out of reach from then on; a running server removes its data. The default environment and the app's
last one of type production cannot be deleted. Any other of type production needs `--confirm delete-environment`.";

#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Slug or id
    environment: String,
    #[command(flatten)]
    confirmation: Confirmation,
}

pub(super) async fn run(of: &Of<'_>, arguments: &Arguments) -> Result<(), Failure> {
    let environment = of.named(&arguments.environment).await?;
    let deleted = of.environments.delete(environment.id, arguments.confirmation.given()).await;
    open::done(deleted, "the environment was not deleted", "env list")?;
    output::line(format!("{} was deleted; a running server removes its data", environment.slug))
}
