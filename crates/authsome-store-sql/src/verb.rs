//! The record verbs on one connection or transaction.

use authsome_core::error::StoreError;
use authsome_core::records::{
    CountRequest, DeleteRequest, FindRequest, InsertRequest, Row, TouchRequest, UpdateRequest, UpsertRequest,
};
use authsome_core::schema::TableDef;
use authsome_core::value::{ColumnType, Value};
use sea_orm::{ConnectionTrait, DatabaseExecutor, StatementBuilder};

use crate::blame;
use crate::dialect::{Dialect, Fault, decode_row};
use crate::error::{Failure, store_error};
use crate::held;
use crate::predicate::expression;
use crate::statement::Statements;

/// A connection or transaction, and the dialect that it speaks.
pub(crate) struct Session<'c> {
    pub(crate) dialect: &'c dyn Dialect,
    pub(crate) executor: DatabaseExecutor<'c>,
}

impl<'c> Session<'c> {
    pub(crate) fn new(dialect: &'c dyn Dialect, executor: impl Into<DatabaseExecutor<'c>>) -> Self {
        Self { dialect, executor: executor.into() }
    }

    pub(crate) fn statements(&self) -> Statements<'c> {
        Statements(self.dialect)
    }

    pub(crate) async fn execute(&self, statement: &impl StatementBuilder) -> Result<u64, Failure> {
        Ok(self.executor.execute(statement).await?.rows_affected())
    }

    /// The rows of a statement that returns all columns of the table. It is run to its end: a statement that returns
    /// rows has done its work only then.
    pub(crate) async fn rows(&self, table: &TableDef, statement: &impl StatementBuilder) -> Result<Vec<Row>, Failure> {
        let found = self.executor.query_all(statement).await?;
        let rows = found.iter().map(|row| decode_row(self.dialect, table, row));
        Ok(rows.collect::<Result<_, StoreError>>()?)
    }

    /// Whether a statement returns a row.
    pub(crate) async fn answers(&self, statement: &impl StatementBuilder) -> Result<bool, Failure> {
        Ok(!self.executor.query_all(statement).await?.is_empty())
    }
}

/// A request, as work on a [`Session`]: one statement, and so atomic by itself.
pub(crate) trait Verb: Sync {
    /// What it answers.
    type Output: Send;

    /// Runs it.
    fn run(&self, session: &Session<'_>) -> impl Future<Output = Result<Self::Output, Failure>> + Send;

    /// The first declared constraint that it broke, in the transaction in which it did and which still has the state
    /// before it.
    fn blame(
        &self,
        _session: &Session<'_>,
        _fault: &Fault,
    ) -> impl Future<Output = Result<Option<String>, Failure>> + Send {
        async { Ok(None) }
    }
}

/// Runs a verb in a transaction and finds out which constraint it broke, if it broke one.
pub(crate) async fn complete<V: Verb>(verb: &V, session: &Session<'_>) -> Result<V::Output, StoreError> {
    let error = match verb.run(session).await {
        Ok(output) => return Ok(output),
        Err(Failure::Database(error)) => error,
        Err(Failure::Store(error)) => return Err(error),
    };
    let fault = session.dialect.classify(&error);
    if !fault.is_nameless() {
        return Err(store_error(session.dialect, error));
    }
    match (verb.blame(session, &fault).await, fault) {
        (Ok(Some(constraint)), Fault::Reference(_)) => Err(StoreError::Reference { constraint }),
        (Ok(Some(constraint)), _) => Err(StoreError::Conflict { constraint }),
        (Ok(None), _) => Err(store_error(session.dialect, error)),
        (Err(failure), _) => Err(failure.into_store_error(session.dialect)),
    }
}

impl Verb for InsertRequest {
    type Output = u64;

    async fn run(&self, session: &Session<'_>) -> Result<u64, Failure> {
        session.execute(&session.statements().insert(self)?).await
    }

    async fn blame(&self, session: &Session<'_>, fault: &Fault) -> Result<Option<String>, Failure> {
        blame::insert(session, self, fault).await
    }
}

impl Verb for FindRequest {
    type Output = Vec<Row>;

    async fn run(&self, session: &Session<'_>) -> Result<Vec<Row>, Failure> {
        session.rows(self.table(), &session.statements().find(self)).await
    }
}

impl Verb for CountRequest {
    type Output = u64;

    async fn run(&self, session: &Session<'_>) -> Result<u64, Failure> {
        let found = session.executor.query_all(&session.statements().count(self)).await?;
        let count = found.first().and_then(|row| session.dialect.decode(row, 0, ColumnType::Int).ok());
        match count {
            Some(Value::Int(count)) => Ok(u64::try_from(count).unwrap_or(0)),
            _ => Err(StoreError::backend("a count is a number").into()),
        }
    }
}

/// An update of the one row that the request names.
pub(crate) struct UpdateOne(pub(crate) UpdateRequest);

impl Verb for UpdateOne {
    type Output = Option<Row>;

    async fn run(&self, session: &Session<'_>) -> Result<Option<Row>, Failure> {
        let updated = session.rows(self.0.table(), &session.statements().update_returning(&self.0)).await?;
        Ok(updated.into_iter().next())
    }

    async fn blame(&self, session: &Session<'_>, fault: &Fault) -> Result<Option<String>, Failure> {
        blame::update(session, &self.0, fault).await
    }
}

/// An update of every row that the request means.
pub(crate) struct UpdateAll(pub(crate) UpdateRequest);

impl Verb for UpdateAll {
    type Output = u64;

    async fn run(&self, session: &Session<'_>) -> Result<u64, Failure> {
        session.execute(&session.statements().update(&self.0)).await
    }

    async fn blame(&self, session: &Session<'_>, fault: &Fault) -> Result<Option<String>, Failure> {
        blame::update(session, &self.0, fault).await
    }
}

impl Verb for UpsertRequest {
    type Output = Row;

    async fn run(&self, session: &Session<'_>) -> Result<Row, Failure> {
        let there = session.rows(self.table(), &session.statements().upsert(self)?).await?;
        let row = there.into_iter().next();
        row.ok_or_else(|| StoreError::backend("an upsert returns the row that is there").into())
    }

    async fn blame(&self, session: &Session<'_>, fault: &Fault) -> Result<Option<String>, Failure> {
        blame::upsert(session, self, fault).await
    }
}

impl Verb for DeleteRequest {
    type Output = u64;

    async fn run(&self, session: &Session<'_>) -> Result<u64, Failure> {
        session.execute(&session.statements().delete(self)).await
    }

    async fn blame(&self, session: &Session<'_>, fault: &Fault) -> Result<Option<String>, Failure> {
        match fault {
            Fault::Reference(_) => held::by(session, self).await,
            _ => Ok(None),
        }
    }
}

impl Verb for TouchRequest {
    type Output = bool;

    async fn run(&self, session: &Session<'_>) -> Result<bool, Failure> {
        let condition = expression(session.dialect, self.predicate());
        if session.dialect.has_one_writer() {
            session.answers(&session.statements().any(self.table().name.as_str(), condition)).await
        } else {
            Ok(session.execute(&session.statements().rewrite(self.table(), condition)).await? > 0)
        }
    }
}
