//! Statements for core's requests.

use authsome_core::records::{
    Change, CountRequest, DeleteRequest, Direction, FindRequest, InsertRequest, Predicate, Row, UpdateRequest,
    UpsertRequest,
};
use authsome_core::schema::TableDef;
use authsome_core::value::{ColumnType, Value};
use sea_orm::sea_query::error::Error as QueryError;
use sea_orm::sea_query::{
    CommonTableExpression, DeleteStatement, DynIden, Expr, ExprTrait, InsertStatement, IntoIden, OnConflict, Order,
    Query, SelectStatement, UpdateStatement,
};

use crate::dialect::Dialect;
use crate::predicate::{all, expression, parameter};

/// What a delete calls the keys that it chose.
const DOOMED: &str = "doomed";

/// Makes statements in a dialect.
#[derive(Clone, Copy)]
pub(crate) struct Statements<'d>(pub(crate) &'d dyn Dialect);

impl Statements<'_> {
    pub(crate) fn find(self, request: &FindRequest) -> SelectStatement {
        let table = request.table();
        let direction = match request.order().direction {
            Direction::Ascending => Order::Asc,
            Direction::Descending => Order::Desc,
        };
        let mut select = self.rows(table, expression(self.0, request.predicate()));
        for column in request.sorted_by() {
            select.order_by(column, direction.clone());
        }
        select.limit(u64::from(request.limit()));
        select
    }

    /// The rows of a table for which a condition holds.
    pub(crate) fn rows(self, table: &'static TableDef, condition: Expr) -> SelectStatement {
        let mut select = Query::select();
        select.columns(columns(table)).from(table.name.as_str()).and_where(condition);
        select
    }

    /// A row with nothing of interest in it, if the condition holds for one of the table.
    pub(crate) fn any(self, table: impl IntoIden, condition: Expr) -> SelectStatement {
        let mut select = Query::select();
        select.expr(Expr::cust("1")).from(table.into_iden()).and_where(condition).limit(1);
        select
    }

    pub(crate) fn count(self, request: &CountRequest) -> SelectStatement {
        let mut select = Query::select();
        select
            .expr(Expr::cust("COUNT(*)"))
            .from(request.table().name.as_str())
            .and_where(expression(self.0, request.predicate()));
        select
    }

    pub(crate) fn insert(self, request: &InsertRequest) -> Result<InsertStatement, QueryError> {
        let mut insert = self.insert_rows(request.table(), request.rows())?;
        if request.if_absent() {
            insert.on_conflict(OnConflict::new().do_nothing().to_owned());
        }
        Ok(insert)
    }

    pub(crate) fn insert_rows(self, table: &'static TableDef, rows: &[Row]) -> Result<InsertStatement, QueryError> {
        let mut insert = Query::insert();
        insert.into_table(table.name.as_str()).columns(columns(table));
        for row in rows {
            let values = table.columns.iter().zip(row);
            insert.values(values.map(|(column, value)| self.0.written(value, column.ty)))?;
        }
        Ok(insert)
    }

    /// The update of every row that is meant.
    pub(crate) fn update(self, request: &UpdateRequest) -> UpdateStatement {
        self.update_where(request.table(), request.changes(), expression(self.0, request.predicate()))
    }

    pub(crate) fn update_where(self, table: &'static TableDef, changes: &[Change], condition: Expr) -> UpdateStatement {
        let mut update = Query::update();
        update.table(table.name.as_str()).values(self.changes(table, changes, Sum::InRange)).and_where(condition);
        update
    }

    /// The same update, which returns the rows as they are afterwards.
    pub(crate) fn update_returning(self, request: &UpdateRequest) -> UpdateStatement {
        let mut update = self.update(request);
        update.returning(Query::returning().columns(columns(request.table())));
        update
    }

    pub(crate) fn upsert(self, request: &UpsertRequest) -> Result<InsertStatement, QueryError> {
        let table = request.table();
        let mut insert = self.insert_rows(table, std::slice::from_ref(request.row()))?;
        insert
            .on_conflict(
                OnConflict::columns(request.key().iter().cloned())
                    .values(self.changes(table, request.changes(), Sum::Any))
                    .to_owned(),
            )
            .returning(Query::returning().columns(columns(table)));
        Ok(insert)
    }

    pub(crate) fn delete(self, request: &DeleteRequest) -> DeleteStatement {
        let table = request.table();
        let mut delete = Query::delete();
        delete.from_table(table.name.as_str());
        if self.0.has_one_writer() || pins_one_row(table, request.predicate()) {
            delete.and_where(self.doomed(request));
            return delete;
        }
        // Chosen once, and locked: what another transaction removed or changed in the meantime is passed over, so that
        // fewer than the limit are deleted only if no more rows match.
        let mut chosen = self.chosen(request);
        chosen.lock_exclusive();
        let mut doomed = CommonTableExpression::new();
        doomed.table_name(DOOMED).query(chosen).materialized(true);
        let mut keys = Query::select();
        keys.columns(key_columns(table)).from(DOOMED);
        delete.with_cte(doomed).and_where(key_tuple(table).in_subquery(keys));
        delete
    }

    /// The condition of the rows to delete, at most its limit.
    pub(crate) fn doomed(self, request: &DeleteRequest) -> Expr {
        let table = request.table();
        let condition = expression(self.0, request.predicate());
        if pins_one_row(table, request.predicate()) {
            return condition;
        }
        key_tuple(table).in_subquery(self.chosen(request))
    }

    /// The keys of the rows to delete, at most its limit.
    fn chosen(self, request: &DeleteRequest) -> SelectStatement {
        let table = request.table();
        let mut chosen = Query::select();
        chosen
            .columns(key_columns(table))
            .from(table.name.as_str())
            .and_where(expression(self.0, request.predicate()))
            .limit(u64::from(request.limit()));
        chosen
    }

    /// The update that writes the row for which a condition holds as it is.
    pub(crate) fn rewrite(self, table: &'static TableDef, condition: Expr) -> UpdateStatement {
        let mut update = Query::update();
        update.table(table.name.as_str()).value(table.id.as_str(), Expr::col(table.id.as_str())).and_where(condition);
        update
    }

    /// The condition that the columns equal the values, which are not null.
    pub(crate) fn equal<'v>(self, pairs: impl IntoIterator<Item = (DynIden, &'v Value)>) -> Expr {
        let equal = |(column, value)| Expr::col::<DynIden>(column).eq(parameter(self.0, value));
        all(pairs.into_iter().map(equal).collect())
    }

    fn changes(self, table: &'static TableDef, changes: &[Change], sum: Sum) -> Vec<(DynIden, Expr)> {
        changes
            .iter()
            .map(|change| {
                let column = change.column();
                let value = match change {
                    Change::Set { value, .. } => {
                        let ty = table.find_column(column).map_or(ColumnType::Text, |found| found.ty);
                        self.0.written(value, ty)
                    }
                    Change::Increment { by, min, max, .. } => {
                        // Qualified: in an upsert, a bare name could mean the row that was not inserted.
                        let count = Expr::col((table.name.as_str(), column));
                        let sum_of = count.clone().add(*by);
                        match sum {
                            Sum::InRange => sum_of,
                            Sum::Any if *by >= 0 => null_unless(count.lte(max.saturating_sub(*by)), sum_of),
                            Sum::Any => null_unless(count.gte(min.saturating_sub(*by)), sum_of),
                        }
                    }
                };
                (column.into_iden(), value)
            })
            .collect()
    }
}

