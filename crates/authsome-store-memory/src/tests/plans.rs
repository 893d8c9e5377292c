//! Which index is walked, how much of it, and that it never changes what is found.

use authsome_core::entity::Entity;
use authsome_core::entropy::{Entropy, SeededEntropy};
use authsome_core::id::{DeviceId, OrganizationId};
use authsome_core::records::{Comparison, Direction, Predicate};
use authsome_core::schema::IndexDef;
use authsome_core::scope::{APP_COLUMN, ENV_COLUMN, Scope};
use authsome_core::time::Timestamp;
use authsome_core::value::Value;

use super::fixtures::*;
use crate::filter::Condition;
use crate::index::StoredRow;
use crate::plan::{Selection, Sorting, count, select};
use crate::table::Table;

fn table(shelves: impl IntoIterator<Item = Shelf>) -> Table {
    let mut table = Table::new(Shelf::table().clone()).unwrap();
    for shelf in shelves {
        table.put(&shelf.to_row().into());
    }
    table
}

fn compare(column: &'static str, comparison: Comparison, value: impl Into<Operand>) -> Predicate {
    Predicate::Compare { column, comparison, value: value.into().0 }
}

struct Operand(Value);

impl From<&str> for Operand {
    fn from(text: &str) -> Self {
        Self(Value::Text(text.to_owned()))
    }
}

impl From<Timestamp> for Operand {
    fn from(time: Timestamp) -> Self {
        Self(Value::Time(time))
    }
}

impl From<i64> for Operand {
    fn from(number: i64) -> Self {
        Self(Value::Int(number))
    }
}

fn equal(column: &'static str, value: impl Into<Operand>) -> Predicate {
    compare(column, Comparison::Equal, value)
}

/// The predicates of a scope, then these.
fn within(scope: &Scope, more: impl IntoIterator<Item = Predicate>) -> Predicate {
    let scope_predicates =
        [equal(APP_COLUMN, &*scope.app_id.to_string()), equal(ENV_COLUMN, &*scope.env_id.to_string())];
    Predicate::All(scope_predicates.into_iter().chain(more).collect())
}

fn sorting(column: &str, direction: Direction) -> Sorting {
    let position = |name| Shelf::table().position(name).unwrap();
    Sorting { column: position(column), id: position("id"), direction }
}

const NEWEST: Direction = Direction::Descending;
const OLDEST: Direction = Direction::Ascending;

fn selected(table: &Table, predicate: &Predicate, sorting: Option<Sorting>, limit: usize) -> Selection {
    select(table, &Condition::new(predicate, &table.def).unwrap(), sorting, limit)
}

fn slugs(selection: &Selection) -> Vec<String> {
    selection.rows.iter().map(|row| Shelf::from_row(row.to_vec()).unwrap().slug).collect()
}

#[test]
fn every_page_visits_only_what_it_returns() {
    let (here, there) = (scope(1), scope(2));
    let all = (0..5_000).map(|number| shelf(&here, number)).chain((0..5_000).map(|number| shelf(&there, number)));
    let table = table(all);
    for last in [5_000, 2_500, 60] {
        let cursor = compare("id", Comparison::Less, &*id::<OrganizationId>(last).to_string());
        let page = selected(&table, &within(&here, [cursor]), Some(sorting("id", NEWEST)), 50);
        assert_eq!((page.rows.len(), page.visited), (50, 50));
        assert_eq!(slugs(&page)[0], format!("shelf-{}", last - 1));
    }
}

#[test]
fn a_unique_key_visits_one_row() {
    let here = scope(1);
    let table = table((0..1_000).map(|number| Shelf { place: Some(number), ..shelf(&here, number) }));
    let by_place = selected(&table, &within(&here, [equal("place", 700)]), None, 10);
    assert_eq!(slugs(&by_place), ["shelf-700"]);
    assert_eq!(by_place.visited, 1);
    let not_deleted = Predicate::IsNull { column: "deleted_at" };
    let by_slug = selected(&table, &within(&here, [not_deleted, equal("slug", "shelf-3")]), None, 10);
    assert_eq!(slugs(&by_slug), ["shelf-3"]);
    assert_eq!(by_slug.visited, 1);
    assert_eq!(by_slug.index.name, "test_shelves_slug_key");
}

