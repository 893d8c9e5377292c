//! The history table `authsome_migrations`.

use std::time::Duration;

use authsome_core::error::StoreError;
use authsome_core::migration::{AppliedStep, RunBy, Step};
use authsome_core::schema::ColumnDef;
use authsome_core::value::{ColumnType, ColumnValue, DecodeError, Value};
use sea_orm::sea_query::{
    DeleteStatement, Expr, ExprTrait, Index, InsertStatement, Order, Query, Table, TableCreateStatement,
};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::dialect::Dialect;
use crate::error::Failure;
use crate::schema::column_def;
use crate::verb::Session;

/// Its name.
pub(crate) const TABLE: &str = "authsome_migrations";

const GROUP: &str = "group_name";
const VERSION: &str = "version";
const APPLIED_AT: &str = "applied_at";
const COLUMNS: [(&str, ColumnType); 7] = [
    (GROUP, ColumnType::Text),
    (VERSION, ColumnType::Int),
    ("name", ColumnType::Text),
    ("checksum", ColumnType::Text),
    (APPLIED_AT, ColumnType::Time),
    ("duration_ms", ColumnType::Int),
    ("applied_by", ColumnType::Text),
];

/// Makes it if it is missing.
pub(crate) fn create(dialect: &dyn Dialect) -> TableCreateStatement {
    let mut create = Table::create();
    create.table(TABLE).if_not_exists();
    for (name, ty) in COLUMNS {
        create.col(column_def(dialect, &ColumnDef::new(name, ty)));
    }
    create.primary_key(Index::create().name("authsome_migrations_pkey").col(GROUP).col(VERSION));
    create
}

/// Its rows, oldest first.
pub(crate) async fn read(session: &Session<'_>) -> Result<Vec<AppliedStep>, Failure> {
    let mut select = Query::select();
    select.columns(COLUMNS.map(|(name, _)| name)).from(TABLE);
    select.order_by(APPLIED_AT, Order::Asc).order_by(GROUP, Order::Asc).order_by(VERSION, Order::Asc);
    let rows = session.executor.query_all(&select).await?;
    Ok(rows.iter().map(|row| decode(session.dialect, row)).collect::<Result<_, _>>()?)
}

fn decode(dialect: &dyn Dialect, row: &QueryResult) -> Result<AppliedStep, StoreError> {
    Ok(AppliedStep {
        group: value(dialect, row, 0)?,
        version: value(dialect, row, 1)?,
        name: value(dialect, row, 2)?,
        checksum: value(dialect, row, 3)?,
        applied_at: value(dialect, row, 4)?,
        duration_ms: value(dialect, row, 5)?,
        applied_by: value(dialect, row, 6)?,
    })
}

fn value<T: ColumnValue>(dialect: &dyn Dialect, row: &QueryResult, position: usize) -> Result<T, StoreError> {
    dialect.decode(row, position, T::TYPE).and_then(T::from_value).map_err(|DecodeError| StoreError::Corrupt {
        table: TABLE.to_owned(),
        column: COLUMNS.get(position).map_or_else(String::new, |(name, _)| (*name).to_owned()),
        id: value(dialect, row, 0).unwrap_or_else(|_: StoreError| "?".to_owned()),
    })
}

/// Writes the row of a step that took so long and is applied now.
pub(crate) fn insert(
    dialect: &dyn Dialect,
    step: &Step,
    run: &RunBy<'_>,
    took: Duration,
) -> Result<InsertStatement, Failure> {
    let values = [
        Value::Text(step.group.clone()),
        Value::Int(i64::from(step.version)),
        Value::Text(step.name.clone()),
        Value::Text(step.checksum.clone()),
        Value::Time(run.clock.now()),
        Value::Int(i64::try_from(took.as_millis()).unwrap_or(i64::MAX)),
        Value::Text(run.program.to_owned()),
    ];
    let mut insert = Query::insert();
    insert.into_table(TABLE).columns(COLUMNS.map(|(name, _)| name));
    insert.values(values.iter().zip(COLUMNS).map(|(value, (_, ty))| Expr::Value(dialect.encode(value, ty))))?;
    Ok(insert)
}

/// Takes the row of a step out.
pub(crate) fn delete(step: &Step) -> DeleteStatement {
    let mut delete = Query::delete();
    delete.from_table(TABLE);
    delete
        .and_where(Expr::col(GROUP).eq(step.group.as_str()))
        .and_where(Expr::col(VERSION).eq(i64::from(step.version)));
    delete
}
