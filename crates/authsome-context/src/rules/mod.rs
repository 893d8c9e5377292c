//! Rules that need nothing but their arguments.

pub mod name;
pub mod network;
pub mod publishable;
pub mod slug;
pub mod tokens;
