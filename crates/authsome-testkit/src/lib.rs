//! What an application's tests stand on: an engine in memory whose time, mails and people the test holds in its hands.
//!
//! ```
//! use std::time::Duration;
//!
//! use authsome_core::error::Code;
//! use authsome_core::route::Client;
//! use authsome_engine::{Accepted, SignUp};
//! use authsome_plugin_password::PasswordPlugin;
//! use authsome_testkit::TestKit;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let kit = TestKit::with(|engine| engine.plugin(PasswordPlugin::default())).await;
//! let here = kit.here().await;
//!
//! // A person who is signed in, without a password and its cost.
//! let alice = kit.signed_in(&here, "alice@example.com").await;
//! let authenticate = || async {
//!     kit.engine
//!         .authenticator()
//!         .authenticate(alice.token.expose(), Accepted::Sessions, |_| true, &Client::default())
//!         .await
//! };
//! assert!(authenticate().await.is_ok());
//!
//! // Time passes when the test says so.
//! kit.advance(Duration::from_secs(8 * 86_400));
//! assert_eq!(authenticate().await.unwrap_err().error.code(), Code::TokenExpired);
//!
//! // Mails are sent when the test says so, and are there to be read.
//! let bob = SignUp::new("bob@example.com".parse()?, kit.password("correct horse battery"));
//! let _signed_up = here.auth().sign_up(bob, &Client::default()).await?;
//! kit.run_jobs().await;
//! here.account().verify_email(&kit.mails.last_to("bob@example.com").token()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! What lives here: [`TestKit`], the [`Mails`] that it catches, and [`TestFactor`], a second factor whose code is known.
//! What never does: a plugin that an application could use, or a web framework. The application adds its own plugins, and
//! puts its own router in front of [`TestKit::engine`].
//!
//! What fails in here fails the test that asked for it: these functions panic where others return an error.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what fails here fails the test that asked for it")]

mod factor;
mod kit;
mod mails;
mod people;

pub use factor::TestFactor;
pub use kit::TestKit;
pub use mails::{CaughtMail, Mails, Mood};