#[test]
fn a_unique_key_is_preferred_to_an_index_that_more_columns_fix() {
    let here = scope(1);
    let wide = IndexDef::plain("wide", &["app_id", "env_id", "kind", "visits", "made_at"]);
    let mut table = Table::new(Shelf::table().clone().index(wide)).unwrap();
    for number in 0..100 {
        let shelf = Shelf { place: Some(number), made_at: at(0), ..shelf(&here, number) };
        table.put(&shelf.to_row().into());
    }
    let filter = [equal("kind", "plain"), equal("visits", 0), equal("made_at", at(0)), equal("place", 7)];
    let found = selected(&table, &within(&here, filter), None, 10);
    assert_eq!((found.rows.len(), found.visited), (1, 1));
}

#[test]
fn the_children_of_a_row_are_found_without_a_declared_index() {
    let here = scope(1);
    let mut table = Table::new(Loan::table().clone()).unwrap();
    for number in 0..100 {
        let loan = Loan { id: id(number), scope: here, book_id: id(number), shelf_id: None };
        table.put(&loan.to_row().into());
    }
    let of_book = equal("book_id", &*id::<DeviceId>(7).to_string());
    let found = selected(&table, &within(&here, [of_book]), None, 10);
    assert_eq!((found.rows.len(), found.visited), (1, 1));
}

#[test]
fn an_index_over_some_rows_is_not_walked_for_others() {
    let here = scope(1);
    let table = table([Shelf { deleted_at: Some(at(1)), ..shelf(&here, 1) }, shelf(&here, 2)]);
    let deleted = selected(&table, &within(&here, [equal("slug", "shelf-1")]), None, 10);
    assert_eq!(slugs(&deleted), ["shelf-1"]);
}

#[test]
fn an_equality_then_the_id_needs_no_sorting() {
    let here = scope(1);
    let kind = |number: i64| if number % 10 == 0 { "rare" } else { "plain" }.to_owned();
    let table = table((0..1_000).map(|number| Shelf { kind: kind(number), ..shelf(&here, number) }));
    let page = selected(&table, &within(&here, [equal("kind", "rare")]), Some(sorting("id", NEWEST)), 2);
    assert_eq!(slugs(&page), ["shelf-990", "shelf-980"]);
    assert_eq!(page.visited, 2);
}

#[test]
fn a_range_across_scopes_visits_only_the_range() {
    let expires = |number: i64| (number < 5).then(|| at(number));
    let shelves = (0..1_000).map(|number| Shelf { expires_at: expires(number), ..shelf(&scope(number % 7), number) });
    let table = table(shelves);
    let expired = compare("expires_at", Comparison::Less, at(3));
    let found = selected(&table, &expired, Some(sorting("id", OLDEST)), 10);
    assert_eq!(slugs(&found), ["shelf-0", "shelf-1", "shelf-2"]);
    assert_eq!(found.visited, 3);
}

#[test]
fn a_list_of_values_visits_one_row_for_each() {
    let here = scope(1);
    let table = table((0..1_000).map(|number| shelf(&here, number)));
    let ids = [5, 900, 5, 2_000].map(|number| Value::Text(id::<OrganizationId>(number).to_string()));
    let listed = Predicate::In { column: "id", values: ids.to_vec() };
    let found = selected(&table, &within(&here, [listed]), Some(sorting("id", NEWEST)), 10);
    assert_eq!(slugs(&found), ["shelf-900", "shelf-5"]);
    assert_eq!(found.visited, 2);
}

#[test]
fn a_wide_range_is_not_sorted_where_another_index_is_in_order() {
    let here = scope(1);
    let table = table((0..30_000).map(|number| shelf(&here, number)));
    let made = compare("made_at", Comparison::GreaterOrEqual, at(10));
    let page = selected(&table, &within(&here, [made]), Some(sorting("id", NEWEST)), 50);
    assert_eq!((page.index.name.as_str(), page.visited), ("test_shelves_pkey", 50));
    let made = compare("made_at", Comparison::Less, at(10));
    let page = selected(&table, &within(&here, [made]), Some(sorting("id", NEWEST)), 50);
    assert_eq!((page.index.name.as_str(), page.visited), ("test_shelves_made_idx", 10));
}

/// Numbers below a bound, always the same ones.
struct Dice(SeededEntropy);

