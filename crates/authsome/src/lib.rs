//! Authsome: an authentication engine on the database you already have.
//!
//! What lives here: re-exports of everything that an application needs, and features that choose it. What never does:
//! code.
//!
//! # Embedding it
#![cfg_attr(all(feature = "http", feature = "memory", feature = "password"), doc = "```")]
#![cfg_attr(not(all(feature = "http", feature = "memory", feature = "password")), doc = "```ignore")]
//! use authsome::prelude::*;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let auth = Engine::builder()
//!     .store(MemoryStore::new())                                    // or SqliteStore, PgStore, …: the only required option
//!     .plugin(PasswordPlugin::default())
//!     .config(Config { app: "myapp".into(), base_path: "/v1/auth".into(), ..Config::default() })
//!     .build()?;                                                    // no store: BuildError::MissingStore
//! auth.start().await?;                                              // migrates core and plugins, starts jobs
//! let app: axum::Router = axum::Router::new().merge(Http::new(&auth, HttpOptions::default()).router()?);
//!
//! let production = auth.environment("production").await?;           // the only door to an environment's data
//! let missing = production.users().get_by_email("alice@example.com").await;
//! assert_eq!(missing.unwrap_err().code(), Code::NotFound);
//! # auth.stop().await;
//! # drop(app);
//! # Ok(())
//! # }
//! ```
//!
//! `examples/axum_app.rs` is a whole application, with routes of its own for users, for keys, and for everybody. Where a
//! deployment migrates by itself, before anything starts, [`Engine::migrate`] runs what is pending of core and all plugins.
//!
//! # Features
//! | feature | brings | default |
//! |---|---|---|
//! | `sqlite` | [`sqlite`]: SQLite, bundled | yes |
//! | `password` | [`password`]: sign-in with a password | yes |
//! | `http` | [`http`]: the routes, and what guards an application's own | yes |
//! | `pg` | `pg`: PostgreSQL | no |
//! | `mongo` | `mongo`: MongoDB | no |
//! | `memory` | [`memory`]: a store in the process, for tests | no |
//! | `smtp` | `mail::SmtpMailer`: mail over SMTP | no |
//! | `testkit` | `testkit`: what an application's tests stand on | no |

pub use authsome_core as core;
pub use authsome_engine as engine;
#[cfg(feature = "http")]
pub use authsome_http as http;
pub use authsome_mail as mail;
pub use authsome_migrate as migrate;
#[cfg(feature = "password")]
pub use authsome_plugin_password as password;
#[cfg(feature = "memory")]
pub use authsome_store_memory as memory;
#[cfg(feature = "mongo")]
pub use authsome_store_mongo as mongo;
#[cfg(feature = "pg")]
pub use authsome_store_pg as pg;
#[cfg(feature = "sqlite")]
pub use authsome_store_sqlite as sqlite;
#[cfg(feature = "testkit")]
pub use authsome_testkit as testkit;

pub use authsome_engine::{BuildError, Config, Engine, EngineBuilder, EnvironmentHandle, StartError};

/// The names of every first program: `use authsome::prelude::*;`.
pub mod prelude {
    pub use authsome_core::environment::{EnvironmentType, Settings};
    pub use authsome_core::error::{Code, Error};
    pub use authsome_core::identity::Email;
    pub use authsome_core::permission::{Permission, Resource};
    pub use authsome_core::secret::{MasterKey, Password};
    pub use authsome_engine::{Config, Engine, EnvironmentHandle, NewUser, SignIn, SignUp};
    #[cfg(feature = "http")]
    pub use authsome_http::{CurrentEnvironment, CurrentUser, Http, HttpOptions, Rejection, RequireSession};
    #[cfg(feature = "password")]
    pub use authsome_plugin_password::PasswordPlugin;
    #[cfg(feature = "memory")]
    pub use authsome_store_memory::MemoryStore;
    #[cfg(feature = "mongo")]
    pub use authsome_store_mongo::MongoStore;
    #[cfg(feature = "pg")]
    pub use authsome_store_pg::PgStore;
    #[cfg(feature = "sqlite")]
    pub use authsome_store_sqlite::SqliteStore;
}

/// The README's program compiles.
#[cfg(all(doctest, feature = "http", feature = "password", feature = "sqlite"))]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
