//! SQLite's live tables, and its statistics of indexes.

use authsome_core::migration::{LiveColumn, LiveTable};
use authsome_core::schema::{IndexDef, OnDelete, ReferenceDef, TableDef};
use authsome_core::value::ColumnType;
use sea_orm::{ConnectionTrait, DatabaseExecutor, DbBackend, DbErr, QueryResult, Statement};

use crate::dialect::DECLARED_TYPES;
use crate::surprises;

const COLUMNS: &str = r#"SELECT "name", "type", "notnull", "pk" FROM pragma_table_info(?) ORDER BY "cid""#;

/// Indexes that were made as such, not those that SQLite makes for a key.
const INDEXES: &str = r#"SELECT i."name" AS "index_name", i."unique" AS "is_unique", c."name" AS "column_name",
        CASE WHEN i."partial" THEN s."sql" END AS "partial"
    FROM pragma_index_list(?) AS i JOIN pragma_index_info(i."name") AS c JOIN sqlite_schema AS s
    WHERE i."origin" = 'c' AND s."type" = 'index' AND s."name" = i."name" ORDER BY i."seq" DESC, c."seqno""#;

/// References come last first.
const REFERENCES: &str = r#"SELECT "id", "table" AS "parent", "from" AS "from_column", "to" AS "to_column", "on_delete"
    FROM pragma_foreign_key_list(?) ORDER BY "id" DESC, "seq""#;

const CHILDREN: &str = r#"SELECT DISTINCT t."name" AS "child"
    FROM sqlite_schema AS t JOIN pragma_foreign_key_list(t."name") AS r WHERE t."type" = 'table' AND r."table" = ?"#;

/// The name that a reference with these columns has; `None` for one without columns.
pub(crate) fn reference_name(table: &str, columns: &[String]) -> Option<String> {
    columns.last().map(|column| format!("{table}_{column}_fkey"))
}

/// The live tables of these names.
pub(crate) async fn introspect(connection: &DatabaseExecutor<'_>, tables: &[String]) -> Result<Vec<LiveTable>, DbErr> {
    let mut live = Vec::with_capacity(tables.len());
    for table in tables {
        let rows = ask(connection, COLUMNS, &[table]).await?;
        if !rows.is_empty() {
            live.push(LiveTable {
                name: table.clone(),
                columns: rows.iter().map(column).collect::<Result<_, _>>()?,
                primary_key: primary_key(&rows)?,
                indexes: indexes(connection, table).await?,
                references: references(connection, table).await?,
                surprises: surprises::of(connection, table).await?,
            });
        }
    }
    Ok(live)
}

pub(crate) async fn ask(
    connection: &DatabaseExecutor<'_>,
    sql: &str,
    about: &[&str],
) -> Result<Vec<QueryResult>, DbErr> {
    let values = about.iter().map(|text| (*text).into());
    connection.query_all_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)).await
}

fn column(row: &QueryResult) -> Result<LiveColumn, DbErr> {
    let declared: String = row.try_get_by("type")?;
    let not_null: i64 = row.try_get_by("notnull")?;
    Ok(LiveColumn { name: row.try_get_by("name")?, ty: portable_type(&declared), nullable: not_null == 0 })
}

/// The columns that have a place in the primary key.
fn primary_key(rows: &[QueryResult]) -> Result<Vec<String>, DbErr> {
    let mut key: Vec<(i64, String)> = Vec::new();
    for row in rows {
        key.push((row.try_get_by("pk")?, row.try_get_by("name")?));
    }
    key.retain(|(place, _)| *place > 0);
    key.sort();
    Ok(key.into_iter().map(|(_, column)| column).collect())
}

fn portable_type(declared: &str) -> Option<ColumnType> {
    DECLARED_TYPES.iter().find(|(_, known)| known.eq_ignore_ascii_case(declared)).map(|(ty, _)| *ty)
}

