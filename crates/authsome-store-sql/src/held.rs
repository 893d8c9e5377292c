//! Which reference keeps rows from being deleted, which the database's error may not say.
//!
//! Everything that would go is known before anything is said to hold it: what refers to a deleted row by `Cascade` goes
//! with it, by whatever path, and what goes holds nothing. Of several references, the first by the child's table, then
//! by its place in that table, is reported.
//!
//! All of this runs after the failed statement, in a transaction that sees the rows as they were before it and that is
//! rolled back. What is kept in memory is the keys of what would go.

use std::collections::{BTreeMap, HashSet};

use authsome_core::error::StoreError;
use authsome_core::migration::LiveTable;
use authsome_core::records::DeleteRequest;
use authsome_core::schema::{OnDelete, ReferenceDef};
use authsome_core::value::{ColumnType, Value};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, IntoIden, Query, SelectStatement};

use crate::error::Failure;
use crate::predicate::{all, parameter};
use crate::verb::Session;

/// By how many parents children are looked for at once.
const PARENTS_AT_ONCE: usize = 500;

/// The values of a primary key, which are all text.
type Key = Vec<String>;

/// The first reference that keeps the rows of a request from being deleted.
pub(crate) async fn by(session: &Session<'_>, request: &DeleteRequest) -> Result<Option<String>, Failure> {
    let root = &request.table().name;
    let mut search = Search { session, tables: BTreeMap::new(), children: BTreeMap::new(), doomed: BTreeMap::new() };
    search.meet(std::slice::from_ref(root)).await?;
    let Some(table) = search.tables.get(root) else { return Ok(None) };
    let mut rows = select_key(table);
    rows.and_where(session.statements().doomed(request));
    let rows = search.keys(&rows, table.primary_key.len()).await?;
    search.doom(root.clone(), rows).await?;
    search.first_holder().await
}

struct Search<'s> {
    session: &'s Session<'s>,
    /// Tables that have to do with the deletion.
    tables: BTreeMap<String, LiveTable>,
    /// Those that refer to a table.
    children: BTreeMap<String, Vec<String>>,
    /// What would go, by table.
    doomed: BTreeMap<String, HashSet<Key>>,
}

impl Search<'_> {
    /// Dooms rows and whatever falls with them.
    async fn doom(&mut self, table: String, rows: Vec<Key>) -> Result<(), Failure> {
        let mut waiting = vec![(table, rows)];
        while let Some((parent, rows)) = waiting.pop() {
            let known = self.doomed.entry(parent.clone()).or_default();
            let rows: Vec<Key> = rows.into_iter().filter(|row| known.insert(row.clone())).collect();
            if rows.is_empty() {
                continue;
            }
            for child in self.meet_children(&parent).await? {
                for reference in self.references(&child, &parent, OnDelete::Cascade) {
                    waiting.push((child.clone(), self.referring(&child, &reference, rows.iter()).await?));
                }
            }
        }
        Ok(())
    }

    /// The first reference by which a row that stays refers to one that would go.
    async fn first_holder(&self) -> Result<Option<String>, Failure> {
        for (child, table) in &self.tables {
            for reference in table.references.iter().filter(|reference| reference.on_delete == OnDelete::Restrict) {
                let Some(parents) = self.doomed.get(&reference.parent) else { continue };
                let holding = self.referring(child, reference, parents.iter()).await?;
                let goes = |row: &Key| self.doomed.get(child).is_some_and(|doomed| doomed.contains(row));
                if !holding.iter().all(goes) {
                    return Ok(Some(reference.name.clone()));
                }
            }
        }
        Ok(None)
    }

    /// The keys of the rows of a table that refer to one of these parents.
    async fn referring<'k>(
        &self,
        child: &str,
        reference: &ReferenceDef,
        parents: impl Iterator<Item = &'k Key> + Send,
    ) -> Result<Vec<Key>, Failure> {
        let (Some(table), Some(parent)) = (self.tables.get(child), self.tables.get(&reference.parent)) else {
            return Ok(Vec::new());
        };
        // Most parents differ in their last value alone: those are one list.
        let mut alike: BTreeMap<Key, Vec<String>> = BTreeMap::new();
        for key in parents {
            let value = |column| parent.primary_key.iter().zip(key).find(|(name, _)| *name == column);
            let mut values: Key =
                reference.parent_columns.iter().filter_map(value).map(|(_, value)| value.clone()).collect();
            if let Some(last) = values.pop() {
                alike.entry(values).or_default().push(last);
            }
        }
        let text = |text: &String| parameter(self.session.dialect, &Value::Text(text.clone()));
        let mut found = Vec::new();
        for (first, last) in &alike {
            for last in last.chunks(PARENTS_AT_ONCE) {
                let Some((last_column, first_columns)) = reference.columns.split_last() else { continue };
                let mut refer: Vec<Expr> = first_columns
                    .iter()
                    .zip(first)
                    .map(|(column, value)| Expr::col(column.clone()).eq(text(value)))
                    .collect();
                refer.push(Expr::col(last_column.clone()).is_in(last.iter().map(text)));
                let mut rows = select_key(table);
                rows.and_where(all(refer));
                found.extend(self.keys(&rows, table.primary_key.len()).await?);
            }
        }
        Ok(found)
    }

    /// The references of a table to a parent that do this when the parent goes.
    fn references(&self, child: &str, parent: &str, on_delete: OnDelete) -> Vec<ReferenceDef> {
        let references = self.tables.get(child).into_iter().flat_map(|table| &table.references);
        references.filter(|found| found.parent == parent && found.on_delete == on_delete).cloned().collect()
    }

    /// The tables that refer to a parent.
    async fn meet_children(&mut self, parent: &str) -> Result<Vec<String>, Failure> {
        if let Some(children) = self.children.get(parent) {
            return Ok(children.clone());
        }
        let children = self.session.dialect.catalogue().children(&self.session.executor, parent).await?;
        self.meet(&children).await?;
        self.children.insert(parent.to_owned(), children.clone());
        Ok(children)
    }

    async fn meet(&mut self, names: &[String]) -> Result<(), Failure> {
        let new: Vec<String> = names.iter().filter(|name| !self.tables.contains_key(*name)).cloned().collect();
        let live = self.session.dialect.introspect(&self.session.executor, &new).await?;
        self.tables.extend(live.into_iter().map(|table| (table.name.clone(), table)));
        Ok(())
    }

    /// The rows of a statement that selects as many columns of a key.
    async fn keys(&self, select: &SelectStatement, columns: usize) -> Result<Vec<Key>, Failure> {
        let rows = self.session.executor.query_all(select).await?;
        let key = |row| {
            let value = |position| match self.session.dialect.decode(row, position, ColumnType::Text) {
                Ok(Value::Text(value)) => Ok(value),
                _ => Err(StoreError::backend("a primary key is text")),
            };
            (0..columns).map(value).collect::<Result<Key, StoreError>>()
        };
        Ok(rows.iter().map(key).collect::<Result<_, _>>()?)
    }
}

fn select_key(table: &LiveTable) -> SelectStatement {
    let mut select = Query::select();
    select.columns(table.primary_key.iter().cloned()).from(table.name.clone().into_iden());
    select
}
