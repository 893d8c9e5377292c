//! What PostgreSQL says about its tables.

use authsome_core::migration::{LiveColumn, LiveTable};
use authsome_core::schema::{IndexDef, OnDelete, ReferenceDef};
use authsome_core::value::ColumnType;
use sea_orm::sea_query::ArrayType;
use sea_orm::{ConnectionTrait, DatabaseExecutor, DbBackend, DbErr, QueryResult, Statement, Value};

/// A text column counts as one only if it is compared byte for byte.
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

/// In the order in which they were made, the primary key's own among them.
const INDEXES: &str = r#"SELECT t.relname::text AS "table", x.relname::text AS "name", i.indisunique AS "is_unique",
        i.indisprimary AS "is_primary", a.attname::text AS "column", pg_get_expr(i.indpred, i.indrelid) AS "condition"
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, position)
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE n.nspname = current_schema() AND t.relname = ANY($1)
        AND k.position <= i.indnkeyatts
    ORDER BY t.relname, i.indexrelid, k.position"#;

/// In the order in which they were made. One that does something else than Authsome's at a deletion is none.
const REFERENCES: &str = r#"SELECT t.relname::text AS "table", c.conname::text AS "name", p.relname::text AS "parent",
        a.attname::text AS "column", b.attname::text AS "parent_column", c.confdeltype = 'c' AS "cascades"
    FROM pg_catalog.pg_constraint c
    JOIN pg_catalog.pg_class t ON t.oid = c.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_catalog.pg_class p ON p.oid = c.confrelid
    CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS k(attnum, parent_attnum, position)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
    JOIN pg_catalog.pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.parent_attnum
    WHERE n.nspname = current_schema() AND t.relname = ANY($1) AND c.contype = 'f' AND c.confdeltype IN ('a', 'r', 'c')
    ORDER BY t.relname, c.oid, k.position"#;

const CHILDREN: &str = r#"SELECT DISTINCT t.relname::text AS "table"
    FROM pg_catalog.pg_constraint c
    JOIN pg_catalog.pg_class t ON t.oid = c.conrelid
    JOIN pg_catalog.pg_class p ON p.oid = c.confrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname = current_schema() AND p.relnamespace = n.oid AND p.relname = $1 AND c.contype = 'f'"#;

/// What a declaration cannot say, in words. An index is asked for its properties by name where older servers do not
/// have them.
const SURPRISES: &str = r#"WITH live AS (
        SELECT t.oid, t.relname::text AS "table", t.relpersistence, t.relrowsecurity
        FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
        WHERE n.nspname = current_schema() AND t.relname = ANY($1) AND t.relkind IN ('r', 'p')
    ), indexes AS (
        SELECT "table", x.relname AS "name", m.amname, i.* FROM live JOIN pg_catalog.pg_index i ON i.indrelid = live.oid
        JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam
    ), constraints AS (
        SELECT "table", c.* FROM live JOIN pg_catalog.pg_constraint c ON c.conrelid = live.oid
    )
    SELECT "table", 'is not logged, so that a crash of the server empties it' AS "what"
        FROM live WHERE relpersistence = 'u'
    UNION ALL SELECT "table", 'has row-level security, which hides rows' FROM live WHERE relrowsecurity
    UNION ALL SELECT "table", format('has the index %s, which is not valid since making it failed', "name")
        FROM indexes WHERE NOT indisvalid
    UNION ALL SELECT "table", format('has the index %s, in which nulls are not distinct', "name")
        FROM indexes WHERE to_jsonb(indexes) ->> 'indnullsnotdistinct' = 'true'
    UNION ALL SELECT "table", format('has the index %s, which is not a B-tree but a %s', "name", amname)
        FROM indexes WHERE amname <> 'btree'
    UNION ALL SELECT "table", format('has the index %s, where %s is not ascending with nulls last', "name", attname)
        FROM indexes CROSS JOIN LATERAL unnest(indoption, indkey) AS k(option, attnum)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = indrelid AND a.attnum = k.attnum WHERE k.option <> 0
    UNION ALL SELECT "table", format('has the index %s, in which %s has the collation %s', "name", attname, collname)
        FROM indexes CROSS JOIN LATERAL unnest(indcollation, indkey) AS k(collid, attnum)
        JOIN pg_catalog.pg_collation c ON c.oid = k.collid
        JOIN pg_catalog.pg_attribute a ON a.attrelid = indrelid AND a.attnum = k.attnum
        WHERE k.collid <> a.attcollation
    UNION ALL SELECT "table", format('has the constraint %s, which is deferrable', conname)
        FROM constraints WHERE condeferrable
    UNION ALL SELECT "table", format('has the reference %s, which does not hold for earlier rows', conname)
        FROM constraints WHERE contype = 'f' AND NOT convalidated
    UNION ALL SELECT "table", format('has the reference %s, which is not MATCH SIMPLE', conname)
        FROM constraints WHERE contype = 'f' AND confmatchtype <> 's'
    UNION ALL SELECT DISTINCT c."table", format('has the reference %s, whose triggers are disabled', conname)
        FROM constraints c JOIN pg_catalog.pg_trigger g ON g.tgconstraint = c.oid
        WHERE contype = 'f' AND g.tgenabled NOT IN ('O', 'A')
    UNION ALL SELECT "table", format('has the constraint %s, which no declaration makes', conname)
        FROM constraints WHERE contype IN ('c', 'x')
    ORDER BY 1, 2"#;

