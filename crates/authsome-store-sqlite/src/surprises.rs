//! What the statement that made a table says, no declaration says, and SQLite does not tell otherwise.

use authsome_core::migration::LiveTable;
use sea_orm::{ConnectionTrait, DatabaseExecutor, DbBackend, DbErr, Statement};

use crate::migration::names;

/// The statements that made tables.
const MADE_BY: &str = r#"SELECT s."name", s."sql"
    FROM json_each(?) AS t JOIN sqlite_schema AS s WHERE s."type" = 'table' AND s."name" = t."value""#;

/// Words of such a statement that no declaration makes, with what they mean.
const WORDS: [(&str, &str); 4] = [
    ("CHECK", "has a constraint that no declaration makes (CHECK)"),
    ("COLLATE", "has a column with a collation of its own (COLLATE)"),
    ("CONFLICT", "settles conflicts by itself (ON CONFLICT)"),
    ("DEFERRED", "has a reference that is held only when a transaction ends (DEFERRABLE INITIALLY DEFERRED)"),
];

/// Adds what such words mean to the tables of these names.
pub(crate) async fn add(
    connection: &DatabaseExecutor<'_>,
    tables: &[String],
    live: &mut [LiveTable],
) -> Result<(), DbErr> {
    let question = Statement::from_sql_and_values(DbBackend::Sqlite, MADE_BY, [names(tables)]);
    for row in connection.query_all_raw(question).await? {
        let (name, sql): (String, String) = (row.try_get_by("name")?, row.try_get_by("sql")?);
        let said = || WORDS.iter().filter(|(word, _)| says(&sql, word)).map(|(_, what)| (*what).to_owned());
        live.iter_mut().filter(|live| live.name == name).for_each(|live| live.surprises.extend(said()));
    }
    Ok(())
}

/// Whether a statement has a word outside of its quoted names.
fn says(sql: &str, word: &str) -> bool {
    let unquoted = sql.split('"').step_by(2);
    unquoted
        .flat_map(|part| part.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_'))
        .any(|said| said.eq_ignore_ascii_case(word))
}
