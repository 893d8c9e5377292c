//! [`State`]: everything that the store holds at one moment.

use std::sync::Arc;

use authsome_core::error::StoreError;
use authsome_core::migration::AppliedStep;
use rpds::RedBlackTreeMapSync;

use crate::error::Refusal;
use crate::table::Table;

/// Everything that the store holds at one moment. A clone shares everything and costs a few pointers.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) tables: RedBlackTreeMapSync<Arc<str>, Table>,
    /// The migrations that made the tables, oldest first; `None` before the first run.
    pub(crate) history: Option<Arc<[AppliedStep]>>,
}

impl State {
    pub(crate) fn empty() -> Self {
        Self { tables: RedBlackTreeMapSync::new_sync(), history: None }
    }

    pub(crate) fn table(&self, name: &str) -> Result<&Table, StoreError> {
        Ok(self.tables.get(name).ok_or_else(|| Refusal::NoTable(name.to_owned()))?)
    }

    pub(crate) fn set_table(&mut self, table: Table) {
        self.tables.insert_mut(table.def.name.as_str().into(), table);
    }
}
