//! Tables as data: what the entities declare, what migrations make, and what a live database is compared with.

mod table;
mod whole;

pub use crate::scope::ScopeLevel;
pub use table::{ColumnDef, IndexDef, OnDelete, ReferenceDef, TableDef};
pub use whole::{Schema, SchemaError};
