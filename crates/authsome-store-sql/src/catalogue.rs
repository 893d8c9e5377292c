//! [`Catalogue`]: how a database tells what tables it has.

use authsome_core::migration::{LiveColumn, LiveTable};
use authsome_core::schema::{IndexDef, OnDelete, ReferenceDef};
use authsome_core::value::ColumnType;
use sea_orm::{ConnectionTrait, DatabaseExecutor, DbErr, QueryResult, Statement, Value};

/// How a database tells what tables it has. A question takes the names of tables as its one parameter, and each row of
/// its answer says in `table` which of them it is about.
#[derive(Debug)]
pub struct Catalogue {
    /// The portable types: how each is declared, and what the database then calls it.
    pub types: [(ColumnType, &'static str, &'static str); 6],
    /// The parameter of a question about tables of these names.
    pub names: fn(&[String]) -> Value,
    /// Asks for the columns of a table in their order: `name`, `type`, `not_null`.
    pub columns: &'static str,
    /// Asks for the columns of each index in the order in which the indexes were made: `name` of the index, `column`
    /// (null for an expression), `is_unique`, `is_primary`, and `condition` for an index that leaves rows out.
    pub indexes: &'static str,
    /// Asks for the columns of each reference in the order in which the references were made: `name` of the reference,
    /// `column`, `parent`, `parent_column`, `is_first` for its first column, and `cascades`.
    pub references: &'static str,
    /// Asks for what no declaration can express: `what`, in words that follow the table's name.
    pub surprises: &'static str,
    /// Asks for the tables that refer to the one whose name is the parameter.
    pub children: &'static str,
}

/// Adds what a row says to the table that it is about.
type Add = fn(&Catalogue, &mut LiveTable, &QueryResult) -> Result<(), DbErr>;

impl Catalogue {
    /// How a column of this type is declared.
    pub(crate) fn declared(&self, ty: ColumnType) -> &'static str {
        self.types.iter().find(|(known, ..)| *known == ty).map_or("", |(_, declared, _)| declared)
    }

    /// The live tables of these names, as far as they exist.
    ///
    /// # Errors
    /// What the database says.
    pub async fn introspect(
        &self,
        connection: &DatabaseExecutor<'_>,
        tables: &[String],
    ) -> Result<Vec<LiveTable>, DbErr> {
        let mut live: Vec<LiveTable> =
            tables.iter().map(|name| LiveTable { name: name.clone(), ..LiveTable::default() }).collect();
        let questions: [(&str, Add); 4] = [
            (self.columns, Self::add_column),
            (self.indexes, Self::add_to_index),
            (self.references, Self::add_to_reference),
            (self.surprises, Self::add_surprise),
        ];
        for (question, add) in questions {
            for row in ask(connection, question, (self.names)(tables)).await? {
                let table: String = row.try_get_by("table")?;
                for live in live.iter_mut().filter(|live| live.name == table) {
                    add(self, live, &row)?;
                }
            }
        }
        live.retain(|table| !table.columns.is_empty());
        Ok(live)
    }

    /// The live tables with a reference to this one, each once.
    pub(crate) async fn children(&self, connection: &DatabaseExecutor<'_>, parent: &str) -> Result<Vec<String>, DbErr> {
        ask(connection, self.children, parent.into()).await?.iter().map(|row| row.try_get_by("table")).collect()
    }

    fn add_column(&self, live: &mut LiveTable, row: &QueryResult) -> Result<(), DbErr> {
        let stored_as: String = row.try_get_by("type")?;
        let ty = self.types.iter().find(|(.., known)| *known == stored_as).map(|(ty, ..)| *ty);
        let not_null: bool = row.try_get_by("not_null")?;
        live.columns.push(LiveColumn { name: row.try_get_by("name")?, ty, nullable: !not_null });
        Ok(())
    }

    fn add_to_index(&self, live: &mut LiveTable, row: &QueryResult) -> Result<(), DbErr> {
        let name: String = row.try_get_by("name")?;
        // None for an expression, which no declaration makes.
        let column = row.try_get_by::<Option<String>, _>("column")?.unwrap_or_default();
        if row.try_get_by("is_primary")? {
            live.primary_key.push(column);
        } else if let Some(last) = live.indexes.last_mut().filter(|last| last.name == name) {
            last.columns.push(column);
        } else {
            let condition: Option<String> = row.try_get_by("condition")?;
            let only_where_null = condition.as_deref().map(only_where_null);
            let unique = row.try_get_by("is_unique")?;
            live.indexes.push(IndexDef { name, columns: vec![column], unique, only_where_null });
        }
        Ok(())
    }

    fn add_to_reference(&self, live: &mut LiveTable, row: &QueryResult) -> Result<(), DbErr> {
        if row.try_get_by("is_first")? {
            let cascades: bool = row.try_get_by("cascades")?;
            live.references.push(ReferenceDef {
                name: row.try_get_by("name")?,
                columns: Vec::new(),
                parent: row.try_get_by("parent")?,
                parent_columns: Vec::new(),
                on_delete: if cascades { OnDelete::Cascade } else { OnDelete::Restrict },
            });
        }
        if let Some(reference) = live.references.last_mut() {
            reference.columns.push(row.try_get_by("column")?);
            reference.parent_columns.push(row.try_get_by("parent_column")?);
        }
        Ok(())
    }

    fn add_surprise(&self, live: &mut LiveTable, row: &QueryResult) -> Result<(), DbErr> {
        live.surprises.push(row.try_get_by("what")?);
        Ok(())
    }
}

async fn ask(connection: &DatabaseExecutor<'_>, sql: &str, about: Value) -> Result<Vec<QueryResult>, DbErr> {
    let question = Statement::from_sql_and_values(connection.get_database_backend(), sql, [about]);
    connection.query_all_raw(question).await
}

/// The column that is null in all rows of an index; for another condition, its text.
fn only_where_null(condition: &str) -> String {
    let bare = condition.strip_prefix('(').and_then(|condition| condition.strip_suffix(')')).unwrap_or(condition);
    let column = bare.strip_suffix(" IS NULL").unwrap_or(condition);
    column.strip_prefix('"').and_then(|column| column.strip_suffix('"')).unwrap_or(column).to_owned()
}
