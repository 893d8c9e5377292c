//! Users.

mod entity;
mod store;

pub use entity::User;
pub use store::{UserQuery, UserStore};
