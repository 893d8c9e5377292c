//! API keys: credentials of programs.

mod entity;
mod store;

pub use entity::{ApiKey, ApiKeyState};
pub use store::ApiKeyStore;
