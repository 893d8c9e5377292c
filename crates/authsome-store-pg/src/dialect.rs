//! [`Postgres`]: how PostgreSQL differs from other SQL databases.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::migration;
use authsome_core::time::Timestamp;
use authsome_core::value::{ColumnType, DecodeError, Value};
use authsome_store_sql::{Catalogue, Dialect, Fault};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ConnectionTrait, DatabaseExecutor, DatabaseTransaction, DbBackend, DbErr, QueryResult, Statement,
    TransactionOptions,
};
use sqlx::postgres::PgValueRef;
use sqlx::{Decode, Row, TypeInfo, ValueRef};

use crate::error::{classify, message};
use crate::migration::CATALOGUE;
use crate::retirement::Retirement;
use crate::settings::check_pooled;

/// 2000-01-01T00:00:00Z, from which the binary format counts microseconds.
const EPOCH_MILLIS: i64 = 946_684_800_000;
const MICROS_PER_MILLI: i64 = 1_000;

/// Locks of migration runs: of this database, as every advisory lock is, and of the schema in which tables are made.
/// The number is the ASCII of `authsome`, so that it meets no other program's.
const LOCK: &str =
    "SELECT pg_try_advisory_xact_lock(hashtextextended(coalesce(current_schema(), ''), 7022647185916259685)) AS locked";

/// Lets a transaction, and the statements in it, take as long as they take, whatever the server's own limits are. Servers
/// before 17 have no limit for transactions, and so no name for it.
const NO_TIME_LIMIT: &str = "SELECT set_config(name, '0', true) FROM pg_catalog.pg_settings \
    WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')";

/// The PostgreSQL dialect.
#[derive(Clone, Debug)]
pub(crate) struct Postgres {
    pub(crate) begin_limit: Duration,
    pub(crate) statement_timeout: Duration,
    pub(crate) migration_timeout: Duration,
    /// Not of a pool that the program made itself.
    pub(crate) retirement: Option<Arc<Retirement>>,
}

#[async_trait]
impl Dialect for Postgres {
    fn name(&self) -> migration::Dialect {
        migration::Dialect::new("postgres")
    }

    fn backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    fn begin_options(&self) -> TransactionOptions {
        TransactionOptions::default()
    }

    async fn ping(&self, connection: &DatabaseExecutor<'_>) -> Result<(), StoreError> {
        check_pooled(connection).await
    }

    fn begin_limit(&self) -> Option<Duration> {
        Some(self.begin_limit)
    }

    fn retire_connections(&self) -> bool {
        self.retirement.as_ref().map(|retirement| retirement.retire()).is_some()
    }

    /// The snapshot is that of the first statement that needs one, so there is one at once. The timeout holds for the
    /// transaction alone, and so behind PgBouncer too.
    async fn begun(&self, transaction: &DatabaseTransaction) -> Result<(), DbErr> {
        let timeout = millis(self.statement_timeout);
        let sql = format!(
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = {timeout}; SELECT 1"
        );
        transaction.execute_unprepared(&sql).await.map(|_| ())
    }

    fn has_one_writer(&self) -> bool {
        false
    }

    /// The protocol counts them in 16 bits (<https://www.postgresql.org/docs/current/limits.html>).
    fn max_parameters(&self) -> usize {
        65_535
    }

