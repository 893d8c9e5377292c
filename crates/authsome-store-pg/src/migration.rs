//! What PostgreSQL says about its tables.

use authsome_core::migration::{LiveColumn, LiveTable};
use authsome_core::schema::{IndexDef, OnDelete, ReferenceDef};
use authsome_core::value::ColumnType;
use authsome_store_sql::Referring;
use sea_orm::sea_query::ArrayType;
use sea_orm::{ConnectionTrait, DatabaseExecutor, DbBackend, DbErr, QueryResult, Statement, Value};

/// A text column counts as one only where it is compared byte for byte.
const COLUMNS: &str = r#"SELECT t.relname::text AS "table", a.attname::text AS "name",
        format_type(a.atttypid, a.atttypmod) || coalesce(' ' || c.collname, '') AS "type", a.attnotnull AS "not_null"
    FROM pg_catalog.pg_class t
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid
    LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation
    WHERE n.nspname = current_schema() AND t.relname = ANY($1) AND t.relkind IN ('r', 'p')
        AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY t.relname, a.attnum"#;

const TYPES: [(ColumnType, &str); 6] = [
    (ColumnType::Bool, "boolean"),
    (ColumnType::Int, "bigint"),
    (ColumnType::Text, "text C"),
    (ColumnType::Bytes, "bytea"),
    (ColumnType::Time, "timestamp(3) with time zone"),
    (ColumnType::Json, "json"),
];

/// In the order in which they were made. One that is not valid, since building it failed, is none.
const INDEXES: &str = r#"SELECT t.relname::text AS "table", x.relname::text AS "name", i.indisunique AS "is_unique",
        a.attname::text AS "column", pg_get_expr(i.indpred, i.indrelid) AS "condition"
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, position)
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE n.nspname = current_schema() AND t.relname = ANY($1)
        AND NOT i.indisprimary AND i.indisvalid AND k.position <= i.indnkeyatts
    ORDER BY t.relname, i.indexrelid, k.position"#;

/// In the order in which they were made. One that does something else than Authsome's at a deletion, or was never
/// checked, is none.
const REFERENCES: &str = r#"SELECT t.relname::text AS "table", c.conname::text AS "name", p.relname::text AS "parent",
        a.attname::text AS "column", b.attname::text AS "parent_column", c.confdeltype = 'c' AS "cascades"
    FROM pg_catalog.pg_constraint c
    JOIN pg_catalog.pg_class t ON t.oid = c.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_catalog.pg_class p ON p.oid = c.confrelid
    CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS k(attnum, parent_attnum, position)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
    JOIN pg_catalog.pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.parent_attnum
    WHERE n.nspname = current_schema() AND (t.relname = ANY($1) OR p.relname = ANY($2))
        AND c.contype = 'f' AND c.convalidated AND c.confdeltype IN ('a', 'r', 'c')
    ORDER BY t.relname, c.oid, k.position"#;

/// The live tables of these names.
pub(crate) async fn introspect(connection: &DatabaseExecutor<'_>, tables: &[String]) -> Result<Vec<LiveTable>, DbErr> {
    let mut live: Vec<LiveTable> = tables
        .iter()
        .map(|name| LiveTable { name: name.clone(), columns: Vec::new(), indexes: Vec::new(), references: Vec::new() })
        .collect();
    let of = |row: &QueryResult| -> Result<String, DbErr> { row.try_get_by("table") };
    for row in ask(connection, COLUMNS, [names(tables)]).await? {
        let table = of(&row)?;
        let column = column(&row)?;
        live.iter_mut().filter(|live| live.name == table).for_each(|live| live.columns.push(column.clone()));
    }
    for (table, index) in indexes(&ask(connection, INDEXES, [names(tables)]).await?)? {
        live.iter_mut().filter(|live| live.name == table).for_each(|live| live.indexes.push(index.clone()));
    }
    for Referring { table, reference } in references(&ask(connection, REFERENCES, [names(tables), names(&[])]).await?)?
    {
        live.iter_mut().filter(|live| live.name == table).for_each(|live| live.references.push(reference.clone()));
    }
    live.retain(|table| !table.columns.is_empty());
    Ok(live)
}

/// The references that point to a table.
pub(crate) async fn referring(connection: &DatabaseExecutor<'_>, parent: &str) -> Result<Vec<Referring>, DbErr> {
    let parents = names(std::slice::from_ref(&parent.to_owned()));
    references(&ask(connection, REFERENCES, [names(&[]), parents]).await?)
}

fn names(names: &[String]) -> Value {
    let names = names.iter().map(|name| Value::String(Some(name.clone()))).collect();
    Value::Array(ArrayType::String, Some(Box::new(names)))
}

async fn ask<const N: usize>(
    connection: &DatabaseExecutor<'_>,
    sql: &str,
    about: [Value; N],
) -> Result<Vec<QueryResult>, DbErr> {
    connection.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, about)).await
}

fn column(row: &QueryResult) -> Result<LiveColumn, DbErr> {
    let stored_as: String = row.try_get_by("type")?;
    let ty = TYPES.iter().find(|(_, known)| *known == stored_as).map(|(ty, _)| *ty);
    let not_null: bool = row.try_get_by("not_null")?;
    Ok(LiveColumn { name: row.try_get_by("name")?, ty, nullable: !not_null })
}

/// Each with its table.
fn indexes(rows: &[QueryResult]) -> Result<Vec<(String, IndexDef)>, DbErr> {
    let mut indexes: Vec<(String, IndexDef)> = Vec::new();
    for row in rows {
        let name: String = row.try_get_by("name")?;
        // None for an expression, which no declaration makes.
        let column = row.try_get_by::<Option<String>, _>("column")?.unwrap_or_default();
        match indexes.last_mut().filter(|(_, index)| index.name == name) {
            Some((_, index)) => index.columns.push(column),
            None => {
                let text: Option<String> = row.try_get_by("condition")?;
                let only_where_null = text.as_deref().map(condition);
                let unique = row.try_get_by("is_unique")?;
                indexes.push((
                    row.try_get_by("table")?,
                    IndexDef { name, columns: vec![column], unique, only_where_null },
                ));
            }
        }
    }
    Ok(indexes)
}

/// The column that is null in all rows of an index; where its condition says something else, that.
fn condition(text: &str) -> String {
    let column = text.strip_prefix('(').and_then(|text| text.strip_suffix(" IS NULL)")).unwrap_or(text);
    column.strip_prefix('"').and_then(|column| column.strip_suffix('"')).unwrap_or(column).to_owned()
}

fn references(rows: &[QueryResult]) -> Result<Vec<Referring>, DbErr> {
    let mut found: Vec<Referring> = Vec::new();
    for row in rows {
        let (table, name): (String, String) = (row.try_get_by("table")?, row.try_get_by("name")?);
        let is_next = found.last().is_none_or(|last| last.table != table || last.reference.name != name);
        if is_next {
            let cascades: bool = row.try_get_by("cascades")?;
            let reference = ReferenceDef {
                name,
                columns: Vec::new(),
                parent: row.try_get_by("parent")?,
                parent_columns: Vec::new(),
                on_delete: if cascades { OnDelete::Cascade } else { OnDelete::Restrict },
            };
            found.push(Referring { table, reference });
        }
        if let Some(Referring { reference, .. }) = found.last_mut() {
            reference.columns.push(row.try_get_by("column")?);
            reference.parent_columns.push(row.try_get_by("parent_column")?);
        }
    }
    Ok(found)
}