async fn indexes(connection: &DatabaseExecutor<'_>, table: &str) -> Result<Vec<IndexDef>, DbErr> {
    let mut indexes: Vec<IndexDef> = Vec::new();
    for row in ask(connection, INDEXES, &[table]).await? {
        let name: String = row.try_get_by("index_name")?;
        // None for an expression, which no declaration makes.
        let column = row.try_get_by::<Option<String>, _>("column_name")?.unwrap_or_default();
        match indexes.last_mut().filter(|index| index.name == name) {
            Some(index) => index.columns.push(column),
            None => {
                let unique: i64 = row.try_get_by("is_unique")?;
                let partial: Option<String> = row.try_get_by("partial")?;
                let only_where_null = partial.as_deref().map(condition);
                indexes.push(IndexDef { name, columns: vec![column], unique: unique != 0, only_where_null });
            }
        }
    }
    Ok(indexes)
}

/// The column that is null in all rows of an index, from the statement that made it; for another condition, its text.
fn condition(made_by: &str) -> String {
    let condition = made_by.rsplit_once(" WHERE ").map_or(made_by, |(_, condition)| condition);
    let column = condition.strip_suffix(" IS NULL").and_then(|column| column.strip_prefix('"')?.strip_suffix('"'));
    column.unwrap_or(condition).to_owned()
}

async fn references(connection: &DatabaseExecutor<'_>, table: &str) -> Result<Vec<ReferenceDef>, DbErr> {
    let mut found: Vec<ReferenceDef> = Vec::new();
    let mut current = None;
    for row in ask(connection, REFERENCES, &[table]).await? {
        let id: i64 = row.try_get_by("id")?;
        if current.replace(id) != Some(id) {
            let on_delete: String = row.try_get_by("on_delete")?;
            found.push(ReferenceDef {
                name: String::new(),
                columns: Vec::new(),
                parent: row.try_get_by("parent")?,
                parent_columns: Vec::new(),
                on_delete: if on_delete == "CASCADE" { OnDelete::Cascade } else { OnDelete::Restrict },
            });
        }
        if let Some(reference) = found.last_mut() {
            reference.columns.push(row.try_get_by("from_column")?);
            reference.parent_columns.push(row.try_get_by("to_column")?);
        }
    }
    for reference in &mut found {
        reference.name = reference_name(table, &reference.columns).unwrap_or_default();
    }
    Ok(found)
}

/// The tables that refer to one.
pub(crate) async fn children(connection: &DatabaseExecutor<'_>, parent: &str) -> Result<Vec<String>, DbErr> {
    ask(connection, CHILDREN, &[parent]).await?.iter().map(|row| row.try_get_by("child")).collect()
}

/// Rows of a table that SQLite is told to reckon with.
const ROWS: u32 = 1_000_000;
/// Rows that it is told agree in the first column of an index behind the scope's.
const ROWS_ALIKE: u32 = 10;

/// Tells SQLite how selective indexes are (<https://www.sqlite.org/fileformat2.html#stat1tab>). Without statistics it
/// reckons that few rows share a scope, and walks all rows of an environment rather than sorting the few that an index
/// would find. A later `ANALYZE` replaces this by its counts.
pub(crate) fn statistics(made: &[(&TableDef, &IndexDef)]) -> Vec<String> {
    if made.is_empty() {
        return Vec::new();
    }
    let rows: Vec<String> = made
        .iter()
        .map(|(table, index)| {
            // A table without row ids keeps its statistics under the table's own name.
            let primary = index.name == table.primary_key_name();
            let name = if primary { &table.name } else { &index.name };
            format!("({}, {}, '{}')", quoted(&table.name), quoted(name), selectivity(table, index))
        })
        .collect();
    // Analyzing only the schema makes a missing table of statistics, and makes SQLite read it.
    let analyze = "ANALYZE sqlite_schema".to_owned();
    let insert = format!(r#"INSERT INTO "sqlite_stat1" ("tbl", "idx", "stat") VALUES {}"#, rows.join(", "));
    vec![analyze.clone(), insert, analyze]
}

/// How many rows there are, then how many agree in the first column, in the first two, and so on.
fn selectivity(table: &TableDef, index: &IndexDef) -> String {
    let mut alike = ROWS;
    let mut numbers = vec![ROWS.to_string()];
    for (position, column) in index.columns.iter().enumerate() {
        let is_last = position + 1 == index.columns.len();
        let is_scope = table.scope.columns().contains(&column.as_str());
        alike = match () {
            () if (index.unique && is_last) || *column == table.id => 1,
            () if is_scope => alike,
            () if alike == ROWS => ROWS_ALIKE,
            () => alike.div_ceil(2),
        };
        numbers.push(alike.to_string());
    }
    numbers.join(" ")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
