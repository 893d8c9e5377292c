//! Users.

mod entity;
mod search;
mod store;

pub use entity::User;
pub use store::{UserQuery, UserStore};
