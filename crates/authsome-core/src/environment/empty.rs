//! Emptying an environment.

use crate::error::StoreError;
use crate::records::{DeleteRequest, Reach, Records, Selection};
use crate::schema::TableDef;
use crate::scope::{PerEnvironment, Scope};

/// Deletes at most `limit` rows (1 to 1,000) of an environment from a table, core's or a plugin's, and says how many.
/// Rows that refer to them by `Cascade` go with them, so empty the tables of children before those of their parents.
///
/// # Errors
/// [`StoreError::Invalid`] for a table that is not scoped to environments; [`StoreError::Reference`].
pub async fn delete_rows(
    table: &'static TableDef,
    scope: &Scope,
    limit: u32,
    records: &(impl Records + ?Sized),
) -> Result<u64, StoreError> {
    let rows = Selection::new(table, Reach::within::<PerEnvironment>(scope));
    records.delete(DeleteRequest::new(rows, limit)?).await
}
