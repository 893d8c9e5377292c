//! What a table of SQLite is that no declaration says and that would change what Authsome's statements do.

use sea_orm::{DatabaseExecutor, DbErr};

use crate::migration::ask;

/// Properties that SQLite tells, each in words.
const TOLD: &str = r#"SELECT 'keeps its rows by row id' AS "what"
        FROM pragma_table_list WHERE "schema" = 'main' AND "name" = ?1 AND NOT "wr"
    UNION ALL SELECT format('has the index %s, in which %s has the collation %s', i."name", c."name", c."coll")
        FROM pragma_index_list(?1) AS i JOIN pragma_index_xinfo(i."name") AS c
        WHERE c."key" AND c."coll" <> 'BINARY'
    UNION ALL SELECT format('has the index %s, where %s is not ascending', i."name", c."name")
        FROM pragma_index_list(?1) AS i JOIN pragma_index_xinfo(i."name") AS c WHERE c."key" AND c."desc"
    UNION ALL SELECT format('has the constraint %s, which no declaration makes', "name")
        FROM pragma_index_list(?1) WHERE "origin" = 'u'
    UNION ALL SELECT format('has a reference to %s with ON DELETE %s', "table", "on_delete")
        FROM pragma_foreign_key_list(?1) WHERE "seq" = 0 AND "on_delete" NOT IN ('CASCADE', 'NO ACTION')
    ORDER BY 1"#;

/// The statement that made a table: what SQLite does not tell otherwise.
const MADE_BY: &str = r#"SELECT "sql" FROM sqlite_schema WHERE "type" = 'table' AND "name" = ?"#;

/// Words of that statement that no declaration makes, with what they mean.
const WORDS: [(&str, &str); 4] = [
    ("CHECK", "has a constraint that no declaration makes (CHECK)"),
    ("COLLATE", "has a column with a collation of its own (COLLATE)"),
    ("CONFLICT", "settles conflicts by itself (ON CONFLICT)"),
    ("DEFERRED", "has a reference that is held only when a transaction ends (DEFERRABLE INITIALLY DEFERRED)"),
];

/// The properties of a table.
pub(crate) async fn of(connection: &DatabaseExecutor<'_>, table: &str) -> Result<Vec<String>, DbErr> {
    let mut found = Vec::new();
    for row in ask(connection, TOLD, &[table]).await? {
        found.push(row.try_get_by("what")?);
    }
    for row in ask(connection, MADE_BY, &[table]).await? {
        let sql: String = row.try_get_by("sql")?;
        found.extend(WORDS.iter().filter(|(word, _)| says(&sql, word)).map(|(_, what)| (*what).to_owned()));
    }
    Ok(found)
}

/// Whether a statement has a word outside of its quoted names.
fn says(sql: &str, word: &str) -> bool {
    let unquoted = sql.split('"').step_by(2);
    unquoted
        .flat_map(|part| part.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_'))
        .any(|said| said.eq_ignore_ascii_case(word))
}