    fn catalogue(&self) -> &'static Catalogue {
        &CATALOGUE
    }

    fn encode(&self, value: &Value, ty: ColumnType) -> sea_orm::Value {
        match value {
            Value::Null => match ty {
                ColumnType::Bool => sea_orm::Value::Bool(None),
                ColumnType::Int => sea_orm::Value::BigInt(None),
                ColumnType::Text | ColumnType::Json => sea_orm::Value::String(None),
                ColumnType::Bytes => sea_orm::Value::Bytes(None),
                ColumnType::Time => sea_orm::Value::ChronoDateTimeUtc(None),
            },
            Value::Bool(flag) => sea_orm::Value::Bool(Some(*flag)),
            Value::Int(int) => sea_orm::Value::BigInt(Some(*int)),
            Value::Text(text) => sea_orm::Value::String(Some(text.clone())),
            Value::Bytes(bytes) => sea_orm::Value::Bytes(Some(bytes.clone())),
            Value::Time(time) => sea_orm::Value::ChronoDateTimeUtc(Some(time.to_datetime())),
            Value::Json(json) => sea_orm::Value::String(Some(json.to_string())),
        }
    }

    /// A document travels as its text: the driver would have it read as `jsonb`, which keeps neither the order of
    /// members nor numbers as they were written.
    fn written(&self, value: &Value, ty: ColumnType) -> Expr {
        let parameter = Expr::Value(self.encode(value, ty));
        match ty {
            ColumnType::Json => parameter.cast_as("json"),
            _ => parameter,
        }
    }

    fn decode(&self, row: &QueryResult, position: usize, ty: ColumnType) -> Result<Value, DecodeError> {
        let row = row.try_as_pg_row().ok_or(DecodeError)?;
        let stored = row.try_get_raw(position).map_err(|_| DecodeError)?;
        if stored.is_null() {
            return Ok(Value::Null);
        }
        let stored_as = stored.type_info().into_owned();
        match (ty, stored_as.name()) {
            (ColumnType::Bool, "BOOL") => read(stored).map(Value::Bool),
            (ColumnType::Int, "INT8") => read(stored).map(Value::Int),
            (ColumnType::Time, "TIMESTAMPTZ") => read_time(&stored).map(Value::Time),
            (ColumnType::Text, "TEXT") => read(stored).map(Value::Text),
            (ColumnType::Json, "JSON") => serde_json::from_str(read(stored)?).map(Value::Json).map_err(|_| DecodeError),
            (ColumnType::Bytes, "BYTEA") => read(stored).map(Value::Bytes),
            _ => Err(DecodeError),
        }
    }

    fn classify(&self, error: &DbErr) -> Fault {
        classify(error)
    }

    fn message(&self, error: &DbErr) -> String {
        message(error)
    }

    /// The transaction that has the lock is idle while others carry out the steps: no time limit may end it.
    async fn try_lock(&self, transaction: &DatabaseTransaction) -> Result<bool, DbErr> {
        let answer = transaction.query_one_raw(Statement::from_string(DbBackend::Postgres, LOCK)).await?;
        let locked = answer.map(|row| row.try_get_by("locked")).transpose()?.unwrap_or(false);
        if locked {
            transaction.execute_unprepared(NO_TIME_LIMIT).await?;
        }
        Ok(locked)
    }

    /// A step may take long, but does not wait for ever for a table that somebody's open transaction uses: whoever comes
    /// after it would wait behind it.
    async fn begun_steps(&self, transaction: &DatabaseTransaction) -> Result<(), DbErr> {
        let timeout = millis(self.migration_timeout);
        let sql = format!("{NO_TIME_LIMIT}; SET LOCAL lock_timeout = {timeout}");
        transaction.execute_unprepared(&sql).await.map(|_| ())
    }
}

/// A timeout as the server takes it, for which 0 is none.
fn millis(timeout: Duration) -> i32 {
    i32::try_from(timeout.as_millis().max(1)).unwrap_or(i32::MAX)
}

fn read<'r, T: Decode<'r, sqlx::Postgres>>(stored: PgValueRef<'r>) -> Result<T, DecodeError> {
    T::decode(stored).map_err(|_| DecodeError)
}

/// Read as the number that it is: the driver panics at `infinity`.
fn read_time(stored: &PgValueRef<'_>) -> Result<Timestamp, DecodeError> {
    let bytes = stored.as_bytes().map_err(|_| DecodeError)?;
    let micros = i64::from_be_bytes(bytes.try_into().map_err(|_| DecodeError)?);
    Timestamp::from_millis(micros.div_euclid(MICROS_PER_MILLI) + EPOCH_MILLIS).map_err(|_| DecodeError)
}
