//! The cases that every entity passes, made from its table and its samples.

mod isolation;
mod keys;
mod missing;
mod pages;
mod references;
mod round_trip;

use std::sync::Arc;

use authsome_core::migration::MigrationGroup;
use authsome_core::plugin::Plugin;

use crate::case::{Case, Cases, Kind, Run};
use crate::failure::{Failure, equal};
use crate::fixture::{self, Roster, Specimen, Subject};

macro_rules! subjects {
    ($($entity:ty),* $(,)?) => { vec![$(Subject::of::<$entity>()),*] };
}

/// Core's entities, from its registry: one without a sample does not compile.
fn core_subjects() -> Vec<Subject> {
    authsome_core::for_each_entity!(subjects)
}

fn own_subjects() -> Vec<Subject> {
    use fixture::{Branch, Bud, Item, Knot, Leaf, Nail, Notice, Switch, Vine};
    subjects![Item, Branch, Leaf, Bud, Nail, Vine, Knot, Notice, Switch]
}

/// The cases of core's entities and the suite's own.
pub(crate) fn cases() -> Vec<Case> {
    let roster = Roster::new(core_subjects().into_iter().chain(own_subjects()).collect());
    roster.specimens().flat_map(|specimen| cases_of(&specimen, Arc::default())).collect()
}

/// The cases of a plugin's entities, on databases that its migrations were applied to.
///
/// The subjects are in the order of [`Plugin::tables`], parents before children; they may refer to core's entities and
/// to each other.
///
/// # Errors
/// [`Failure`] if the subjects are not the plugin's tables: an entity without cases, or cases without an entity.
pub fn plugin_cases(plugin: &dyn Plugin, subjects: Vec<Subject>) -> Result<Vec<Case>, Failure> {
    let tables: Vec<&str> = plugin.tables().into_iter().map(|table| table.name.as_str()).collect();
    let tested: Vec<&str> = subjects.iter().map(|subject| subject.kind().table().name.as_str()).collect();
    equal(&tested, &tables, "the entities that have cases, and those of the plugin")?;
    let core = core_subjects();
    let skipped = core.len();
    let roster = Roster::new(core.into_iter().chain(subjects).collect());
    let groups = Arc::new(std::iter::once(fixture::group()).chain(plugin.migrations()).collect());
    Ok(roster.specimens().skip(skipped).flat_map(|specimen| cases_of(&specimen, Arc::clone(&groups))).collect())
}

macro_rules! run {
    ($module:ident::$law:ident, $specimen:expr) => {{
        let specimen: Specimen = $specimen.clone();
        let run: Run = Arc::new(move |cx| {
            let specimen = specimen.clone();
            Box::pin(async move { $module::$law(cx, &specimen).await })
        });
        (stringify!($law), run)
    }};
}

fn cases_of(specimen: &Specimen, groups: Arc<Vec<MigrationGroup>>) -> Vec<Case> {
    let table = specimen.table();
    let mut cases = Cases::with_groups(&format!("entities.{}", specimen.name()), groups);
    let mut both = |(law, run): (&str, Run)| cases.add_both(law, &run);

    both(run!(round_trip::every_field_comes_back_as_it_was_inserted, specimen));
    both(run!(round_trip::every_field_comes_back_as_it_was_updated, specimen));
    both(run!(missing::a_missing_row_is_none_zero_or_not_found, specimen));
    both(run!(missing::a_deleted_row_is_missing_and_the_others_stay, specimen));

    both(run!(keys::a_second_row_with_a_key_is_a_conflict_by_its_name, specimen));
    both(run!(keys::a_row_that_takes_over_a_key_is_a_conflict_by_its_name, specimen));
    both(run!(keys::an_insert_if_absent_leaves_the_row_with_its_key_alone, specimen));
    both(run!(keys::an_upsert_by_each_key_changes_the_row_that_has_it, specimen));
    if table.uniques().iter().any(|unique| unique.columns.iter().any(|column| is_nullable(specimen, column))) {
        both(run!(keys::a_key_with_a_null_is_never_in_conflict, specimen));
    }
    if table.indexes.iter().any(|index| index.unique && index.only_where_null.is_some()) {
        both(run!(keys::a_key_is_free_again_where_its_condition_ends, specimen));
    }
    if keys::global(specimen).next().is_some() {
        both(run!(keys::a_global_key_is_taken_in_every_scope, specimen));
    }

    if !table.references.is_empty() {
        both(run!(references::a_dangling_reference_is_refused_by_its_name, specimen));
        both(run!(references::deleting_a_parent_takes_its_children_or_is_refused, specimen));
    }
    if table.references.iter().any(|reference| !specimen.own_columns(reference).is_empty()) {
        both(run!(references::a_parent_in_another_scope_is_no_parent, specimen));
    }

    if specimen.homes().len() > 1 {
        both(run!(isolation::a_find_sees_its_own_scope_alone, specimen));
        both(run!(isolation::a_count_sees_its_own_scope_alone, specimen));
        both(run!(isolation::an_update_reaches_its_own_scope_alone, specimen));
        both(run!(isolation::an_update_of_all_reaches_its_own_scope_alone, specimen));
        both(run!(isolation::an_upsert_reaches_its_own_scope_alone, specimen));
        both(run!(isolation::a_delete_reaches_its_own_scope_alone, specimen));
        both(run!(isolation::an_insert_reaches_its_own_scope_alone, specimen));
    }
    if specimen.kind().capacity() >= 250 {
        both(run!(pages::pages_show_every_row_once_greatest_id_first, specimen));
        both(run!(pages::pages_show_what_stays_once_while_rows_come_and_go, specimen));
    }
    if specimen.homes().len() > 1 {
        let (law, run) = run!(isolation::a_touch_reaches_its_own_scope_alone, specimen);
        cases.add(law, Kind::Direct, run);
    }
    cases.into_list()
}

fn is_nullable(specimen: &Specimen, column: &str) -> bool {
    specimen.table().find_column(column).is_some_and(|column| column.nullable)
}
