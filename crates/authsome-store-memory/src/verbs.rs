//! What each verb does to a [`State`]. After an error the state is of no use: callers work on a copy and drop it.

use std::sync::Arc;

use authsome_core::error::StoreError;
use authsome_core::records::{
    Change, CountRequest, DeleteRequest, FindRequest, InsertRequest, Row, TouchRequest, UpdateRequest, UpsertRequest,
};

use crate::filter::Condition;
use crate::index::StoredRow;
use crate::layout::{Layout, changed, position_of};
use crate::plan::{Sorting, count, select};
use crate::state::State;
use crate::table::Table;

impl State {
    pub(crate) fn insert(&mut self, request: &InsertRequest) -> Result<u64, StoreError> {
        let table = self.table(&request.table().name)?;
        let layout = Layout::new(request.table(), &table.def)?;
        let rows = request.rows().iter().map(|row| layout.stored(row)).collect::<Result<_, _>>()?;
        self.add(table.clone(), rows, request.if_absent())
    }

    pub(crate) fn find(&self, request: &FindRequest) -> Result<Vec<Row>, StoreError> {
        let table = self.table(&request.table().name)?;
        let layout = Layout::new(request.table(), &table.def)?;
        let condition = Condition::new(request.predicate(), &table.def)?;
        let sorting = Sorting {
            column: position_of(&table.def, request.order().column)?,
            id: position_of(&table.def, &table.def.id)?,
            direction: request.order().direction,
        };
        let selection = select(table, &condition, Some(sorting), at_most(request.limit()));
        tracing::trace!(index = selection.index.name, visited = selection.visited, "found");
        Ok(selection.rows.iter().map(|row| layout.read(row)).collect())
    }

    pub(crate) fn count(&self, request: &CountRequest) -> Result<u64, StoreError> {
        let table = self.table(&request.table().name)?;
        Ok(number(count(table, &Condition::new(request.predicate(), &table.def)?)))
    }

    pub(crate) fn update(&mut self, request: &UpdateRequest) -> Result<Option<Row>, StoreError> {
        let table = self.table(&request.table().name)?.clone();
        let layout = Layout::new(request.table(), &table.def)?;
        let changed = self.change(&table, request, 1)?;
        Ok(changed.first().map(|row| layout.read(row)))
    }

    pub(crate) fn update_all(&mut self, request: &UpdateRequest) -> Result<u64, StoreError> {
        let table = self.table(&request.table().name)?.clone();
        Ok(number(self.change(&table, request, usize::MAX)?.len()))
    }

    pub(crate) fn upsert(&mut self, request: &UpsertRequest) -> Result<Row, StoreError> {
        let table = self.table(&request.table().name)?.clone();
        let layout = Layout::new(request.table(), &table.def)?;
        let row = layout.stored(request.row())?;
        let key = request.key().iter().map(|column| position_of(&table.def, column));
        let key = key.collect::<Result<Vec<_>, _>>()?;
        let condition = Condition::equal(key.iter().filter_map(|column| Some((*column, row.get(*column)?))));
        let present = select(&table, &condition, None, 1).rows;
        if present.is_empty() {
            self.add(table.clone(), vec![Arc::clone(&row)], false)?;
            return Ok(layout.read(&row));
        }
        let changed = self.rewrite(table.clone(), &present, request.changes())?;
        Ok(layout.read(changed.first().unwrap_or(&row)))
    }

    pub(crate) fn delete(&mut self, request: &DeleteRequest) -> Result<u64, StoreError> {
        let table = self.table(&request.table().name)?;
        let condition = Condition::new(request.predicate(), &table.def)?;
        let rows = select(table, &condition, None, at_most(request.limit())).rows;
        let deleted = number(rows.len());
        self.remove(&request.table().name, rows)?;
        Ok(deleted)
    }

    pub(crate) fn touch(&self, request: &TouchRequest) -> Result<bool, StoreError> {
        let table = self.table(&request.table().name)?;
        let condition = Condition::new(request.predicate(), &table.def)?;
        Ok(!select(table, &condition, None, 1).rows.is_empty())
    }

    /// Adds rows, and says how many were not left out.
    fn add(&mut self, mut table: Table, rows: Vec<StoredRow>, if_absent: bool) -> Result<u64, StoreError> {
        let mut added = Vec::with_capacity(rows.len());
        for row in rows {
            match table.conflict(&row) {
                Some(_) if if_absent => continue,
                Some(position) => return Err(table.conflict_error(position)),
                None => {}
            }
            table.put(&row);
            added.push(row);
        }
        self.set_table(table.clone());
        self.check_references(&table, &added, |_| true)?;
        Ok(number(added.len()))
    }

    fn change(&mut self, table: &Table, request: &UpdateRequest, limit: usize) -> Result<Vec<StoredRow>, StoreError> {
        let condition = Condition::new(request.predicate(), &table.def)?;
        let rows = select(table, &condition, None, limit).rows;
        self.rewrite(table.clone(), &rows, request.changes())
    }

    /// Changes rows, one after the other, and returns them as they are afterwards.
    fn rewrite(
        &mut self,
        mut table: Table,
        rows: &[StoredRow],
        changes: &[Change],
    ) -> Result<Vec<StoredRow>, StoreError> {
        let mut after = Vec::with_capacity(rows.len());
        for row in rows {
            let row_after = changed(row, changes, &table.def)?;
            table.take(row);
            if let Some(position) = table.conflict(&row_after) {
                return Err(table.conflict_error(position));
            }
            table.put(&row_after);
            after.push(row_after);
        }
        self.set_table(table.clone());
        let is_changed = |column: &String| changes.iter().any(|change| change.column() == column);
        self.check_references(&table, &after, |reference| reference.columns.iter().any(is_changed))?;
        Ok(after)
    }
}

fn at_most(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
