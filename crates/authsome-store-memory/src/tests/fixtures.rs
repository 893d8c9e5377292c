//! Three small tables, and a store that has them.

use authsome_core::clock::ManualClock;
use authsome_core::entity::Entity;
use authsome_core::entropy::SeededEntropy;
use authsome_core::id::{AppId, DeviceId, EnvironmentId, OrganizationId, TeamId, TypedId};
use authsome_core::migration::{Migration, MigrationGroup, Operation};
use authsome_core::schema::{OnDelete, ScopeLevel};
use authsome_core::scope::Scope;
use authsome_core::time::Timestamp;
use authsome_migrate::Migrator;

use crate::MemoryStore;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "test_shelves", scope = PerEnvironment)]
#[index(name = "test_shelves_slug_key", columns(slug), unique, only_where_null = deleted_at)]
#[index(name = "test_shelves_place_key", columns(place), unique)]
#[index(name = "test_shelves_kind_idx", columns(kind))]
#[index(name = "test_shelves_made_idx", columns(made_at))]
#[index(name = "test_shelves_expires_idx", columns(expires_at), global)]
pub(super) struct Shelf {
    #[entity(id)]
    pub(super) id: OrganizationId,
    #[entity(scope)]
    pub(super) scope: Scope,
    #[entity(max_len = 64)]
    pub(super) slug: String,
    pub(super) place: Option<i64>,
    #[entity(max_len = 64)]
    pub(super) kind: String,
    pub(super) visits: u16,
    pub(super) made_at: Timestamp,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) deleted_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "test_books", scope = PerEnvironment)]
#[reference(shelf_id, to = Shelf, on_delete = Cascade)]
pub(super) struct Book {
    #[entity(id)]
    pub(super) id: DeviceId,
    #[entity(scope)]
    pub(super) scope: Scope,
    pub(super) shelf_id: OrganizationId,
    pub(super) sequel_of: Option<DeviceId>,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "test_loans", scope = PerEnvironment)]
#[reference(book_id, to = Book, on_delete = Restrict)]
#[reference(shelf_id, to = Shelf, on_delete = Cascade)]
pub(super) struct Loan {
    #[entity(id)]
    pub(super) id: TeamId,
    #[entity(scope)]
    pub(super) scope: Scope,
    pub(super) book_id: DeviceId,
    pub(super) shelf_id: Option<OrganizationId>,
}

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

/// The id of this number: greater for a greater one.
pub(super) fn id<T: TypedId>(number: i64) -> T {
    T::generate(at(1_700_000_000_000 + number), &SeededEntropy::new(7)).unwrap()
}

pub(super) fn scope(number: i64) -> Scope {
    Scope { app_id: id::<AppId>(0), env_id: id::<EnvironmentId>(number) }
}

pub(super) fn shelf(scope: &Scope, number: i64) -> Shelf {
    Shelf {
        id: id(number),
        scope: *scope,
        slug: format!("shelf-{number}"),
        place: None,
        kind: "plain".to_owned(),
        visits: 0,
        made_at: at(number),
        expires_at: None,
        deleted_at: None,
    }
}

pub(super) fn book(shelf: &Shelf, number: i64) -> Book {
    Book { id: id(number), scope: shelf.scope, shelf_id: shelf.id, sequel_of: None }
}

/// Makes the tables. Books refer to books, which an entity cannot declare of itself.
pub(super) fn group() -> MigrationGroup {
    let books =
        Book::table().clone().reference("sequel_of", "test_books", ScopeLevel::Environment, "id", OnDelete::Cascade);
    let up = [Shelf::table().clone(), books, Loan::table().clone()].map(Operation::CreateTable).to_vec();
    MigrationGroup {
        name: "test".to_owned(),
        depends_on: Vec::new(),
        migrations: vec![Migration::new(1, "make_tables", up)],
    }
}

pub(super) fn clock() -> ManualClock {
    ManualClock::at(at(1_700_000_000_000))
}

pub(super) async fn migrated(store: &MemoryStore, groups: &[MigrationGroup]) {
    let clock = clock();
    Migrator::new(store, groups, &clock).unwrap().up().await.unwrap();
}

pub(super) async fn store() -> MemoryStore {
    let store = MemoryStore::new();
    migrated(&store, &[group()]).await;
    store
}
