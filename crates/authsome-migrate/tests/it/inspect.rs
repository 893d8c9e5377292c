//! `plan`, `status` and `verify`: what they say, and that they change nothing.

use authsome_core::migration::{HistoryFault, Migration};
use authsome_core::schema::{ColumnDef, IndexDef, OnDelete, ReferenceDef};
use authsome_core::value::ColumnType;
use authsome_migrate::{Difference, Part, PlannedStep, StepState};

use crate::database::{Database, State};
use crate::declared::{at, core_1, core_2, core_and_password, creates, group, plugin, raw};

#[tokio::test]
async fn a_plan_lists_the_very_statements_of_the_pending_steps_in_order() {
    let database = Database::new();
    let with_raw = Migration::new(3, "tune", vec![raw("other", "ignored"), raw("test", "tune it")]);
    let groups = [group("core", &[], vec![core_1(), core_2(), with_raw]), plugin("password")];
    database.migrator(&groups).up_to(&at("core/1")).await.unwrap();
    database.log();
    let plan = database.migrator(&groups).plan().await.unwrap();
    let planned = |step, name: &str, statements: &[&str]| PlannedStep {
        step: at(step),
        name: name.to_owned(),
        statements: statements.iter().map(|statement| (*statement).to_owned()).collect(),
    };
    assert_eq!(
        plan.steps,
        [
            planned("core/2", "add_age", &["add column users.age", "create index users_age_key;"]),
            planned("core/3", "tune", &["tune it"]),
            planned("password/1", "create", &["create table password"]),
        ]
    );
    assert_eq!(
        plan.to_string(),
        "-- core/2 add_age\nadd column users.age;\ncreate index users_age_key;\n\n-- core/3 tune\ntune it;\n\n\
         -- password/1 create\ncreate table password;\n"
    );
    assert!(database.log().is_empty());
}

#[tokio::test]
async fn a_plan_of_a_current_database_says_that_there_is_nothing_to_do() {
    let database = Database::new();
    database.up(&core_and_password()).await;
    let plan = database.migrator(&core_and_password()).plan().await.unwrap();
    assert!(plan.is_empty());
    assert_eq!(plan.to_string(), "nothing to do\n");
}

#[tokio::test]
async fn status_tells_when_and_by_whom_each_step_was_applied_and_what_is_pending() {
    let database = Database::new();
    let migrator = database.migrator(&core_and_password());
    migrator.up_to(&at("core/1")).await.unwrap();
    let status = migrator.status().await.unwrap();
    let row = database.state().history.unwrap().remove(0);
    let states: Vec<_> = status.steps.iter().map(|step| (step.step.to_string(), step.state.clone())).collect();
    assert_eq!(
        states,
        [
            ("core/1".to_owned(), StepState::Applied { at: row.applied_at, by: row.applied_by }),
            ("core/2".to_owned(), StepState::Pending),
            ("password/1".to_owned(), StepState::Pending),
        ]
    );
    assert!(!status.is_current());
    assert!(status.to_string().contains("core/1 create_users: applied 2023-11-14T22:13:20.000Z by authsome "));
    assert!(status.to_string().contains("core/2 add_age: pending\n"));
    migrator.up().await.unwrap();
    assert!(migrator.status().await.unwrap().is_current());
}

#[tokio::test]
async fn status_and_verify_report_a_faulty_history_instead_of_failing() {
    let database = Database::new();
    database.up(&[group("core", &[], vec![core_1(), core_2(), creates(5, "more"), creates(6, "newer")])]).await;
    let changed = Migration { name: "renamed".to_owned(), ..core_2() };
    let groups = [group("core", &[], vec![core_1(), changed, creates(3, "late"), creates(5, "more")])];
    let migrator = database.migrator(&groups);
    let faults = vec![
        HistoryFault::Changed { group: "core".to_owned(), version: 2, name: "add_age".to_owned() },
        HistoryFault::Unknown { group: "core".to_owned(), version: 6, name: "create_newer".to_owned() },
        HistoryFault::Late { group: "core".to_owned(), version: 3, applied: 6 },
    ];
    let status = migrator.status().await.unwrap();
    assert_eq!(status.faults, faults);
    assert!(!status.is_current());
    let mut expected: Vec<_> = faults.into_iter().map(Difference::History).collect();
    expected.push(Difference::Pending(at("core/3")));
    assert_eq!(migrator.verify().await.unwrap(), expected);
}

#[tokio::test]
async fn verify_of_an_empty_database_lists_the_pending_steps_alone() {
    let database = Database::new();
    let found = database.migrator(&core_and_password()).verify().await.unwrap();
    assert_eq!(found, ["core/1", "core/2", "password/1"].map(|step| Difference::Pending(at(step))));
    assert!(database.log().is_empty());
}

