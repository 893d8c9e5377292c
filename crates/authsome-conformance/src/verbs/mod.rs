//! What the record verbs mean, on the suite's own entities.

mod deletes;
mod filters;
mod inserts;
mod invalid;
mod order;
mod text;
mod updates;
mod upserts;
mod values;

use authsome_core::entity::{Entity, Filter};
use authsome_core::records::Direction;

use crate::case::Case;
use crate::context::Cx;
use crate::failure::Outcome;
use crate::fixture::{Home, Item, Sample, homes};

pub(crate) fn cases() -> Vec<Case> {
    [
        filters::cases(),
        text::cases(),
        order::cases(),
        values::cases(),
        inserts::cases(),
        updates::cases(),
        upserts::cases(),
        deletes::cases(),
        invalid::cases(),
    ]
    .concat()
}

/// Where the cases work.
fn home() -> Home {
    homes()[0]
}

/// An item of this number.
fn item(number: u32) -> Item {
    Item::sample(&home(), number)
}

/// Adds items of the numbers from 1, each changed by what is given, with the id `1`, `2` and so on.
async fn plant<T>(cx: &Cx, values: impl IntoIterator<Item = T>, change: impl Fn(&mut Item, T)) -> Outcome<Vec<Item>> {
    let mut items = Vec::new();
    for (value, number) in values.into_iter().zip(1..) {
        let mut item = Item { id: number.to_string(), ..item(number) };
        change(&mut item, value);
        items.push(item);
    }
    Item::insert_all(&items, &home().scope, cx.db()).await?;
    Ok(items)
}

/// The ids of the items for which the filter holds, in rising order, with commas between them.
async fn found(cx: &Cx, filter: Filter<Item>) -> Outcome<String> {
    let find = Item::find(&home().scope).filter(filter.clone()).order_by(Item::ID, Direction::Ascending);
    let found: Vec<String> = find.all(cx.db()).await?.into_iter().map(|item| item.id).collect();
    let counted = Item::find(&home().scope).filter(filter).count(cx.db()).await?;
    crate::failure::ensure_eq!(usize::try_from(counted).ok(), Some(found.len()), "count and find");
    Ok(found.join(","))
}

/// The item with this id as it is stored.
async fn stored(cx: &Cx, id: &str) -> Outcome<Option<Item>> {
    Ok(Item::find(&home().scope).filter(Item::ID.eq(id)).one(cx.db()).await?)
}
