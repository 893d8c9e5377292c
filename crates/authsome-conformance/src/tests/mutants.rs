//! Each broken law is noticed by the cases that state it.

use super::bent::Bent;
use super::bug::Bug;
use crate::case::Case;
use crate::cases;

fn named(name: &str) -> Case {
    cases().into_iter().find(|case| case.name() == name).unwrap_or_else(|| panic!("there is no case {name}"))
}

/// The cases pass without the bug, and fail with it.
async fn noticed(bug: Bug, names: &[&str]) {
    for name in names {
        let case = named(name);
        case.run(&Bent(Bug::Nothing)).await.unwrap_or_else(|failure| panic!("{name} without a bug: {failure}"));
        assert!(case.run(&Bent(bug.clone())).await.is_err(), "{name} does not notice {bug:?}");
    }
}

macro_rules! mutants {
    ($($test:ident: $bug:ident => [$($name:literal),* $(,)?];)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            noticed(Bug::$bug, &[$($name),*]).await;
        }
    )*};
}

mutants! {
    a_find_that_drops_the_order_is_noticed: OrderIsDropped => [
        "order.by_integer",
        "order.of_rows_that_agree_is_by_id_in_the_same_direction [tx]",
        "sessions.the_oldest_come_first_where_they_are_to_end",
    ];
    a_collation_is_noticed: TextIsCollated => ["text.is_ordered_byte_by_byte"];
    an_empty_text_read_as_null_is_noticed: EmptyIsNull => [
        "values.an_empty_text_is_no_null",
        "entities.webhooks.every_field_comes_back_as_it_was_inserted",
    ];
    lost_milliseconds_are_noticed: SecondsOnly => [
        "values.every_millisecond_is_kept",
        "entities.users.every_field_comes_back_as_it_was_inserted",
    ];
    overlapping_pages_are_noticed: PageOverlaps => [
        "entities.conformance_items.pages_show_every_row_once_greatest_id_first",
        "entities.conformance_items.pages_show_what_stays_once_while_rows_come_and_go",
    ];
    a_null_that_is_unequal_is_noticed: NullIsUnequal => ["filters.a_null_is_in_no_comparison"];
    a_find_that_leaks_is_noticed: ScopeLeaks => [
        "entities.conformance_items.a_find_sees_its_own_scope_alone",
        "entities.conformance_items.a_find_sees_its_own_scope_alone [tx]",
    ];
    an_update_without_its_condition_is_noticed: ConditionIsIgnored => [
        "updates.one_whose_condition_does_not_hold_changes_nothing",
        "updates.a_condition_sees_the_row_as_it_was_before",
        "transactions.a_condition_that_does_not_hold_does_not_end_it",
        "races.one_caller_compares_and_sets",
    ];
    a_check_before_the_write_is_noticed: CheckThenWrite => ["races.one_caller_compares_and_sets"];
    an_insert_if_absent_that_overwrites_is_noticed: IfAbsentOverwrites => [
        "inserts.if_absent_leaves_out_a_row_whatever_key_is_taken",
        "inserts.if_absent_says_whether_it_did",
    ];
    an_upsert_that_replaces_is_noticed: UpsertReplaces => [
        "upserts.a_row_that_is_there_gets_the_changes_alone",
        "upserts.a_count_grows_with_each",
    ];
    a_delete_without_its_limit_is_noticed: LimitIsIgnored => [
        "deletes.a_batch_deletes_no_more_than_its_limit",
        "deletes.batches_reach_the_end",
    ];
    a_conflict_by_another_name_is_noticed: LastConflictIsNamed => [
        "inserts.the_first_declared_of_several_conflicts_is_reported",
        "users.a_taken_address_is_a_conflict",
    ];
    a_conflict_without_a_name_is_noticed: ConflictIsVague => [
        "users.a_taken_address_is_a_conflict",
        "entities.devices.a_second_row_with_a_key_is_a_conflict_by_its_name",
    ];
    a_rollback_that_commits_is_noticed: RollbackCommits => [
        "transactions.what_is_rolled_back_is_not_there",
        "closures.are_rolled_back_where_they_fail",
    ];
    a_drop_that_commits_is_noticed: DropCommits => ["transactions.what_is_dropped_is_not_there"];
    a_commit_that_forgets_is_noticed: CommitForgets => ["transactions.what_is_committed_is_seen_by_all"];
    a_transaction_that_reads_outside_is_noticed: ReadsOutside => [
        "transactions.a_transaction_reads_what_it_wrote",
    ];
    a_transaction_that_is_none_is_noticed: WritesThrough => [
        "transactions.what_is_written_is_not_seen_outside_before_the_commit",
        "transactions.what_is_dropped_is_not_there",
        "transactions.a_transaction_reads_the_state_at_its_begin",
        "races.no_update_of_a_transaction_is_lost",
        "races.a_reader_sees_all_of_a_transaction_or_nothing",
    ];
    a_transaction_that_outlives_a_conflict_is_noticed: ConflictIsForgiven => [
        "transactions.a_conflict_of_an_insert_ends_it",
        "transactions.a_conflict_of_an_update_ends_it",
    ];
}
