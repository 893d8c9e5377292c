//! An app's session configuration: settings for all its environments, and the form of its tokens.

mod entity;
mod store;

pub use entity::{AppSessionConfig, TokenFormat};
pub use store::AppSessionConfigStore;
