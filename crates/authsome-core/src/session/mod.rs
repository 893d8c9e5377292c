//! Sessions and their refresh tokens.

mod entity;
mod store;
mod view;

pub use entity::{RefreshToken, RefreshTokenState, SEVERAL_FACTORS, Session, SessionState};
pub use store::SessionStore;
pub use view::{SessionAnswer, SessionView};
