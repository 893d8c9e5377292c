//! Tables as data: what the entities declare, what migrations make, and what a live database is compared with.

mod table;
mod whole;

pub use table::{ColumnDef, IndexDef, OnDelete, ReferenceDef, ScopeLevel, TableDef};
pub use whole::{Schema, SchemaError};
