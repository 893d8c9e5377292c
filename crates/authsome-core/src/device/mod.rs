//! The devices that people sign in with.

mod entity;
mod store;

pub use entity::Device;
pub use store::DeviceStore;