async fn drifted(drift: impl FnOnce(&mut State)) -> Vec<Difference> {
    let database = Database::new();
    database.up(&core_and_password()).await;
    database.change(drift);
    database.migrator(&core_and_password()).verify().await.unwrap()
}

#[tokio::test]
async fn verify_finds_a_missing_table() {
    let found = drifted(|state| drop(state.live.tables.remove("password"))).await;
    assert_eq!(found, [Difference::MissingTable { table: "password".to_owned() }]);
}

#[tokio::test]
async fn verify_finds_missing_extra_retyped_and_renullabled_columns() {
    let users = || "users".to_owned();
    let found = drifted(|state| {
        let table = state.live.tables.get_mut("users").unwrap();
        table.columns.retain(|column| column.name != "email");
        for column in table.columns.iter_mut().filter(|column| column.name == "age") {
            column.ty = ColumnType::Text;
            column.nullable = false;
        }
        table.columns.push(ColumnDef::new("shoe_size", ColumnType::Int));
        state.foreign.insert("users.id".to_owned());
    })
    .await;
    assert_eq!(
        found,
        [
            Difference::ColumnType { table: users(), column: "id".to_owned(), declared: ColumnType::Text, live: None },
            Difference::Missing { table: users(), part: Part::Column("email".to_owned()) },
            Difference::ColumnType {
                table: users(),
                column: "age".to_owned(),
                declared: ColumnType::Int,
                live: Some(ColumnType::Text),
            },
            Difference::Nullability { table: users(), column: "age".to_owned(), declared: true },
            Difference::Extra { table: users(), part: Part::Column("shoe_size".to_owned()) },
        ]
    );
}

#[tokio::test]
async fn verify_finds_another_primary_key() {
    let mut live = Vec::new();
    let found = drifted(|state| {
        let table = state.live.tables.get_mut("users").unwrap();
        table.id = "email".to_owned();
        live = table.primary_key();
    })
    .await;
    assert_eq!(found, [Difference::PrimaryKey { table: "users".to_owned(), live }]);
}

#[tokio::test]
async fn verify_finds_a_condition_that_an_index_lost_or_won() {
    let found = drifted(|state| {
        let index = &mut state.live.tables.get_mut("users").unwrap().indexes[0];
        index.only_where_null = Some("age".to_owned());
    })
    .await;
    assert_eq!(
        found,
        [Difference::Changed { table: "users".to_owned(), part: Part::Index("users_age_key".to_owned()) }]
    );
}

#[tokio::test]
async fn verify_finds_missing_extra_and_changed_indexes() {
    let found = drifted(|state| {
        state.live.tables.get_mut("users").unwrap().indexes[0].unique = false;
        let table = state.live.tables.get_mut("password").unwrap();
        table.indexes = vec![IndexDef::plain("other", &["user_id"])];
    })
    .await;
    assert_eq!(
        found,
        [
            Difference::Missing { table: "password".to_owned(), part: Part::Index("password_by_user".to_owned()) },
            Difference::Extra { table: "password".to_owned(), part: Part::Index("other".to_owned()) },
            Difference::Changed { table: "users".to_owned(), part: Part::Index("users_age_key".to_owned()) },
        ]
    );
}

fn reference_of(state: &mut State) -> &mut ReferenceDef {
    state.live.tables.get_mut("password").unwrap().references.first_mut().unwrap()
}

#[tokio::test]
async fn verify_finds_missing_extra_and_changed_references() {
    let name = "password_user_id_fkey".to_owned();
    for change in [
        |reference: &mut ReferenceDef| reference.parent = "password".to_owned(),
        |reference: &mut ReferenceDef| reference.on_delete = OnDelete::Restrict,
        |reference: &mut ReferenceDef| reference.columns = vec!["id".to_owned()],
    ] {
        let found = drifted(|state| change(reference_of(state))).await;
        assert_eq!(found, [Difference::Changed { table: "password".to_owned(), part: Part::Reference(name.clone()) }]);
    }
    let found = drifted(|state| "other_fkey".clone_into(&mut reference_of(state).name)).await;
    assert_eq!(
        found,
        [
            Difference::Missing { table: "password".to_owned(), part: Part::Reference(name) },
            Difference::Extra { table: "password".to_owned(), part: Part::Reference("other_fkey".to_owned()) },
        ]
    );
}

#[tokio::test]
async fn the_schema_is_what_all_steps_together_make() {
    let database = Database::new();
    let migrator = database.migrator(&core_and_password());
    migrator.up().await.unwrap();
    assert_eq!(*migrator.schema(), database.state().live);
}
