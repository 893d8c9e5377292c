//! Sessions and their refresh tokens.

mod entity;
mod store;

pub use entity::{RefreshToken, RefreshTokenState, Session, SessionState};
pub use store::SessionStore;