/// What is known of the sums that a statement makes.
#[derive(Clone, Copy)]
enum Sum {
    /// The rows that are meant are those in which a sum stays in its range.
    InRange,
    /// Nothing. A sum out of range becomes null, which no count may be, so that the statement fails: SQLite would make
    /// a floating-point number of it.
    Any,
}

fn null_unless(condition: Expr, value: Expr) -> Expr {
    Expr::case(condition, value).into()
}

/// The columns of a table, in their order.
pub(crate) fn columns(table: &'static TableDef) -> impl Iterator<Item = &'static str> {
    table.columns.iter().map(|column| column.name.as_str())
}

/// The columns of the primary key.
pub(crate) fn key_columns(table: &'static TableDef) -> Vec<DynIden> {
    let scope = table.scope.columns().iter().map(|column| (*column).into_iden());
    scope.chain([table.id.as_str().into_iden()]).collect()
}

/// The primary key, to be compared as a whole.
pub(crate) fn key_tuple(table: &'static TableDef) -> Expr {
    Expr::tuple(key_columns(table).into_iter().map(Expr::col))
}

fn pins_one_row(table: &TableDef, predicate: &Predicate) -> bool {
    let fixed = predicate.equalities();
    table.primary_key().iter().all(|column| fixed.iter().any(|(name, _)| name == column))
}
