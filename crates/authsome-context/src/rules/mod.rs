//! Rules as pure functions.

pub mod name;
pub mod network;
pub mod publishable;
pub mod slug;
pub mod tokens;
