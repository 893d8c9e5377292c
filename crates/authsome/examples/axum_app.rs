//! An axum application with accounts, and a route of its own that only a signed-in user of staging or production
//! reaches.
//!
//! `cargo run --example axum_app`, then:
//!
//! ```sh
//! curl -s localhost:3000/v1/auth/signup -H 'X-Authsome-Environment: staging' \
//!      --json '{"email": "ada@example.com", "password": "correct horse battery"}'
//! curl -s localhost:3000/notes -H "Authorization: Bearer $TOKEN"
//! curl -s localhost:3000/
//! ```

use std::net::SocketAddr;

use authsome::prelude::*;
use axum::Router;
use axum::routing::get;

/// The user of the notes, and their environment.
async fn notes(
    RequireSession(session): RequireSession,
    CurrentUser(user): CurrentUser,
    CurrentEnvironment(here): CurrentEnvironment,
) -> Result<String, Rejection> {
    if here.environment.kind == EnvironmentType::Development {
        return Err(Error::new(Code::Forbidden, "development has no notes").into());
    }
    Ok(format!("notes of {} in {}, read in session {}\n", user.email, here.environment.slug, session.id))
}

/// Greets whoever is signed in by name, and everybody else too.
async fn greet(user: Option<CurrentUser>) -> String {
    user.map_or_else(|| "hello\n".to_owned(), |CurrentUser(user)| format!("hello {}\n", user.email))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let auth = Engine::builder()
        // Gone with the process; `SqliteStore::connect("sqlite:app.db")` keeps it.
        .store(SqliteStore::in_memory().await?)
        .plugin(PasswordPlugin::default())
        .config(Config { app: "notes".to_owned(), public_url: "http://localhost:3000".to_owned(), ..Config::default() })
        .build()?;
    auth.start().await?;

    let http = Http::new(&auth, HttpOptions::default());
    let people = Router::new().route("/notes", get(notes)).route("/", get(greet)).layer(http.layer());
    let programs = Router::new()
        .route("/report", get(|| async { "for keys that may read users\n" }))
        .layer(http.require(Permission::read(Resource::Users)));
    let app = people.merge(programs).merge(http.router()?);

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 3000)).await?;
    // The peer's address is what rate limits count by.
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
