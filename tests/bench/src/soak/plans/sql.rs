//! The plans of SQL databases.

use std::sync::Mutex;

use anyhow::{Result, anyhow, ensure};
use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::records::{
    CountRequest, DeleteRequest, FindRequest, InsertRequest, Records, Row, UpdateRequest, UpsertRequest,
};
use authsome_core::schema::{IndexDef, TableDef};
use authsome_store_sql::SqlStore;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, TransactionTrait};

use super::look_ups;
use crate::population::Population;

/// The tables of which a population has many rows. Of any other one, a planner may rightly read all rows: there it is seen
/// that an index can serve the statement, here that it does.
const LARGE: [&str; 4] = ["authsome_users", "authsome_sessions", "authsome_refresh_tokens", "authsome_verifications"];

/// Explains statements; finds are carried out too, the others are not.
struct Explainer<'s> {
    sql: &'s SqlStore,
    plans: Mutex<Vec<Plan>>,
}

/// How a database carries a statement out.
struct Plan {
    statement: String,
    lines: Vec<String>,
    /// The unique indexes of its table.
    uniques: Vec<IndexDef>,
}

impl Explainer<'_> {
    async fn explain(&self, table: &TableDef, statement: Statement) -> Result<(), StoreError> {
        let lines = self.lines(table, &statement).await.map_err(StoreError::backend)?;
        let plan = Plan { statement: statement.sql, lines, uniques: table.uniques() };
        self.plans.lock().map_err(|_| StoreError::backend("a plan is missing"))?.push(plan);
        Ok(())
    }

    async fn lines(&self, table: &TableDef, statement: &Statement) -> Result<Vec<String>, DbErr> {
        let postgres = statement.db_backend == DbBackend::Postgres;
        let explain = if postgres { "EXPLAIN" } else { "EXPLAIN QUERY PLAN" };
        let transaction = self.sql.connection().begin().await?;
        if postgres && !LARGE.contains(&table.name.as_str()) {
            transaction.execute_unprepared("SET LOCAL enable_seqscan = off").await?;
        }
        let explained = Statement { sql: format!("{explain} {}", statement.sql), ..statement.clone() };
        let rows = transaction.query_all_raw(explained).await?;
        transaction.rollback().await?;
        // SQLite says it in a column of that name, PostgreSQL in the only one.
        let line = |row: &QueryResult| row.try_get("", "detail").or_else(|_| row.try_get_by_index(0));
        rows.iter().map(line).collect()
    }
}

#[async_trait]
impl Records for Explainer<'_> {
    async fn insert(&self, _: InsertRequest) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn find(&self, request: FindRequest) -> Result<Vec<Row>, StoreError> {
        self.explain(request.table(), self.sql.find_statement(&request)).await?;
        self.sql.find(request).await
    }

    async fn count(&self, _: CountRequest) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn update(&self, request: UpdateRequest) -> Result<Option<Row>, StoreError> {
        self.explain(request.table(), self.sql.update_statement(&request)).await?;
        Ok(None)
    }

    async fn update_all(&self, request: UpdateRequest) -> Result<u64, StoreError> {
        self.explain(request.table(), self.sql.update_statement(&request)).await?;
        Ok(0)
    }

    async fn upsert(&self, request: UpsertRequest) -> Result<Row, StoreError> {
        Ok(request.row().clone())
    }

    async fn delete(&self, request: DeleteRequest) -> Result<u64, StoreError> {
        self.explain(request.table(), self.sql.delete_statement(&request)).await?;
        Ok(0)
    }
}

pub(super) async fn check(sql: &SqlStore, population: Population) -> Result<usize> {
    let explainer = Explainer { sql, plans: Mutex::default() };
    look_ups(&explainer, population).await?;
    let plans = explainer.plans.into_inner().map_err(|_| anyhow!("a plan is missing"))?;
    let bad: Vec<String> = plans
        .iter()
        .filter(|plan| !is_good(&plan.lines, &plan.uniques))
        .map(|plan| format!("the plan of {} is {}", plan.statement, plan.lines.join(" / ")))
        .collect();
    ensure!(bad.is_empty(), "{} of {} plans: {}", bad.len(), plans.len(), bad.join("; "));
    Ok(plans.len())
}

/// Whether a plan reads no table from one end to the other, and sorts nothing but the one row that equality with a unique
/// index gives.
fn is_good(lines: &[String], uniques: &[IndexDef]) -> bool {
    let bad = |line: &String| {
        let scans = line.contains("Seq Scan") || (line.starts_with("SCAN ") && !line.starts_with("SCAN CONSTANT"));
        scans || line.contains("USE TEMP B-TREE")
    };
    let sorts = lines.iter().any(|line| line.contains("Sort  ("));
    !lines.iter().any(bad) && (!sorts || finds_one(lines, uniques))
}

/// Whether PostgreSQL asks one index only, a unique one, for one value of each of its columns.
fn finds_one(lines: &[String], uniques: &[IndexDef]) -> bool {
    let mut used = lines.iter().filter_map(|line| line.split_once(" using ")?.1.split(' ').next());
    let (Some(name), None) = (used.next(), used.next()) else { return false };
    let Some(unique) = uniques.iter().find(|unique| unique.name == name) else { return false };
    let condition = lines.iter().find(|line| line.contains("Index Cond: "));
    condition.is_some_and(|condition| unique.columns.iter().all(|column| condition.contains(&format!("({column} = "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(lines: &[&str]) -> bool {
        let uniques = [IndexDef::unique("t_key", &["a", "b"])];
        is_good(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>(), &uniques)
    }

    #[test]
    fn scans_and_sorts_are_seen() {
        for line in [
            "SCAN authsome_users",
            "USE TEMP B-TREE FOR ORDER BY",
            "  ->  Seq Scan on authsome_users",
            "Sort  (cost=1)",
            "  ->  Incremental Sort  (cost=1 rows=40 width=9)",
        ] {
            assert!(!good(&[line]), "{line}");
        }
        for line in ["SEARCH authsome_users USING INDEX a (b=?)", "Index Scan using a on b"] {
            assert!(good(&[line]), "{line}");
        }
    }

    #[test]
    fn the_one_row_of_a_unique_key_may_be_sorted() {
        let sort = "->  Sort  (cost=8.58..8.59 rows=1 width=279)";
        let by_key = "->  Index Scan using t_key on t  (cost=0.55..8.57 rows=1 width=279)";
        assert!(good(&[sort, by_key, "Index Cond: ((a = 'x'::text) AND (b = 'y'::text))"]));
        assert!(!good(&[sort, by_key, "Index Cond: (a = 'x'::text)"]));
        assert!(!good(&[sort, by_key, "Index Cond: ((a = 'x'::text) AND (b >= 'y'::text))"]));
        assert!(!good(&[sort, "->  Index Scan using t_idx on t", "Index Cond: ((a = 'x'::text) AND (b = 'y'::text))"]));
    }
}
