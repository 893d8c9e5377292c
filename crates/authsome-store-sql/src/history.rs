//! The history table `authsome_migrations`.

use std::time::Duration;

use authsome_core::error::StoreError;
use authsome_core::migration::{AppliedStep, RunBy, Step};
use sea_orm::sea_query::{
    DeleteStatement, Expr, ExprTrait, Index, InsertStatement, Order, Query, Table, TableCreateStatement,
};

use crate::dialect::Dialect;
use crate::error::Failure;
use crate::schema::column_def;
use crate::statement::columns;
use crate::verb::Session;

const GROUP: &str = "group_name";
const VERSION: &str = "version";

/// Its name.
pub(crate) fn name() -> &'static str {
    &AppliedStep::table().name
}

/// Makes it if it is missing.
pub(crate) fn create(dialect: &dyn Dialect) -> TableCreateStatement {
    let table = AppliedStep::table();
    let mut create = Table::create();
    create.table(name()).if_not_exists();
    for column in &table.columns {
        create.col(column_def(dialect, column));
    }
    create.primary_key(Index::create().name(table.primary_key_name()).col(GROUP).col(VERSION));
    create
}

/// Its rows, oldest first.
pub(crate) async fn read(session: &Session<'_>) -> Result<Vec<AppliedStep>, Failure> {
    let mut select = Query::select();
    select.columns(columns(AppliedStep::table())).from(name());
    select.order_by("applied_at", Order::Asc).order_by(GROUP, Order::Asc).order_by(VERSION, Order::Asc);
    let rows = session.rows(AppliedStep::table(), &select).await?;
    Ok(rows.into_iter().map(AppliedStep::from_row).collect::<Result<_, StoreError>>()?)
}

/// Writes the row of a step that took so long and is applied now.
pub(crate) fn insert(
    session: &Session<'_>,
    step: &Step,
    run: &RunBy<'_>,
    took: Duration,
) -> Result<InsertStatement, Failure> {
    let row = AppliedStep::now(step, run, took).into_row();
    Ok(session.statements().insert_rows(AppliedStep::table(), &[row])?)
}

/// Takes the row of a step out.
pub(crate) fn delete(step: &Step) -> DeleteStatement {
    let mut delete = Query::delete();
    delete
        .from_table(name())
        .and_where(Expr::col(GROUP).eq(step.group.as_str()))
        .and_where(Expr::col(VERSION).eq(i64::from(step.version)));
    delete
}
