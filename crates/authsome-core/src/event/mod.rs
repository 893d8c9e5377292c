//! Events: a record of each change, written in the transaction of the change.

mod entity;

pub use entity::{AppEvent, Event};
