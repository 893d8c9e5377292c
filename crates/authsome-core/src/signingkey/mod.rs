//! The keys that sign an environment's JSON Web Tokens.

mod entity;

pub use entity::{SigningKey, SigningKeyState};
