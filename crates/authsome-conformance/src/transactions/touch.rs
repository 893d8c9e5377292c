//! Touching a row: transactions that touch the same one exclude each other.

use authsome_core::entity::Entity;

use super::{begin, item, scope};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure, ensure_eq, invalid};
use crate::fixture::Item;

pub(super) fn cases() -> Vec<Case> {
    cases!("touch" {
        direct: [
            says_whether_the_row_is_there,
            sees_the_transactions_own_writes,
            changes_nothing,
            needs_a_filter_that_names_one_row,
        ]
    })
}

async fn says_whether_the_row_is_there(cx: &mut Cx) -> Outcome {
    item(1).insert(&scope(), cx.db()).await?;
    let tx = begin(cx).await?;
    ensure!(Item::find(&scope()).filter(Item::ID.eq(item(1).id)).touch(tx.as_ref()).await?, "by id");
    ensure!(Item::find(&scope()).filter(Item::CODE.eq(item(1).code)).touch(tx.as_ref()).await?, "by key");
    ensure!(!Item::find(&scope()).filter(Item::ID.eq(item(2).id)).touch(tx.as_ref()).await?, "a missing one");
    let other = Item::find(&scope()).filter(Item::ID.eq(item(1).id)).filter(Item::RANK.eq(5));
    ensure!(!other.touch(tx.as_ref()).await?, "one for which the rest does not hold");
    Ok(tx.commit().await?)
}

async fn sees_the_transactions_own_writes(cx: &mut Cx) -> Outcome {
    item(1).insert(&scope(), cx.db()).await?;
    let tx = begin(cx).await?;
    item(2).insert(&scope(), tx.as_ref()).await?;
    Item::delete(&scope()).by_id(&item(1).id, tx.as_ref()).await?;
    ensure!(Item::find(&scope()).filter(Item::ID.eq(item(2).id)).touch(tx.as_ref()).await?, "a new one");
    ensure!(!Item::find(&scope()).filter(Item::ID.eq(item(1).id)).touch(tx.as_ref()).await?, "a deleted one");
    Ok(tx.commit().await?)
}

async fn changes_nothing(cx: &mut Cx) -> Outcome {
    let full = Item { text: Some("text".to_owned()), doc: serde_json::json!({"a": 1}), rank: 5, ..item(1) };
    full.insert(&scope(), cx.db()).await?;
    let tx = begin(cx).await?;
    Item::find(&scope()).filter(Item::ID.eq(&full.id)).touch(tx.as_ref()).await?;
    tx.commit().await?;
    ensure_eq!(Item::find(&scope()).all(cx.db()).await?, vec![full]);
    Ok(())
}

async fn needs_a_filter_that_names_one_row(cx: &mut Cx) -> Outcome {
    let tx = begin(cx).await?;
    invalid(Item::find(&scope()).filter(Item::RANK.eq(0)).touch(tx.as_ref()).await)?;
    invalid(Item::find(&scope()).touch(tx.as_ref()).await)?;
    Ok(tx.commit().await?)
}
