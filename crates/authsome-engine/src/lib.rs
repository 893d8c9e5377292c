//! Authsome's engine: builder, environment handles, services, hooks, events and background jobs.
//!
//! What lives here: the flows (sign-up, sign-in, refresh, reset, erasure), each check-and-act in one transaction or one
//! atomic verb of the store. What never does: a database, a web framework, the algorithm of a password, the transport
//! of a mail.
//!
//! ```
//! # use authsome_store_memory::MemoryStore;
//! # use authsome_plugin_password::PasswordPlugin;
//! use authsome_engine::{Config, Engine};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let auth = Engine::builder()
//!     .store(MemoryStore::new())
//!     .plugin(PasswordPlugin::default())
//!     .config(Config { app: "myapp".into(), ..Config::default() })
//!     .build()?;
//! auth.start().await?;
//!
//! let production = auth.environment("production").await?;
//! let nobody = production.users().get_by_email("alice@example.com").await;
//! assert!(nobody.is_err());
//! auth.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! - [`Engine`] is made by [`EngineBuilder`], started once, and cloned freely.
//! - [`Engine::environment`] is the only door to an environment's data: services hang on the [`EnvironmentHandle`] that
//!   it gives ([`Auth`], [`Users`], [`Sessions`], [`Account`], [`Devices`]).
//! - [`Authenticator::authenticate`] turns a presented token into an environment and a principal.
//! - Services stand on `authsome-context`, which does not know them. `facade` holds the types of applications, which
//!   hand services out; services do not name it.
//! - Every method of signing in ends in [`Auth::complete_sign_in`], which enforces the rules that no method may skip.
//!
//! To add a flow: check what needs no transaction, run the *before* hooks, do slow work, make ids and tokens, write
//! everything, its event included, in one transaction, then run the *after* hooks and wake the queue.

mod account;
mod api_keys;
mod apps;
mod audit;
mod auth;
mod authenticate;
mod devices;
mod environments;
mod every;
mod facade;
mod jobs;
mod jwt;
mod lockout;
mod passwords;
mod patch;
mod ports;
mod proofs;
mod rate;
mod session_config;
mod sessions;
mod sign_in_page;
mod users;
mod webhooks;

pub use account::Account;
pub use api_keys::{ApiKeys, IssuedApiKey, NewApiKey};
pub use apps::{AppPatch, Apps, NewApp};
pub use audit::{Audit, EventQuery};
pub use auth::{Auth, SignIn, SignUp, SignUpOutcome};
pub use authenticate::{Accepted, Authenticated, Authenticator, Refused};
pub use authsome_context::{BuildError, Config, Progress};
#[doc(hidden)]
pub use authsome_context::{Published, unknown_key};
pub use devices::{DevicePatch, Devices};
pub use environments::{
    EnvironmentCopy, EnvironmentPatch, EnvironmentSetup, Environments, NewEnvironment, WebhookSetup,
};
pub use facade::{Engine, EngineBuilder, EnvironmentHandle, StartError};
pub use jwt::{Rotation, SigningKeys};
#[doc(hidden)]
pub use rate::{RateDecision, RateLimiter};
pub use sessions::Sessions;
pub use sign_in_page::SignInPage;
pub use users::{NewUser, ProfilePatch, UserPatch, Users};
pub use webhooks::WebhookSecret;
