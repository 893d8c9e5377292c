//! Events: what happened, written in the transaction that made it happen.

mod entity;

pub use entity::{AppEvent, Event};