/// The live tables of these names.
pub(crate) async fn introspect(connection: &DatabaseExecutor<'_>, tables: &[String]) -> Result<Vec<LiveTable>, DbErr> {
    let mut live: Vec<LiveTable> = tables
        .iter()
        .map(|name| LiveTable {
            name: name.clone(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            indexes: Vec::new(),
            references: Vec::new(),
            surprises: Vec::new(),
        })
        .collect();
    for row in ask(connection, COLUMNS, [names(tables)]).await? {
        let column = column(&row)?;
        of(&mut live, &row)?.for_each(|live| live.columns.push(column.clone()));
    }
    for row in ask(connection, INDEXES, [names(tables)]).await? {
        let part = index_part(&row)?;
        of(&mut live, &row)?.for_each(|live| add_to_index(live, part.clone()));
    }
    for row in ask(connection, REFERENCES, [names(tables)]).await? {
        let part = reference_part(&row)?;
        of(&mut live, &row)?.for_each(|live| add_to_reference(live, part.clone()));
    }
    for row in ask(connection, SURPRISES, [names(tables)]).await? {
        let what: String = row.try_get_by("what")?;
        of(&mut live, &row)?.for_each(|live| live.surprises.push(what.clone()));
    }
    live.retain(|table| !table.columns.is_empty());
    Ok(live)
}

/// The tables that a row is about.
fn of<'l>(live: &'l mut [LiveTable], row: &QueryResult) -> Result<impl Iterator<Item = &'l mut LiveTable>, DbErr> {
    let table: String = row.try_get_by("table")?;
    Ok(live.iter_mut().filter(move |live| live.name == table))
}

/// The tables that refer to one.
pub(crate) async fn children(connection: &DatabaseExecutor<'_>, parent: &str) -> Result<Vec<String>, DbErr> {
    let parent = Value::String(Some(parent.to_owned()));
    ask(connection, CHILDREN, [parent]).await?.iter().map(|row| row.try_get_by("table")).collect()
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

/// A column of an index.
#[derive(Clone)]
struct IndexPart {
    is_primary: bool,
    /// With this column alone.
    index: IndexDef,
}

fn index_part(row: &QueryResult) -> Result<IndexPart, DbErr> {
    // None for an expression, which no declaration makes.
    let column = row.try_get_by::<Option<String>, _>("column")?.unwrap_or_default();
    let condition: Option<String> = row.try_get_by("condition")?;
    let index = IndexDef {
        name: row.try_get_by("name")?,
        columns: vec![column],
        unique: row.try_get_by("is_unique")?,
        only_where_null: condition.as_deref().map(only_where_null),
    };
    Ok(IndexPart { is_primary: row.try_get_by("is_primary")?, index })
}

fn add_to_index(live: &mut LiveTable, IndexPart { is_primary, index }: IndexPart) {
    if is_primary {
        live.primary_key.extend(index.columns);
        return;
    }
    match live.indexes.last_mut().filter(|last| last.name == index.name) {
        Some(last) => last.columns.extend(index.columns),
        None => live.indexes.push(index),
    }
}

/// The column that is null in all rows of an index; for another condition, its text.
fn only_where_null(text: &str) -> String {
    let column = text.strip_prefix('(').and_then(|text| text.strip_suffix(" IS NULL)")).unwrap_or(text);
    column.strip_prefix('"').and_then(|column| column.strip_suffix('"')).unwrap_or(column).to_owned()
}

/// A reference with one of its columns.
fn reference_part(row: &QueryResult) -> Result<ReferenceDef, DbErr> {
    let cascades: bool = row.try_get_by("cascades")?;
    Ok(ReferenceDef {
        name: row.try_get_by("name")?,
        columns: vec![row.try_get_by("column")?],
        parent: row.try_get_by("parent")?,
        parent_columns: vec![row.try_get_by("parent_column")?],
        on_delete: if cascades { OnDelete::Cascade } else { OnDelete::Restrict },
    })
}

fn add_to_reference(live: &mut LiveTable, part: ReferenceDef) {
    match live.references.last_mut().filter(|last| last.name == part.name) {
        Some(last) => {
            last.columns.extend(part.columns);
            last.parent_columns.extend(part.parent_columns);
        }
        None => live.references.push(part),
    }
}
