//! Steps of a release that is yet to come, over the rows of one that was.

use authsome_core::entity::Entity;
use authsome_core::id::{TypedId, UserId};
use authsome_core::migration::{Migration, MigrationGroup, Operation};
use authsome_core::registry::CORE_GROUP;
use authsome_core::schema::{ColumnDef, IndexDef};
use authsome_core::scope::Scope;
use authsome_core::time::Timestamp;
use authsome_core::user::User;
use authsome_core::value::ColumnType;
use authsome_migrate::DownTo;
use authsome_tests::fixtures::generator::all_groups;

use super::people::sign_in;
use super::restored::Restored;
use crate::Law;

pub(crate) const LAWS: &[Law] = &[
    ("later_steps_apply_and_keep_every_row", later_steps_apply_and_keep_every_row),
    ("a_step_that_fails_in_the_middle_is_made_good_by_the_next_run", a_step_that_fails_in_the_middle),
    ("later_steps_are_taken_back_and_every_row_stays", later_steps_are_taken_back_and_every_row_stays),
    ("a_database_without_its_history_is_adopted_as_it_is", a_database_without_its_history_is_adopted_as_it_is),
];

/// What a later release could keep about people.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_later_notes", scope = PerEnvironment)]
#[index(name = "authsome_later_notes_user_idx", columns(user_id, id))]
#[index(name = "authsome_later_notes_title_key", columns(user_id, title), unique)]
#[reference(user_id, to = User, on_delete = Cascade)]
struct Note {
    #[entity(id, max_len = 64)]
    id: String,
    #[entity(scope)]
    scope: Scope,
    user_id: UserId,
    #[entity(max_len = 64)]
    title: String,
    read_at: Option<Timestamp>,
}

fn add(table: &str, column: ColumnDef) -> Operation {
    Operation::AddColumn { table: table.to_owned(), column }
}

fn by_banned() -> IndexDef {
    IndexDef::plain("authsome_users_banned_idx", &["app_id", "env_id", "banned", "id"])
}

/// Nobody shares an environment with somebody else: no populated database allows it.
fn impossible() -> IndexDef {
    IndexDef::unique("authsome_users_banned_idx", &["app_id", "env_id", "banned"])
}

/// The groups of this program, with three steps more in core. The last changes a table and makes an index.
fn later(index: IndexDef) -> Vec<MigrationGroup> {
    let steps = [
        (
            "add_users_locale",
            vec![add("authsome_users", ColumnDef::new("locale", ColumnType::Text).nullable().max_len(16))],
        ),
        ("create_later_notes", vec![Operation::CreateTable(Note::table().clone())]),
        (
            "add_devices_checked_at",
            vec![
                add("authsome_devices", ColumnDef::new("checked_at", ColumnType::Time).nullable()),
                Operation::CreateIndex { table: "authsome_users".to_owned(), index },
            ],
        ),
    ];
    let mut groups = all_groups();
    let core = groups.iter_mut().find(|group| group.name == CORE_GROUP).expect("core has a group");
    let first = core.migrations.last().map_or(1, |step| step.version + 1);
    let steps = (first..).zip(steps).map(|(version, (name, up))| Migration::new(version, name, up));
    core.migrations.extend(steps);
    groups
}

const STEPS: usize = 3;

async fn applied(restored: &Restored) -> usize {
    restored.store.migrations().history().await.expect("the history can be read").unwrap_or_default().len()
}

async fn assert_no_difference(restored: &Restored, groups: &[MigrationGroup]) {
    assert_eq!(restored.migrator(groups).verify().await.expect("it can be compared"), Vec::new());
}

