//! Portable schema operations as statements of a dialect.

use authsome_core::error::StoreError;
use authsome_core::migration::{MigrateError, Operation, Step};
use authsome_core::records::MAX_ROWS;
use authsome_core::schema::{ColumnDef, IndexDef, OnDelete, ReferenceDef, TableDef};
use sea_orm::StatementBuilder;
use sea_orm::sea_query::{
    self, ConditionalStatement, Expr, ExprTrait, ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement, Index,
    IndexCreateStatement, IntoIden, Table, TableCreateStatement,
};

use crate::dialect::Dialect;

/// The statements that carry out a step, in order.
pub(crate) fn statements(dialect: &dyn Dialect, step: &Step) -> Result<Vec<String>, MigrateError> {
    let sql = |statement: &dyn StatementBuilder| statement.build(&dialect.backend()).sql;
    let mut statements = Vec::new();
    let mut schema = step.before.clone();
    let mut indexes: Vec<(String, IndexDef)> = Vec::new();
    for operation in &step.operations {
        step.advance(&mut schema, operation)?;
        if let Operation::CreateTable(TableDef { name, .. }) | Operation::AddColumn { table: name, .. } = operation
            && let Some(table) = schema.tables.get(name)
        {
            check_width(dialect, table)?;
            dialect.check_table(table)?;
        }
        match operation {
            Operation::CreateTable(table) => {
                statements.push(sql(&create_table(dialect, table)));
                statements.extend(table.indexes.iter().map(|index| sql(&create_index(&table.name, index))));
                let plain = table.indexes.iter().filter(|index| !index.unique).cloned();
                indexes.extend(table.uniques().into_iter().chain(plain).map(|index| (table.name.clone(), index)));
            }
            Operation::DropTable { table } => {
                indexes.retain(|(of, _)| of != table);
                statements.push(sql(Table::drop().table(table.clone())));
            }
            Operation::AddColumn { table, column } => {
                statements.push(sql(Table::alter().table(table.clone()).add_column(column_def(dialect, column))));
            }
            Operation::DropColumn { table, column } => {
                statements.push(sql(Table::alter().table(table.clone()).drop_column(column.clone())));
            }
            Operation::CreateIndex { table, index } => {
                statements.push(sql(&create_index(table, index)));
                indexes.push((table.clone(), index.clone()));
            }
            Operation::DropIndex { table, index } => {
                indexes.retain(|(_, made)| &made.name != index);
                statements.push(sql(Index::drop().name(index).table(table.clone())));
            }
            Operation::Raw { statements: by_dialect } => statements.extend(by_dialect.get(&dialect.name()).cloned()),
        }
    }
    let made: Vec<(&TableDef, &IndexDef)> =
        indexes.iter().filter_map(|(table, index)| Some((schema.tables.get(table)?, index))).collect();
    statements.extend(dialect.after_indexes(&made));
    Ok(statements)
}

/// Refuses a table with so many columns that one statement cannot insert the most rows of a request.
fn check_width(dialect: &dyn Dialect, table: &TableDef) -> Result<(), StoreError> {
    if table.columns.len().saturating_mul(MAX_ROWS) <= dialect.max_parameters() {
        return Ok(());
    }
    Err(StoreError::Invalid { what: table.name.clone(), why: "the table has too many columns" })
}

fn create_table(dialect: &dyn Dialect, table: &TableDef) -> TableCreateStatement {
    let mut create = Table::create();
    create.table(table.name.clone());
    for column in &table.columns {
        create.col(column_def(dialect, column));
    }
    let mut primary_key = Index::create();
    primary_key.name(table.primary_key_name());
    for column in table.primary_key() {
        primary_key.col(column);
    }
    create.primary_key(&mut primary_key);
    for reference in &table.references {
        create.foreign_key(&mut foreign_key(table, reference));
    }
    if let Some(options) = dialect.table_options() {
        create.extra(options);
    }
    create
}

/// A column of a table.
pub(crate) fn column_def(dialect: &dyn Dialect, column: &ColumnDef) -> sea_query::ColumnDef {
    let declared = dialect.catalogue().declared(column.ty);
    let ty = sea_query::ColumnType::Custom(declared.into_iden());
    let mut def = sea_query::ColumnDef::new_with_type(column.name.clone(), ty);
    if column.nullable {
        def.null();
    } else {
        def.not_null();
    }
    def
}

fn create_index(table: &str, index: &IndexDef) -> IndexCreateStatement {
    let mut create = Index::create();
    create.name(&index.name).table(table.to_owned());
    for column in &index.columns {
        create.col(column.clone());
    }
    if index.unique {
        create.unique();
    }
    if let Some(column) = &index.only_where_null {
        create.and_where(Expr::col(column.clone()).is_null());
    }
    create
}

/// A reference. `Restrict` becomes `NO ACTION`, which is held at the end of the statement: children that are deleted
/// together with their parent do not keep it.
fn foreign_key(table: &TableDef, reference: &ReferenceDef) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.name(&reference.name).from_tbl(table.name.clone().into_iden()).to_tbl(reference.parent.clone().into_iden());
    for column in &reference.columns {
        key.from_col(column.clone());
    }
    for column in &reference.parent_columns {
        key.to_col(column.clone());
    }
    key.on_delete(match reference.on_delete {
        OnDelete::Cascade => ForeignKeyAction::Cascade,
        OnDelete::Restrict => ForeignKeyAction::NoAction,
    });
    key
}
