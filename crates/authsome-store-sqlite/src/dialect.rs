//! [`Sqlite`]: how SQLite differs from other SQL databases.

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::migration::{self, LiveTable};
use authsome_core::schema::{IndexDef, TableDef};
use authsome_core::time::Timestamp;
use authsome_core::value::{ColumnType, DecodeError, Value};
use authsome_store_sql::{Catalogue, Dialect, Fault};
use sea_orm::sqlx::{Decode, Row, Sqlite as Driver, TypeInfo, ValueRef};
use sea_orm::{DatabaseExecutor, DbBackend, DbErr, QueryResult, SqliteTransactionMode, TransactionOptions};

use crate::error::classify;
use crate::migration::{CATALOGUE, reference_name, statistics};
use crate::surprises;

/// The SQLite dialect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sqlite;

#[async_trait]
impl Dialect for Sqlite {
    fn name(&self) -> migration::Dialect {
        migration::Dialect::new("sqlite")
    }

    fn backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    /// The write lock is taken at once: a transaction that took it later could find that what it read has changed.
    fn begin_options(&self) -> TransactionOptions {
        TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        }
    }

    fn has_one_writer(&self) -> bool {
        true
    }

    /// SQLite's default limit (<https://www.sqlite.org/limits.html>, section 9).
    fn max_parameters(&self) -> usize {
        32_766
    }

    fn catalogue(&self) -> &'static Catalogue {
        &CATALOGUE
    }

    /// Rows live in the primary key, and every index ends with it: a list by any index comes in the order of the id.
    fn table_options(&self) -> Option<&'static str> {
        Some("WITHOUT ROWID")
    }

    /// SQLite does not keep the names of references, so they are derived from what it keeps.
    fn check_table(&self, table: &TableDef) -> Result<(), StoreError> {
        for reference in &table.references {
            if reference_name(&table.name, &reference.columns).as_ref() != Some(&reference.name) {
                return Err(StoreError::Invalid {
                    what: reference.name.clone(),
                    why: "on SQLite, a reference is named `<table>_<last column>_fkey`",
                });
            }
        }
        Ok(())
    }

    fn after_indexes(&self, made: &[(&TableDef, &IndexDef)]) -> Vec<String> {
        statistics(made)
    }

    fn encode(&self, value: &Value, ty: ColumnType) -> sea_orm::Value {
        match value {
            Value::Null => match ty {
                ColumnType::Bool | ColumnType::Int | ColumnType::Time => sea_orm::Value::BigInt(None),
                ColumnType::Text | ColumnType::Json => sea_orm::Value::String(None),
                ColumnType::Bytes => sea_orm::Value::Bytes(None),
            },
            Value::Bool(flag) => sea_orm::Value::BigInt(Some(i64::from(*flag))),
            Value::Int(int) => sea_orm::Value::BigInt(Some(*int)),
            Value::Text(text) => sea_orm::Value::String(Some(text.clone())),
            Value::Bytes(bytes) => sea_orm::Value::Bytes(Some(bytes.clone())),
            Value::Time(time) => sea_orm::Value::BigInt(Some(time.as_millis())),
            Value::Json(json) => sea_orm::Value::String(Some(json.to_string())),
        }
    }

    /// Goes by the stored type, not by the declared one: in SQLite a column of any type holds values of any type.
    fn decode(&self, row: &QueryResult, position: usize, ty: ColumnType) -> Result<Value, DecodeError> {
        let row = row.try_as_sqlite_row().ok_or(DecodeError)?;
        let stored = row.try_get_raw(position).map_err(|_| DecodeError)?;
        if stored.is_null() {
            return Ok(Value::Null);
        }
        let class = stored.type_info().into_owned();
        match (ty, class.name()) {
            (ColumnType::Bool, "INTEGER") => match read::<i64>(stored)? {
                0 => Ok(Value::Bool(false)),
                1 => Ok(Value::Bool(true)),
                _ => Err(DecodeError),
            },
            (ColumnType::Int, "INTEGER") => read(stored).map(Value::Int),
            (ColumnType::Time, "INTEGER") => {
                Timestamp::from_millis(read(stored)?).map(Value::Time).map_err(|_| DecodeError)
            }
            (ColumnType::Text, "TEXT") => read(stored).map(Value::Text),
            (ColumnType::Json, "TEXT") => serde_json::from_str(read(stored)?).map(Value::Json).map_err(|_| DecodeError),
            (ColumnType::Bytes, "BLOB") => read(stored).map(Value::Bytes),
            _ => Err(DecodeError),
        }
    }

    fn classify(&self, error: &DbErr) -> Fault {
        classify(error)
    }

    async fn introspect(&self, connection: &DatabaseExecutor<'_>, tables: &[String]) -> Result<Vec<LiveTable>, DbErr> {
        let mut live = CATALOGUE.introspect(connection, tables).await?;
        surprises::add(connection, tables, &mut live).await?;
        Ok(live)
    }
}

fn read<'r, T: Decode<'r, Driver>>(
    stored: <Driver as sea_orm::sqlx::Database>::ValueRef<'r>,
) -> Result<T, DecodeError> {
    T::decode(stored).map_err(|_| DecodeError)
}
