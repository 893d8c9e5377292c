//! `authsome serve`.

use authsome::core::entity::Page;
use authsome::core::environment::EnvironmentType;
use authsome::engine::Engine;
use authsome::http::{Http, HttpOptions};

use crate::config::{Config, Flags, MailConfig, ServeFlags};
use crate::data_dir::{self, DataDir};
use crate::failure::{Failure, chain};
use crate::plugins::Plugins;
use crate::{assembly, log, master_key, serve};

pub(super) const EXAMPLES: &str = "Examples:
  authsome serve                                             SQLite in the data folder
  authsome serve --listen 127.0.0.1:0                        a free port; the first line says which
  authsome serve --database sqlite:/srv/auth.db              a database file elsewhere
  DATABASE_URL=postgres://… AUTHSOME_MASTER_KEY=… authsome serve
                                                             on PostgreSQL; the key is from `authsome keygen`
  authsome serve --public-url https://auth.example.com --trusted-proxies 10.0.0.0/8
                                                             behind a proxy that ends TLS

If the database cannot be reached at the start, the program ends with code 2, for a supervisor to start it again. If it
goes away later, requests are answered with 503 until it is back.

SIGTERM and SIGINT finish the requests in flight, then the program ends with code 0; a second one ends it at once.";

/// Serves until a signal ends it.
pub(super) async fn run(flags: &Flags, serve_flags: &ServeFlags, plugins: Plugins) -> Result<(), Failure> {
    let config = Config::load(flags, serve_flags)?;
    log::start(&config, "info")?;
    let mut signals = serve::Signals::listen()?;
    let data = DataDir::open(&config.data_dir)?;
    let (listener, address) = serve::bind(config.listen).await?;

    let (store, key) = master_key::open_database(&config, &data, &plugins).await?;
    let admin_token = assembly::admin_token(&config, &data, &key)?;
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://localhost:{}", address.port()));
    let engine_config =
        authsome::engine::Config { public_url, rate_limits: config.rate_limits, ..authsome::engine::Config::default() };
    let engine = assembly::engine(engine_config, store, key, assembly::mailer(&config.mail)?, plugins)?;
    tokio::select! {
        started = engine.start() => started.map_err(|error| assembly::not_started(&error))?,
        // Uncommitted work leaves nothing.
        () = signals.next() => return Ok(()),
    }
    // Only now, so that a failing start prints one line.
    tell(&config, &data);
    warn_of_missing_mail(&engine, &config.mail).await?;

    let options = HttpOptions {
        admin_token: Some(admin_token),
        trusted_proxies: config.trusted_proxies,
        ..HttpOptions::default()
    };
    let router = Http::new(&engine, options)
        .standalone()
        .map_err(|error| Failure::run(chain(&error), "remove the plugin that declares the route again"))?;
    serve::announce(address)?;
    serve::serve(listener, router, async {
        signals.next().await;
        tracing::info!("a signal ends the server; another one ends it at once");
        tokio::spawn(async move {
            signals.next().await;
            std::process::exit(1);
        });
    })
    .await;

    engine.stop().await;
    if let Err(error) = engine.store().close().await {
        tracing::warn!(error = %chain(&error), "the store did not close");
    }
    tracing::info!("ended");
    Ok(())
}

/// Logs what an operator must know.
fn tell(config: &Config, data: &DataDir) {
    tracing::info!(folder = %data.path().display(), "data folder");
    let token_file = assembly::admin_token_file(config, data);
    if let Some(file) = &token_file {
        tracing::info!(file = %file.display(), "the administrator's token is in a file");
    }
    for file in token_file.into_iter().chain([data.master_key_file()]) {
        if data_dir::open_to_others(&file) {
            tracing::warn!(file = %file.display(), "other users can read this secret: set its mode to 0600");
        }
    }
    for variable in &config.unknown_variables {
        tracing::warn!(variable, "the environment variable is unknown to this program");
    }
    if !config.rate_limits {
        tracing::warn!("rate limits are off: this is only for load tests");
    }
}

/// Warns of a production environment without a mail server.
async fn warn_of_missing_mail(engine: &Engine, mail: &MailConfig) -> Result<(), Failure> {
    let MailConfig::Folder(folder) = mail else { return Ok(()) };
    let failure = |error: authsome::core::error::Error| Failure::run(chain(&error), "see `authsome doctor`");
    let app = engine.configured_app().await.map_err(failure)?;
    let environments = engine.store().list_environments(app.id, Page::first(Page::<()>::MAX_LIMIT)).await;
    let environments = environments.map_err(|error| failure(error.into()))?;
    for environment in environments.data {
        if environment.kind == EnvironmentType::Production && environment.is_active {
            tracing::warn!(
                environment = environment.slug,
                folder = %folder.display(),

                    "mail is not configured: mails of a production environment are written to a folder; set \
                    AUTHSOME_SMTP_URL"
            );
        }
    }
    Ok(())
}
