//! An axum application with accounts, and a route of its own that only a signed-in user of staging or production
//! reaches.
//!
//! `cargo run --example axum_app`, then:
//!
//! ```sh
//! curl -s localhost:3000/v1/auth/signup -H 'X-Authsome-Environment: staging' \
//!      --json '{"email": "ada@example.com", "password": "correct horse battery"}'
//! curl -s localhost:3000/notes -H "Authorization: Bearer $TOKEN"
//! ```

use std::net::SocketAddr;
use std::sync::Arc;

use authsome::core::environment::EnvironmentType;
use authsome::core::error::{Code, Error};
use authsome::http::{CurrentEnvironment, CurrentUser, EnvironmentLayer, HttpOptions, Rejection, RequireSession};
use authsome::password::PasswordPlugin;
use authsome::sqlite::SqliteStore;
use authsome::{Config, Engine};
use axum::Router;
use axum::routing::get;

/// The user of the notes, and their environment.
async fn notes(
    RequireSession(session): RequireSession,
    CurrentUser(user): CurrentUser,
    CurrentEnvironment(here): CurrentEnvironment,
) -> Result<String, Rejection> {
    if here.environment.kind == EnvironmentType::Development {
        return Err(Error::new(Code::Forbidden, "there are no notes in development").into());
    }
    Ok(format!("notes of {} in {}, read in session {}\n", user.email, here.environment.slug, session.id))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The data ends with the process; `SqliteStore::connect("sqlite:app.db")` keeps it.
    let store = SqliteStore::in_memory().await?;
    let auth = Engine::builder()
        .store(Arc::new(store))
        .plugin(PasswordPlugin::default())
        .config(Config { app: "notes".to_owned(), public_url: "http://localhost:3000".to_owned(), ..Config::default() })
        .build()?;
    auth.start().await?;

    let own = Router::new().route("/notes", get(notes)).layer(EnvironmentLayer::new(&auth, HttpOptions::default()));
    let app = own.merge(authsome::http::router(&auth, HttpOptions::default())?);

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 3000)).await?;
    // The peer's address is what rate limits count by.
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
