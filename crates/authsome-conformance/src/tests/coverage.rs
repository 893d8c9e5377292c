//! The suite leaves nothing out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::plugin::{Capabilities, Host, Plugin};
use authsome_core::registry;
use authsome_core::schema::TableDef;

use crate::fixture::{Branch, Leaf, Subject};
use crate::{cases, plugin_cases};

fn names() -> Vec<String> {
    cases().iter().map(|case| case.name().to_owned()).collect()
}

#[test]
fn names_are_unique_sentences() {
    let names = names();
    let unique: BTreeSet<&String> = names.iter().collect();
    assert_eq!(unique.len(), names.len());
    for name in names {
        let law = name.trim_end_matches(" [tx]");
        assert!(law.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.')), "{name}");
    }
}

#[test]
fn every_table_of_the_registry_has_its_cases() {
    let names = names();
    for table in registry::tables() {
        let area = format!("entities.{}.", table.name.trim_start_matches("authsome_"));
        let own: Vec<&String> = names.iter().filter(|name| name.starts_with(&area)).collect();
        let has = |law: &str| own.iter().any(|name| name.contains(law));
        assert!(has("every_field_comes_back_as_it_was_inserted"), "{area}");
        assert!(has("a_second_row_with_a_key_is_a_conflict_by_its_name"), "{area}");
        if !table.scope.columns().is_empty() {
            for verb in ["a_find", "a_count", "an_update", "an_update_of_all", "an_upsert", "a_delete", "a_touch"] {
                assert!(own.iter().any(|name| name.starts_with(&format!("{area}{verb}_"))), "{area}{verb}");
            }
        }
        if !table.references.is_empty() {
            assert!(has("a_dangling_reference_is_refused_by_its_name"), "{area}");
        }
    }
}

/// A plugin with two entities.
struct Gardener;

impl Plugin for Gardener {
    fn name(&self) -> &'static str {
        "gardener"
    }

    fn tables(&self) -> Vec<&'static TableDef> {
        vec![Branch::table(), Leaf::table()]
    }

    fn install(&self, _: Host) -> Result<Capabilities, Error> {
        Ok(Capabilities::default())
    }
}

#[test]
fn an_entity_of_a_plugin_without_cases_is_refused() {
    assert!(plugin_cases(&Gardener, vec![Subject::of::<Branch>()]).is_err());
    let both = plugin_cases(&Gardener, vec![Subject::of::<Branch>(), Subject::of::<Leaf>()]).unwrap();
    assert!(both.iter().any(|case| case.name().starts_with("entities.conformance_leaves.")));
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

#[test]
fn every_method_of_the_sub_stores_is_called() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let suite: String =
        sources(&root.join("src/stores")).into_iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let stores = sources(&root.join("../authsome-core/src")).into_iter().filter(|path| path.ends_with("store.rs"));
    let mut methods = BTreeSet::new();
    for path in stores {
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix("    async fn "));
        let method = |line: &str| line.split('(').next().unwrap_or_default().to_owned();
        methods.extend(lines.filter(|line| line.contains("(&self") || line.ends_with('(')).map(method));
    }
    for lifecycle in ["begin", "migrate", "ping", "close", "touch", "commit", "rollback"] {
        methods.remove(lifecycle);
    }
    assert!(methods.len() > 100, "the methods of 13 sub-stores: {methods:?}");
    let missing: Vec<&String> = methods.iter().filter(|method| !suite.contains(&format!(".{method}("))).collect();
    assert!(missing.is_empty(), "methods without a case: {missing:?}");
}
