//! Users.

mod entity;
mod search;
mod store;
mod view;

pub use entity::User;
pub use store::{UserQuery, UserStore};
pub use view::{SignedInView, UserView};
