//! Requests: one type a verb, made by entities alone.

mod change;
mod check;
mod delete;
mod find;
mod insert;
mod reach;
mod selected;
mod touch;
mod update;
mod upsert;

pub use change::Change;
pub use delete::DeleteRequest;
pub use find::{CountRequest, Direction, FindRequest, Order};
pub use insert::{InsertRequest, MAX_ROWS};
pub(crate) use reach::Reach;
pub use selected::Selected;
pub(crate) use selected::Selection;
pub use touch::TouchRequest;
pub use update::UpdateRequest;
pub use upsert::UpsertRequest;

/// The most rows that one find returns and one delete removes.
pub const MAX_LIMIT: u32 = 1_000;
