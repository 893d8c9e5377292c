//! [`Dialect`]: what a SQL database does differently from the next one.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::migration::{self, LiveTable};
use authsome_core::records::Row;
use authsome_core::schema::{IndexDef, TableDef};
use authsome_core::value::{ColumnType, DecodeError, Value};
use sea_orm::sea_query::{self, Expr, Query};
use sea_orm::{
    ConnectionTrait, DatabaseExecutor, DatabaseTransaction, DbBackend, DbErr, QueryResult, TransactionOptions,
};

use crate::catalogue::Catalogue;

/// What went wrong, as far as the database's error says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Two rows would agree in a primary key or unique index. Its name, if the error has one: of several that
    /// the statement broke, any.
    Conflict(Option<String>),
    /// A reference would dangle. Its name, if the error has one: of several that the statement broke, any.
    Reference(Option<String>),
    /// Another transaction was in the way; the same work may succeed when it is run again.
    Contention,
    /// The database cannot be reached or read, or did not answer in time.
    Unavailable,
    /// Anything else.
    Other,
}

impl Fault {
    /// Whether the error leaves it open which constraint was broken.
    pub(crate) const fn is_nameless(&self) -> bool {
        matches!(self, Self::Conflict(None) | Self::Reference(None))
    }

    /// Whether a constraint was broken.
    pub(crate) const fn is_broken_constraint(&self) -> bool {
        matches!(self, Self::Conflict(_) | Self::Reference(_))
    }
}

/// What a SQL database does differently from the next one. The rest of a backend is in this crate.
#[async_trait]
pub trait Dialect: fmt::Debug + Send + Sync + 'static {
    /// The name by which raw statements of migrations are chosen.
    fn name(&self) -> migration::Dialect;

    /// The sea-orm backend.
    fn backend(&self) -> DbBackend;

    /// Checks that the database answers, and refuses settings under which a store cannot keep its promises.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Invalid`] for a setting that somebody has to change.
    async fn ping(&self, connection: &DatabaseExecutor<'_>) -> Result<(), StoreError> {
        let mut select = Query::select();
        select.expr(Expr::cust("1"));
        let answer = connection.query_all(&select).await;
        answer.map(|_| ()).map_err(|error| StoreError::unavailable(self.message(&error)))
    }

    /// How a transaction begins, so that it is snapshot-isolated.
    fn begin_options(&self) -> TransactionOptions;

    /// How long a transaction may take to begin, the wait for its connection included; `None` where that takes its
    /// time.
    fn begin_limit(&self) -> Option<Duration> {
        None
    }

    /// Told before a transaction's begin is dropped in the middle, on a connection that may then be in a transaction that
    /// the driver does not know. Says whether that connection, where it lives, is not used again; otherwise the
    /// begin goes on to its end, and nobody waits for it.
    fn retire_connections(&self) -> bool {
        false
    }

    /// What a transaction does first, so that it reads the state at its begin.
    ///
    /// # Errors
    /// What the database says.
    async fn begun(&self, _transaction: &DatabaseTransaction) -> Result<(), DbErr> {
        Ok(())
    }

    /// Whether a transaction keeps every other writer out from its begin to its end. Where it does, touching a row is
    /// done by finding it, no row needs a lock, and a migration run is one transaction. Where it does not, its lock is
    /// held by a transaction beside those of its steps.
    fn has_one_writer(&self) -> bool;

    /// How many parameters a statement may have.
    fn max_parameters(&self) -> usize;

    /// How columns are declared, with their collation (text is compared byte for byte), and what is asked about tables.
    fn catalogue(&self) -> &'static Catalogue;

    /// What follows the parenthesis of `CREATE TABLE`.
    fn table_options(&self) -> Option<&'static str> {
        None
    }

    /// Refuses a table that the database cannot hold as it is declared.
    ///
    /// # Errors
    /// [`StoreError::Invalid`].
    fn check_table(&self, _table: &TableDef) -> Result<(), StoreError> {
        Ok(())
    }

    /// Statements that follow a migration step which made these indexes, primary keys among them.
    fn after_indexes(&self, _made: &[(&TableDef, &IndexDef)]) -> Vec<String> {
        Vec::new()
    }

    /// The parameter for a value of a column of this type.
    fn encode(&self, value: &Value, ty: ColumnType) -> sea_orm::Value;

    /// The value at a position of a result, read as this type.
    ///
    /// # Errors
    /// [`DecodeError`] if the stored value does not fit.
    fn decode(&self, row: &QueryResult, position: usize, ty: ColumnType) -> Result<Value, DecodeError>;

    /// The expression that is written into a column of this type.
    fn written(&self, value: &Value, ty: ColumnType) -> sea_query::Expr {
        sea_query::Expr::Value(self.encode(value, ty))
    }

    /// What an error means.
    fn classify(&self, error: &DbErr) -> Fault;

    /// What an error says, without anything of a row.
    fn message(&self, error: &DbErr) -> String {
        error.to_string()
    }

    /// Tries to take the lock that serializes migration runs, for as long as this transaction lasts. Where beginning
    /// the transaction took it already, there is nothing to do.
    ///
    /// # Errors
    /// What the database says.
    async fn try_lock(&self, _transaction: &DatabaseTransaction) -> Result<bool, DbErr> {
        Ok(true)
    }

    /// What a transaction does first in which steps of a migration are carried out, beside the one that holds the
    /// lock. Only dialects with several writers have one.
    ///
    /// # Errors
    /// What the database says.
    async fn begun_steps(&self, _transaction: &DatabaseTransaction) -> Result<(), DbErr> {
        Ok(())
    }

    /// The live tables of these names, as far as they exist, in the order of the names; references in the order in
    /// which they were made.
    ///
    /// # Errors
    /// What the database says.
    async fn introspect(&self, connection: &DatabaseExecutor<'_>, tables: &[String]) -> Result<Vec<LiveTable>, DbErr> {
        self.catalogue().introspect(connection, tables).await
    }
}

/// The row of a result with the table's columns, in their order.
///
/// # Errors
/// [`StoreError::Corrupt`] if a value does not fit its column.
pub(crate) fn decode_row(dialect: &dyn Dialect, table: &TableDef, row: &QueryResult) -> Result<Row, StoreError> {
    let mut values = Row::with_capacity(table.columns.len());
    for (position, column) in table.columns.iter().enumerate() {
        values.push(dialect.decode(row, position, column.ty).map_err(|DecodeError| StoreError::Corrupt {
            table: table.name.clone(),
            column: column.name.clone(),
            id: id_of(dialect, table, row),
        })?);
    }
    Ok(values)
}

fn id_of(dialect: &dyn Dialect, table: &TableDef, row: &QueryResult) -> String {
    let id = table.position(&table.id).and_then(|position| dialect.decode(row, position, ColumnType::Text).ok());
    match id {
        Some(Value::Text(id)) => id,
        _ => "?".to_owned(),
    }
}
