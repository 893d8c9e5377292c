//! The checksum of a step: it shows whether the step was changed after it was applied.

use authsome_core::error::StoreError;
use authsome_core::migration::{MigrateError, Migration};
use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// SHA-256, in lower-case hexadecimal, of the canonical JSON of `[version, name, up, down]`.
pub(crate) fn checksum(migration: &Migration) -> Result<String, MigrateError> {
    let declared = (migration.version, &migration.name, &migration.up, &migration.down);
    let json = serde_json::to_value(declared).map_err(StoreError::backend)?;
    let mut text = String::new();
    write_canonical(&json, &mut text);
    Ok(HEXLOWER.encode(&Sha256::digest(text.as_bytes())))
}

/// JSON without white space, the members of each object sorted by name: neither the order of a struct's fields nor a
/// feature of `serde_json` that another crate of the build switches on can change it.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            write_list('{', '}', members, out, |(name, member), out| {
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write_canonical(member, out);
            });
        }
        Value::Array(items) => write_list('[', ']', items, out, write_canonical),
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn write_list<T>(
    open: char,
    close: char,
    items: impl IntoIterator<Item = T>,
    out: &mut String,
    mut write: impl FnMut(T, &mut String),
) {
    out.push(open);
    for (position, item) in items.into_iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use authsome_core::migration::{Dialect, Down, Operation};
    use authsome_core::schema::{ColumnDef, IndexDef, OnDelete, ScopeLevel, TableDef};
    use authsome_core::value::ColumnType;

    use super::*;

    fn everything() -> Migration {
        let table = TableDef::new("t", ScopeLevel::Environment, ColumnDef::new("id", ColumnType::Text))
            .column(ColumnDef::new("n", ColumnType::Int).nullable())
            .index(IndexDef::unique("t_n", &["app_id", "env_id", "n"]).only_where_null("n"))
            .reference("n", "p", ScopeLevel::Environment, "id", OnDelete::Cascade);
        let statements = BTreeMap::from([(Dialect::new("a"), "select \"1\"".to_owned())]);
        Migration {
            version: 7,
            name: "everything".to_owned(),
            up: vec![
                Operation::CreateTable(table),
                Operation::AddColumn {
                    table: "t".to_owned(),
                    column: ColumnDef::new("x", ColumnType::Json).nullable(),
                },
                Operation::CreateIndex { table: "t".to_owned(), index: IndexDef::plain("t_x", &["x"]) },
                Operation::Raw { statements },
            ],
            down: Down::Operations(vec![
                Operation::DropIndex { table: "t".to_owned(), index: "t_x".to_owned() },
                Operation::DropColumn { table: "t".to_owned(), column: "x".to_owned() },
                Operation::DropTable { table: "t".to_owned() },
            ]),
        }
    }

    /// Histories in the field hold checksums: one that changes here locks every existing database out.
    #[test]
    fn checksums_never_change_between_releases() {
        assert_eq!(
            checksum(&everything()).unwrap(),
            "c37e6da22aaa212693ef6e4b6ddf0cce66a1cbf8dd44770384bf7bb199020443"
        );
    }

    #[test]
    fn canonical_json_sorts_members_and_escapes_text() {
        let mut text = String::new();
        let json = serde_json::json!({"b": [1, null, {"z": true, "a": "\"\n"}], "a": {}});
        write_canonical(&json, &mut text);
        assert_eq!(text, r#"{"a":{},"b":[1,null,{"a":"\"\n","z":true}]}"#);
    }

    #[test]
    fn every_part_of_a_step_counts() {
        let original = everything();
        let changed = [
            Migration { version: 8, ..original.clone() },
            Migration { name: "other".to_owned(), ..original.clone() },
            Migration { up: Vec::new(), ..original.clone() },
            Migration { down: Down::Inverse, ..original.clone() },
            Migration { down: Down::Irreversible, ..original.clone() },
        ];
        for step in &changed {
            assert_ne!(checksum(step).unwrap(), checksum(&original).unwrap());
        }
    }
}
