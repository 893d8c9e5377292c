//! Authsome: an authentication engine on the database you already have.
//!
//! What lives here: re-exports of everything that an application needs, and features that choose it. What never does:
//! code.
//!
//! # Embedding it
#![cfg_attr(all(feature = "http", feature = "memory", feature = "password"), doc = "```")]
#![cfg_attr(not(all(feature = "http", feature = "memory", feature = "password")), doc = "```ignore")]
//! use std::sync::Arc;
//!
//! use authsome::http::{HttpOptions, router};
//! use authsome::memory::MemoryStore;                                // or sqlite::SqliteStore, pg::PgStore, …
//! use authsome::password::PasswordPlugin;
//! use authsome::{Config, Engine};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let auth = Engine::builder()
//!     .store(Arc::new(MemoryStore::new()))                          // the only required option
//!     .plugin(PasswordPlugin::default())
//!     .config(Config { app: "myapp".into(), base_path: "/v1/auth".into(), ..Config::default() })
//!     .build()?;                                                    // no store: BuildError::MissingStore
//! auth.start().await?;                                              // migrates core and plugins in one run, starts
//! jobs let app: axum::Router = axum::Router::new().merge(router(&auth, HttpOptions::default())?);
//!
//! let production = auth.environment("production").await?;           // the only door to an environment's data
//! let missing = production.users().get_by_email("alice@example.com").await;
//! assert_eq!(missing.unwrap_err().code(), authsome::core::error::Code::NotFound);
//! # auth.stop().await;
//! # drop(app);
//! # Ok(())
//! # }
//! ```
//!
//! `examples/axum_app.rs` is a whole application, with a route of its own that only a signed-in user reaches.
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

pub use authsome_engine::{BuildError, Config, Engine, EngineBuilder, EnvironmentHandle, StartError};
