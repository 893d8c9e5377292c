//! Constraints and changes.

use authsome_core::entity::Entity;
use authsome_core::error::StoreError;
use authsome_core::id::{DeviceId, OrganizationId, TeamId};
use authsome_core::records::Direction;

use super::fixtures::*;

fn dangles_on<T>(result: Result<T, StoreError>, name: &str) -> bool {
    matches!(result, Err(StoreError::Reference { constraint }) if constraint == name)
}

#[tokio::test]
async fn the_first_row_in_conflict_reports_the_first_declared_of_its_conflicts() {
    let store = store().await;
    let here = scope(1);
    let first = Shelf { place: Some(1), ..shelf(&here, 1) };
    first.insert(&here, &store).await.unwrap();
    let by_place = Shelf { place: Some(1), ..shelf(&here, 2) };
    let by_slug = Shelf { slug: first.slug.clone(), ..shelf(&here, 3) };
    let by_id = Shelf { id: first.id, ..shelf(&here, 4) };
    let insert = |shelves: Vec<Shelf>| {
        let store = store.clone();
        async move { Shelf::insert_all(&shelves, &here, &store).await.unwrap_err() }
    };
    assert!(insert(vec![by_place.clone()]).await.is_conflict_on("test_shelves_place_key"));
    assert!(insert(vec![by_place.clone(), by_slug.clone()]).await.is_conflict_on("test_shelves_place_key"));
    let by_both = Shelf { place: Some(1), ..by_slug };
    assert!(insert(vec![by_both.clone(), by_place]).await.is_conflict_on("test_shelves_slug_key"));
    let by_all = Shelf { id: by_id.id, ..by_both };
    assert!(insert(vec![by_all]).await.is_conflict_on("test_shelves_pkey"));
    assert_eq!(Shelf::find(&here).all(&store).await.unwrap(), [first]);
}

#[tokio::test]
async fn a_conflict_is_reported_before_a_dangling_reference() {
    let store = store().await;
    let here = scope(1);
    let home = shelf(&here, 1);
    home.insert(&here, &store).await.unwrap();
    book(&home, 1).insert(&here, &store).await.unwrap();
    let books = [book(&shelf(&here, 9), 2), book(&home, 1)];
    assert!(Book::insert_all(&books, &here, &store).await.unwrap_err().is_conflict_on("test_books_pkey"));
}

#[tokio::test]
async fn null_is_in_conflict_with_nothing_and_a_deleted_row_frees_its_name() {
    let store = store().await;
    let here = scope(1);
    Shelf { deleted_at: Some(at(1)), ..shelf(&here, 1) }.insert(&here, &store).await.unwrap();
    Shelf { slug: "shelf-1".to_owned(), ..shelf(&here, 2) }.insert(&here, &store).await.unwrap();
    let restored =
        Shelf::update(&here).filter(Shelf::ID.eq(id::<OrganizationId>(1))).set(Shelf::DELETED_AT, None).one(&store);
    assert!(restored.await.unwrap_err().is_conflict_on("test_shelves_slug_key"));
    shelf(&scope(2), 1).insert(&scope(2), &store).await.unwrap();
}

#[tokio::test]
async fn an_insert_if_absent_leaves_out_what_is_in_conflict_and_still_needs_its_parent() {
    let store = store().await;
    let here = scope(1);
    assert!(shelf(&here, 1).insert_if_absent(&here, &store).await.unwrap());
    assert!(!Shelf { slug: "shelf-1".to_owned(), ..shelf(&here, 2) }.insert_if_absent(&here, &store).await.unwrap());
    let orphan = book(&shelf(&here, 9), 1);
    assert!(dangles_on(orphan.insert_if_absent(&here, &store).await, "test_books_shelf_id_fkey"));
}

#[tokio::test]
async fn a_reference_cannot_leave_its_environment_and_the_first_declared_is_reported() {
    let store = store().await;
    let (here, there) = (scope(1), scope(2));
    let home = shelf(&here, 1);
    home.insert(&here, &store).await.unwrap();
    let elsewhere = Book { scope: there, sequel_of: Some(id(7)), ..book(&home, 1) };
    assert!(dangles_on(elsewhere.insert(&there, &store).await, "test_books_shelf_id_fkey"));
    let sequel = Book { sequel_of: Some(id(7)), ..book(&home, 1) };
    assert!(dangles_on(sequel.insert(&here, &store).await, "test_books_sequel_of_fkey"));
    // Rows of one request may refer to each other.
    let pair = [Book { sequel_of: Some(id(2)), ..book(&home, 1) }, book(&home, 2)];
    Book::insert_all(&pair, &here, &store).await.unwrap();
    let moved = Book::update(&here).filter(Book::ID.eq(id::<DeviceId>(1))).set(Book::SHELF_ID, id(9)).one(&store);
    assert!(dangles_on(moved.await, "test_books_shelf_id_fkey"));
}

