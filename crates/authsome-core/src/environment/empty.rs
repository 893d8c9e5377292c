//! Taking out of an environment what lives in it.

use crate::error::StoreError;
use crate::records::{DeleteRequest, Reach, Records};
use crate::schema::TableDef;
use crate::scope::{PerEnvironment, Scope};

/// Deletes at most `limit` rows (1 to 1,000) that a table, core's or a plugin's, holds of an environment, and says how
/// many. Rows that refer to them by `Cascade` go with them, so children are taken out before their parents.
///
/// # Errors
/// [`StoreError::Invalid`] where the table is not one of environments; [`StoreError::Reference`].
pub async fn delete_rows(
    table: &'static TableDef,
    scope: &Scope,
    limit: u32,
    records: &(impl Records + ?Sized),
) -> Result<u64, StoreError> {
    records.delete(DeleteRequest::new(table, &Reach::within::<PerEnvironment>(scope), Vec::new(), limit)?).await
}
