//! Apps: what environments belong to.

mod entity;
mod store;

pub use entity::App;
pub use store::AppStore;
