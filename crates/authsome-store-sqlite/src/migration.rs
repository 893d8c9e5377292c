//! SQLite's live tables, and its statistics of indexes.

use authsome_core::schema::{IndexDef, TableDef};
use authsome_core::value::ColumnType;
use authsome_store_sql::Catalogue;
use sea_orm::Value;

pub(crate) static CATALOGUE: Catalogue = Catalogue {
    types: [
        (ColumnType::Bool, "boolean", "boolean"),
        (ColumnType::Int, "integer", "integer"),
        (ColumnType::Text, "text", "text"),
        (ColumnType::Bytes, "blob", "blob"),
        (ColumnType::Time, "integer_ms", "integer_ms"),
        (ColumnType::Json, "json_text", "json_text"),
    ],
    names,
    columns: COLUMNS,
    indexes: INDEXES,
    references: REFERENCES,
    surprises: SURPRISES,
    children: CHILDREN,
};

/// A JSON array, which `json_each` makes rows of.
pub(crate) fn names(names: &[String]) -> Value {
    serde_json::Value::from(names).to_string().into()
}

const COLUMNS: &str = r#"SELECT t."value" AS "table", c."name", lower(c."type") AS "type", c."notnull" AS "not_null"
    FROM json_each(?1) AS t JOIN pragma_table_info(t."value") AS c ORDER BY c."cid""#;

/// The primary key, and indexes that were made as such, not those that SQLite makes for a key.
const INDEXES: &str = r#"SELECT t."value" AS "table", '' AS "name", 1 AS "is_unique", 1 AS "is_primary",
        c."name" AS "column", NULL AS "condition", 0 AS "made", c."pk" AS "position"
    FROM json_each(?1) AS t JOIN pragma_table_info(t."value") AS c WHERE c."pk" > 0
    UNION ALL SELECT t."value", i."name", i."unique", 0, c."name",
        CASE WHEN i."partial" THEN substr(s."sql", instr(s."sql", ' WHERE ') + 7) END, -i."seq", c."seqno"
    FROM json_each(?1) AS t JOIN pragma_index_list(t."value") AS i JOIN pragma_index_info(i."name") AS c
        JOIN sqlite_schema AS s
    WHERE i."origin" = 'c' AND s."type" = 'index' AND s."name" = i."name" ORDER BY "made", "position""#;

/// SQLite lists the references that were made last first, and does not keep their names. See [`reference_name`].
const REFERENCES: &str = r#"SELECT t."value" AS "table", r."from" AS "column", r."table" AS "parent",
        r."to" AS "parent_column", r."seq" = 0 AS "is_first", r."on_delete" = 'CASCADE' AS "cascades",
        t."value" || '_' || first_value(r."from") OVER last_column || '_fkey' AS "name"
    FROM json_each(?1) AS t JOIN pragma_foreign_key_list(t."value") AS r
    WINDOW last_column AS (PARTITION BY t."value", r."id" ORDER BY r."seq" DESC)
    ORDER BY r."id" DESC, r."seq""#;

const SURPRISES: &str = r#"SELECT t."value" AS "table", 'keeps its rows by row id' AS "what"
        FROM json_each(?1) AS t JOIN pragma_table_list AS l ON l."name" = t."value"
        WHERE l."schema" = 'main' AND NOT l."wr"
    UNION ALL SELECT t."value", format('has the index %s, in which %s has the collation %s', i."name", c."name", c."coll")
        FROM json_each(?1) AS t JOIN pragma_index_list(t."value") AS i JOIN pragma_index_xinfo(i."name") AS c
        WHERE c."key" AND c."coll" <> 'BINARY'
    UNION ALL SELECT t."value", format('has the index %s, where %s is not ascending', i."name", c."name")
        FROM json_each(?1) AS t JOIN pragma_index_list(t."value") AS i JOIN pragma_index_xinfo(i."name") AS c
        WHERE c."key" AND c."desc"
    UNION ALL SELECT t."value", format('has the constraint %s, which no declaration makes', i."name")
        FROM json_each(?1) AS t JOIN pragma_index_list(t."value") AS i WHERE i."origin" = 'u'
    UNION ALL SELECT t."value", format('has a reference to %s with ON DELETE %s', r."table", r."on_delete")
        FROM json_each(?1) AS t JOIN pragma_foreign_key_list(t."value") AS r
        WHERE r."seq" = 0 AND r."on_delete" NOT IN ('CASCADE', 'NO ACTION')
    ORDER BY 1, 2"#;

const CHILDREN: &str = r#"SELECT DISTINCT t."name" AS "table"
    FROM sqlite_schema AS t JOIN pragma_foreign_key_list(t."name") AS r WHERE t."type" = 'table' AND r."table" = ?"#;

/// The name that a reference with these columns has; `None` for one without columns.
pub(crate) fn reference_name(table: &str, columns: &[String]) -> Option<String> {
    columns.last().map(|column| format!("{table}_{column}_fkey"))
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
