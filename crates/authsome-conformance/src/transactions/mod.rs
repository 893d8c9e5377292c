//! Transactions: snapshot-isolated, all or nothing.

mod conflicts;
mod endings;
mod retries;
mod touch;
mod visibility;

use std::sync::Arc;

use authsome_core::entity::Entity;
use authsome_core::scope::Scope;
use authsome_core::store::StoreTx;

use crate::case::Case;
use crate::context::Cx;
use crate::failure::Outcome;
use crate::fixture::{Home, Item, Sample, homes};

pub(crate) fn cases() -> Vec<Case> {
    [visibility::cases(), endings::cases(), touch::cases(), conflicts::cases(), retries::cases()].concat()
}

fn home() -> Home {
    homes()[0]
}

fn scope() -> Scope {
    home().scope
}

/// An item of this number.
fn item(number: u32) -> Item {
    Item::sample(&home(), number)
}

async fn begin(cx: &Cx) -> Outcome<Arc<dyn StoreTx>> {
    Ok(cx.store().begin().await?)
}

/// How many items the store shows.
async fn shown(cx: &Cx) -> Outcome<u64> {
    Ok(Item::find(&scope()).count(cx.db()).await?)
}
