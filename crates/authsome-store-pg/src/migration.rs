//! What PostgreSQL says about its tables.

use authsome_core::value::ColumnType;
use authsome_store_sql::Catalogue;
use sea_orm::Value;
use sea_orm::sea_query::ArrayType;

pub(crate) static CATALOGUE: Catalogue = Catalogue {
    types: [
        (ColumnType::Bool, "boolean", "boolean"),
        (ColumnType::Int, "bigint", "bigint"),
        (ColumnType::Text, r#"text COLLATE "C""#, "text C"),
        (ColumnType::Bytes, "bytea", "bytea"),
        (ColumnType::Time, "timestamptz(3)", "timestamp(3) with time zone"),
        (ColumnType::Json, "json", "json"),
    ],
    names,
    columns: COLUMNS,
    indexes: INDEXES,
    references: REFERENCES,
    surprises: SURPRISES,
    children: CHILDREN,
};

fn names(names: &[String]) -> Value {
    let names = names.iter().map(|name| Value::from(name.as_str())).collect();
    Value::Array(ArrayType::String, Some(Box::new(names)))
}

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
        a.attname::text AS "column", b.attname::text AS "parent_column", k.position = 1 AS "is_first",
        c.confdeltype = 'c' AS "cascades"
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
