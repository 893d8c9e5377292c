//! The base of every service of Authsome.
//!
//! What lives here: what services use and what uses no service. [`Foundation`] is what an engine is made of;
//! [`EnvironmentContext`] says where a service acts, for whom, from where, and when. Beside them: the cache, effective
//! settings, the capabilities of plugins, hooks, events, the selection of a request's environment, and pure [`rules`].
//! What never does: a flow.
//!
//! - [`Foundation::change`] writes cached rows: apps, environments, settings, signing keys.
//! - A service of an environment is made from an [`EnvironmentContext`], one of the installation from a [`Foundation`].

mod cache;
mod config;
mod environment;
mod events;
mod foundation;
mod hooks;
mod keys;
mod leases;
mod notices;
mod plugins;
mod progress;
pub mod refusals;
pub mod rules;
mod selection;
pub mod settings;
mod wakers;

pub use cache::{Cache, Kept, KeyRing};
pub use config::Config;
pub use environment::{EnvironmentContext, TOUCH_EVERY};
pub use events::nothing;
pub use foundation::{Foundation, Parts};
pub use keys::Keys;
pub use leases::{Dealt, LEASE, Leases};
pub use plugins::{BuildError, PASSWORD, Plugins};
pub use progress::{Budget, Progress};
pub use selection::{Published, unknown_key};
pub use wakers::{Waker, Wakers};