impl Dice {
    fn roll(&self, sides: usize) -> usize {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes).unwrap();
        usize::try_from(u32::from_be_bytes(bytes)).unwrap() % sides
    }

    fn small(&self) -> i64 {
        i64::try_from(self.roll(12)).unwrap()
    }

    fn word(&self) -> &'static str {
        ["a", "ab", "abc", "b", "\u{1}", "é"][self.roll(6)]
    }

    fn slug(&self) -> String {
        format!("{}{}", self.word(), self.roll(50))
    }

    fn shelf(&self, number: i64) -> Shelf {
        Shelf {
            slug: self.slug(),
            kind: self.word().to_owned(),
            place: (self.roll(2) > 0).then_some(number % 24),
            made_at: at(self.small()),
            expires_at: (self.roll(2) > 0).then(|| at(self.small())),
            deleted_at: (self.roll(2) > 0).then(|| at(self.small())),
            ..shelf(&scope(i64::try_from(self.roll(2)).unwrap()), number)
        }
    }

    fn operand(&self, column: &str) -> Value {
        match column {
            "slug" => Value::Text(self.slug()),
            "kind" => Value::Text(self.word().to_owned()),
            "place" => Value::Int(self.small()),
            "id" => Value::Text(id::<OrganizationId>(self.small() * 20).to_string()),
            _ => Value::Time(at(self.small())),
        }
    }

    fn predicate(&self, depth: usize) -> Predicate {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        let column = ["slug", "kind", "place", "made_at", "expires_at", "deleted_at", "id"][self.roll(7)];
        let comparison = [Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, Equal][self.roll(7)];
        match self.roll(if depth == 0 { 5 } else { 7 }) {
            0 => Predicate::IsNull { column },
            1 => Predicate::IsNotNull { column },
            2 => Predicate::In { column, values: (0..self.roll(4)).map(|_| self.operand(column)).collect() },
            3 => Predicate::StartsWith { column: ["slug", "kind"][self.roll(2)], prefix: self.word().to_owned() },
            4 => Predicate::Compare { column, comparison, value: self.operand(column) },
            5 => Predicate::Any((0..self.roll(3)).map(|_| self.predicate(depth - 1)).collect()),
            _ => Predicate::All((0..self.roll(4)).map(|_| self.predicate(depth - 1)).collect()),
        }
    }
}

fn sort_key(row: &StoredRow, column: &str) -> (String, i64, String) {
    let shelf = Shelf::from_row(row.to_vec()).unwrap();
    let id = shelf.id.to_string();
    match column {
        "kind" => (shelf.kind, 0, id),
        "made_at" => (String::new(), shelf.made_at.as_millis(), id),
        _ => (String::new(), 0, id),
    }
}

#[test]
fn whatever_index_is_walked_the_rows_are_those_of_a_full_scan() {
    let dice = Dice(SeededEntropy::new(1));
    let mut table = table([]);
    let mut rows: Vec<StoredRow> = Vec::new();
    for number in 0..300 {
        let row: StoredRow = dice.shelf(number).to_row().into();
        if dice.roll(4) == 0 && !rows.is_empty() {
            table.take(&rows.swap_remove(dice.roll(rows.len())));
        }
        if table.conflict(&row).is_none() {
            table.put(&row);
            rows.push(row);
        }
    }
    assert!(rows.len() > 100);
    for _ in 0..5_000 {
        let parts: Vec<Predicate> = (0..1 + dice.roll(3)).map(|_| dice.predicate(2)).collect();
        let predicate = if dice.roll(4) == 0 { Predicate::All(parts) } else { within(&scope(1), parts) };
        let direction = [NEWEST, OLDEST][dice.roll(2)];
        let column = ["id", "made_at", "kind"][dice.roll(3)];
        let condition = Condition::new(&predicate, &table.def).unwrap();
        let mut expected: Vec<&StoredRow> = rows.iter().filter(|row| condition.holds(row)).collect();
        expected.sort_by_key(|row| sort_key(row, column));
        if direction == NEWEST {
            expected.reverse();
        }
        let limit = 1 + dice.roll(20);
        let found = select(&table, &condition, Some(sorting(column, direction)), limit).rows;
        assert_eq!(found.len(), expected.len().min(limit), "{predicate:?}");
        assert!(found.iter().eq(expected.iter().take(limit).copied()), "{predicate:?}");
        assert_eq!(count(&table, &condition), expected.len(), "{predicate:?}");
    }
}