/// What the later steps made holds: rows can be written, refer to people, and fall with them.
async fn assert_notes_work(restored: &Restored) {
    let world = restored.engine_of(&restored.known().app);
    let person = sign_in(restored, &world, &restored.known().password).await.expect("they sign in").user;
    let (scope, store) = (person.scope, &*restored.store);
    let note = |id: &str, user_id| Note {
        id: id.to_owned(),
        scope,
        user_id,
        title: "Ein Titel".to_owned(),
        read_at: Some(world.now()),
    };
    let kept = note("a", person.id);
    kept.insert(&scope, store).await.expect("a row can be written");
    assert_eq!(Note::find(&scope).one(store).await.expect("it can be read"), Some(kept));
    let twice = note("b", person.id).insert(&scope, store).await.expect_err("it is there already");
    assert!(twice.is_conflict_on("authsome_later_notes_title_key"), "{twice:?}");
    let stranger = UserId::generate(world.now(), &**world.engine.entropy()).expect("there is randomness");
    let dangling = note("c", stranger).insert(&scope, store).await.expect_err("nobody has this id");
    assert!(matches!(dangling, authsome_core::error::StoreError::Reference { .. }), "{dangling:?}");
    store.erase_user(&scope, person.id).await.expect("people can be erased");
    assert_eq!(Note::find(&scope).count(store).await.expect("it can be counted"), 0);
}

fn later_steps_apply_and_keep_every_row(restored: &Restored) {
    restored.block_on(async {
        restored.migrate().await;
        let groups = later(by_banned());
        let report = restored.migrator(&groups).up().await.expect("the steps apply");
        assert_eq!(report.applied.len(), STEPS);
        assert_no_difference(restored, &groups).await;
        restored.assert_rows_are_kept().await;
        assert_notes_work(restored).await;
    });
}

fn a_step_that_fails_in_the_middle(restored: &Restored) {
    restored.block_on(async {
        restored.migrate().await;
        let before = applied(restored).await;
        let failed = restored.migrator(&later(impossible())).up().await;
        assert!(failed.is_err(), "{failed:?}");
        // Some databases keep the steps before it; none keeps the step itself.
        assert!((before..before + STEPS).contains(&applied(restored).await));
        restored.assert_rows_are_kept().await;

        let groups = later(by_banned());
        restored.migrator(&groups).up().await.expect("the next run goes on");
        assert_eq!(applied(restored).await, before + STEPS);
        assert_no_difference(restored, &groups).await;
        restored.assert_rows_are_kept().await;
        assert_notes_work(restored).await;
    });
}

fn later_steps_are_taken_back_and_every_row_stays(restored: &Restored) {
    restored.block_on(async {
        restored.migrate().await;
        let migrator = restored.migrator(&later(by_banned()));
        let applied = migrator.up().await.expect("the steps apply").applied;
        let mut reverted = Vec::new();
        for _ in 0..STEPS {
            reverted.extend(migrator.down(&DownTo::LastStep).await.expect("a step is taken back").reverted);
        }
        reverted.reverse();
        assert_eq!(reverted, applied);
        assert_no_difference(restored, &all_groups()).await;
        restored.assert_rows_are_kept().await;
        let world = restored.engine().await;
        assert!(sign_in(restored, &world, &restored.known().password).await.is_ok());
    });
}

fn a_database_without_its_history_is_adopted_as_it_is(restored: &Restored) {
    restored.block_on(async {
        restored.migrate().await;
        restored.store.close().await.expect("it can be closed");
    });
    restored.database.forget_history();
    restored.block_on(async {
        let store = restored.database.store(&restored.clock).await;
        let migrator = authsome_migrate::Migrator::new(store.migrations(), &all_groups(), &*restored.clock);
        let migrator = migrator.expect("the groups fit each other");
        let adopted = migrator.baseline().await.expect("the tables are those that the steps make").applied;
        assert_eq!(adopted.len(), all_groups().iter().map(|group| group.migrations.len()).sum::<usize>());
        assert_eq!(migrator.verify().await.expect("it can be compared"), Vec::new());
        assert!(migrator.up().await.expect("nothing is pending").applied.is_empty());
        restored.assert_rows_are_in(&*store).await;
    });
}
