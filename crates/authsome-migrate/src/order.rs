//! The order in which the groups of a run are applied.

use std::collections::BTreeSet;

use authsome_core::migration::{MigrateError, MigrationGroup};
use authsome_core::registry::CORE_GROUP;

/// The groups, each after those it depends on and after core; between independent ones the given order stays.
pub(crate) fn ordered(groups: &[MigrationGroup]) -> Result<Vec<&MigrationGroup>, MigrateError> {
    check(groups)?;
    let has_core = groups.iter().any(|group| group.name == CORE_GROUP);
    let mut waiting: Vec<&MigrationGroup> = groups.iter().collect();
    let mut ordered: Vec<&MigrationGroup> = Vec::with_capacity(groups.len());
    while !waiting.is_empty() {
        let next = waiting.iter().position(|group| blocker(group, &waiting, has_core).is_none());
        match next {
            Some(position) => ordered.push(waiting.remove(position)),
            None => return Err(MigrateError::Cycle { groups: cycle(&waiting, has_core) }),
        }
    }
    Ok(ordered)
}

fn check(groups: &[MigrationGroup]) -> Result<(), MigrateError> {
    let mut names = BTreeSet::new();
    for group in groups {
        if !names.insert(group.name.as_str()) {
            return Err(MigrateError::DuplicateGroup { group: group.name.clone() });
        }
        for (step, next) in group.migrations.iter().zip(group.migrations.iter().skip(1)) {
            if next.version <= step.version {
                return Err(MigrateError::DuplicateVersion { group: group.name.clone(), version: next.version });
            }
        }
    }
    for group in groups {
        if let Some(dependency) = group.depends_on.iter().find(|dependency| !names.contains(dependency.as_str())) {
            return Err(MigrateError::UnknownDependency { group: group.name.clone(), dependency: dependency.clone() });
        }
    }
    Ok(())
}

/// The first group among `waiting` that `group` depends on.
fn blocker<'g>(group: &MigrationGroup, waiting: &[&'g MigrationGroup], has_core: bool) -> Option<&'g MigrationGroup> {
    let implicit = (has_core && group.name != CORE_GROUP).then_some(CORE_GROUP);
    let mut dependencies = implicit.into_iter().chain(group.depends_on.iter().map(String::as_str));
    dependencies.find_map(|dependency| waiting.iter().find(|other| other.name == dependency).copied())
}

/// A circle among groups that all wait for another: whoever follows what blocks them comes back to where they were.
fn cycle(waiting: &[&MigrationGroup], has_core: bool) -> Vec<String> {
    let mut path: Vec<String> = Vec::new();
    let mut at = waiting.first().copied();
    while let Some(group) = at {
        let start = path.iter().position(|name| *name == group.name);
        path.push(group.name.clone());
        if let Some(start) = start {
            return path.split_off(start);
        }
        at = blocker(group, waiting, has_core);
    }
    path
}

#[cfg(test)]
mod tests {
    use authsome_core::migration::Migration;

    use super::*;

    fn group(name: &str, depends_on: &[&str]) -> MigrationGroup {
        MigrationGroup {
            name: name.to_owned(),
            depends_on: depends_on.iter().map(|name| (*name).to_owned()).collect(),
            migrations: Vec::new(),
        }
    }

    fn names(groups: &[MigrationGroup]) -> Vec<&str> {
        ordered(groups).unwrap().into_iter().map(|group| group.name.as_str()).collect()
    }

    #[test]
    fn independent_groups_keep_the_given_order() {
        assert_eq!(names(&[group("b", &[]), group("a", &[]), group("c", &[])]), ["b", "a", "c"]);
    }

    #[test]
    fn core_comes_first_wherever_it_is_given() {
        assert_eq!(names(&[group("b", &[]), group("a", &["b"]), group(CORE_GROUP, &[])]), ["core", "b", "a"]);
    }

    #[test]
    fn a_group_comes_after_all_it_depends_on() {
        let groups = [group("a", &["c", "b"]), group("b", &["d"]), group("c", &[]), group("d", &["c"])];
        assert_eq!(names(&groups), ["c", "d", "b", "a"]);
    }

    #[test]
    fn two_groups_of_one_name_are_refused() {
        let error = ordered(&[group("a", &[]), group("b", &[]), group("a", &[])]).unwrap_err();
        assert!(matches!(error, MigrateError::DuplicateGroup { group } if group == "a"));
    }

    #[test]
    fn versions_must_rise() {
        for versions in [[1, 1], [2, 1]] {
            let migrations = versions.iter().map(|version| Migration::new(*version, "step", Vec::new())).collect();
            let groups = [MigrationGroup { migrations, ..group("a", &[]) }];
            assert!(matches!(
                ordered(&groups).unwrap_err(),
                MigrateError::DuplicateVersion { group, version: 1 } if group == "a"
            ));
        }
    }

    #[test]
    fn a_dependency_outside_the_run_is_refused() {
        let error = ordered(&[group("a", &[]), group("b", &["a", "z"])]).unwrap_err();
        assert!(matches!(
            error,
            MigrateError::UnknownDependency { group, dependency } if group == "b" && dependency == "z"
        ));
    }

    #[test]
    fn a_circle_is_named_without_the_groups_that_only_lead_to_it() {
        let groups = [group("x", &["a"]), group("a", &["b"]), group("b", &["c"]), group("c", &["a"])];
        let MigrateError::Cycle { groups } = ordered(&groups).unwrap_err() else { panic!("expected a circle") };
        assert_eq!(groups, ["a", "b", "c", "a"]);
    }

    #[test]
    fn a_group_that_depends_on_itself_is_a_circle() {
        let MigrateError::Cycle { groups } = ordered(&[group("a", &["a"])]).unwrap_err() else {
            panic!("expected a circle")
        };
        assert_eq!(groups, ["a", "a"]);
    }

    #[test]
    fn core_depends_on_no_group() {
        let MigrateError::Cycle { groups } = ordered(&[group(CORE_GROUP, &["a"]), group("a", &[])]).unwrap_err() else {
            panic!("expected a circle")
        };
        assert_eq!(groups, ["core", "a", "core"]);
    }
}