#[tokio::test]
async fn deleting_takes_children_along_and_is_refused_by_those_that_stay() {
    let store = store().await;
    let here = scope(1);
    let shelves = [shelf(&here, 1), shelf(&here, 2)];
    Shelf::insert_all(&shelves, &here, &store).await.unwrap();
    let books = [
        book(&shelves[0], 1),
        Book { sequel_of: Some(id(1)), ..book(&shelves[1], 2) },
        Book { sequel_of: Some(id(2)), ..book(&shelves[1], 3) },
    ];
    Book::insert_all(&books, &here, &store).await.unwrap();
    let loan = Loan { id: id(1), scope: here, book_id: books[2].id, shelf_id: None };
    loan.insert(&here, &store).await.unwrap();
    let refused = Shelf::delete(&here).by_id(&shelves[0].id, &store).await;
    assert!(dangles_on(refused, "test_loans_book_id_fkey"));
    assert_eq!(Book::find(&here).count(&store).await.unwrap(), 3);
    // A child that goes with another parent in the same request does not hold.
    Loan::update(&here)
        .filter(Loan::ID.eq(id::<TeamId>(1)))
        .set(Loan::SHELF_ID, Some(shelves[0].id))
        .existing(&store)
        .await
        .unwrap();
    Shelf::delete(&here).by_id(&shelves[0].id, &store).await.unwrap();
    assert_eq!(Book::find(&here).count(&store).await.unwrap(), 0);
    assert_eq!(Loan::find(&here).count(&store).await.unwrap(), 0);
    assert_eq!(Shelf::find(&here).all(&store).await.unwrap(), [shelves[1].clone()]);
}

#[tokio::test]
async fn a_delete_removes_at_most_its_limit() {
    let store = store().await;
    let here = scope(1);
    Shelf::insert_all(&(0..10).map(|number| shelf(&here, number)).collect::<Vec<_>>(), &here, &store).await.unwrap();
    assert_eq!(Shelf::delete(&here).batch(4, &store).await.unwrap(), 4);
    assert_eq!(Shelf::delete(&here).batch(100, &store).await.unwrap(), 6);
    assert_eq!(Shelf::delete(&here).batch(100, &store).await.unwrap(), 0);
}

#[tokio::test]
async fn an_update_that_breaks_a_constraint_changes_nothing() {
    let store = store().await;
    let here = scope(1);
    let shelves = [Shelf { place: Some(1), ..shelf(&here, 1) }, Shelf { place: Some(2), ..shelf(&here, 2) }];
    Shelf::insert_all(&shelves, &here, &store).await.unwrap();
    let same = Shelf::update(&here)
        .filter(Shelf::ID.eq(shelves[0].id))
        .set(Shelf::PLACE, Some(2))
        .set(Shelf::SLUG, shelves[1].slug.clone())
        .one(&store)
        .await;
    assert!(same.unwrap_err().is_conflict_on("test_shelves_slug_key"));
    book(&shelves[0], 1).insert(&here, &store).await.unwrap();
    let moved = Book::update(&here).set(Book::SHELF_ID, id(9)).all(&store).await;
    assert!(dangles_on(moved, "test_books_shelf_id_fkey"));
    let listed = Shelf::find(&here).order_by(Shelf::ID, Direction::Ascending).all(&store).await.unwrap();
    assert_eq!(listed, shelves);
    assert_eq!(Book::find(&here).all(&store).await.unwrap(), [book(&shelves[0], 1)]);
    assert_eq!(Shelf::update(&here).set(Shelf::KIND, "new".to_owned()).all(&store).await.unwrap(), 2);
}

#[tokio::test]
async fn a_count_stays_in_the_range_of_its_type() {
    let store = store().await;
    let here = scope(1);
    let full = Shelf { visits: u16::MAX, place: Some(1), ..shelf(&here, 2) };
    Shelf::insert_all(&[shelf(&here, 1), full.clone()], &here, &store).await.unwrap();
    assert_eq!(Shelf::update(&here).increment(Shelf::VISITS, 1).all(&store).await.unwrap(), 1);
    let upsert = |by| full.upsert(&here).increment(Shelf::VISITS, by).run(&store);
    assert!(matches!(upsert(1).await, Err(StoreError::Backend { .. })));
    assert!(matches!(upsert(i64::MAX).await, Err(StoreError::Backend { .. })));
    assert!(matches!(upsert(i64::MIN).await, Err(StoreError::Backend { .. })));
    assert_eq!(Shelf::find(&here).filter(Shelf::PLACE.eq(1)).one(&store).await.unwrap(), Some(full.clone()));
    assert_eq!(upsert(-1).await.unwrap().visits, u16::MAX - 1);
}

#[tokio::test]
async fn an_update_sees_the_row_as_the_one_before_it_left_it() {
    let store = store().await;
    let here = scope(1);
    shelf(&here, 1).insert(&here, &store).await.unwrap();
    let consume = || {
        Shelf::update(&here)
            .filter(Shelf::ID.eq(id::<OrganizationId>(1)))
            .filter(Shelf::EXPIRES_AT.is_null())
            .set(Shelf::EXPIRES_AT, Some(at(1)))
            .one(&store)
    };
    assert_eq!(consume().await.unwrap().unwrap().expires_at, Some(at(1)));
    assert_eq!(consume().await.unwrap(), None);
}

#[tokio::test]
async fn an_upsert_goes_by_its_key_and_conflicts_on_another() {
    let store = store().await;
    let here = scope(1);
    let first = Shelf { place: Some(1), ..shelf(&here, 1) };
    let upsert = |shelf: Shelf| {
        let store = store.clone();
        async move { shelf.upsert(&here).on(Shelf::PLACE).set(Shelf::KIND, "again".to_owned()).run(&store).await }
    };
    assert_eq!(upsert(first.clone()).await.unwrap(), first);
    let again = upsert(Shelf { place: Some(1), ..shelf(&here, 2) }).await.unwrap();
    assert_eq!(again, Shelf { kind: "again".to_owned(), ..first.clone() });
    let other = Shelf { place: Some(2), slug: first.slug, ..shelf(&here, 3) };
    assert!(upsert(other).await.unwrap_err().is_conflict_on("test_shelves_slug_key"));
}

#[tokio::test]
async fn a_table_that_no_migration_made_is_refused() {
    let store = crate::MemoryStore::new();
    let found = Shelf::find(&scope(1)).all(&store).await;
    assert!(matches!(found, Err(StoreError::Backend { .. })));
}
