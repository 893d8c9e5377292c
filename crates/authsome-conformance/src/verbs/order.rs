//! The order of rows, and limits.

use authsome_core::entity::{Entity, Page};
use authsome_core::records::Direction::{Ascending, Descending};
use authsome_core::time::Timestamp;

use super::{home, plant};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure_eq};
use crate::fixture::{Item, at};

pub(super) fn cases() -> Vec<Case> {
    cases!("order" {
        both: [
            without_one_is_greatest_id_first,
            by_integer,
            by_time,
            by_id,
            of_rows_that_agree_is_by_id_in_the_same_direction,
            is_kept_by_a_filter_on_another_column,
            a_limit_takes_the_first_rows,
            a_limit_reaches_a_thousand_rows,
            a_page_is_cut_to_two_hundred,
            a_page_after_a_missing_id_goes_on_from_there,
        ]
    })
}

fn ids(items: Vec<Item>) -> String {
    let ids: Vec<String> = items.into_iter().map(|item| item.id).collect();
    ids.join(",")
}

async fn without_one_is_greatest_id_first(cx: &mut Cx) -> Outcome {
    plant(cx, ["b", "c", "a", "B"], |item, id| item.id = id.to_owned()).await?;
    ensure_eq!(ids(Item::find(&home().scope).all(cx.db()).await?), "c,b,a,B");
    Ok(())
}

async fn by_integer(cx: &mut Cx) -> Outcome {
    plant(cx, [10, -1, 9, i64::MIN, i64::MAX], |item, rank| item.rank = rank).await?;
    let find = Item::find(&home().scope);
    ensure_eq!(ids(find.clone().order_by(Item::RANK, Ascending).all(cx.db()).await?), "4,2,3,1,5");
    ensure_eq!(ids(find.order_by(Item::RANK, Descending).all(cx.db()).await?), "5,1,3,2,4");
    Ok(())
}

async fn by_time(cx: &mut Cx) -> Outcome {
    let times = [at(0), Timestamp::MIN, Timestamp::MAX, at(-1), Timestamp::EPOCH];
    plant(cx, times, |item, time| item.made = time).await?;
    let find = Item::find(&home().scope);
    ensure_eq!(ids(find.clone().order_by(Item::MADE, Ascending).all(cx.db()).await?), "2,5,4,1,3");
    ensure_eq!(ids(find.order_by(Item::MADE, Descending).all(cx.db()).await?), "3,1,4,5,2");
    Ok(())
}

async fn by_id(cx: &mut Cx) -> Outcome {
    plant(cx, ["10", "9", "a", "Z"], |item, id| item.id = id.to_owned()).await?;
    let find = Item::find(&home().scope);
    ensure_eq!(ids(find.clone().order_by(Item::ID, Ascending).all(cx.db()).await?), "10,9,Z,a");
    ensure_eq!(ids(find.order_by(Item::ID, Descending).all(cx.db()).await?), "a,Z,9,10");
    Ok(())
}

async fn of_rows_that_agree_is_by_id_in_the_same_direction(cx: &mut Cx) -> Outcome {
    plant(cx, [("c", 1), ("a", 2), ("d", 1), ("b", 2), ("e", 1)], |item, (id, rank)| {
        (item.id, item.rank, item.made) = (id.to_owned(), rank, at(rank));
    })
    .await?;
    let find = Item::find(&home().scope);
    ensure_eq!(ids(find.clone().order_by(Item::RANK, Ascending).all(cx.db()).await?), "c,d,e,a,b");
    ensure_eq!(ids(find.clone().order_by(Item::RANK, Descending).all(cx.db()).await?), "b,a,e,d,c");
    ensure_eq!(ids(find.clone().order_by(Item::MADE, Ascending).all(cx.db()).await?), "c,d,e,a,b");
    ensure_eq!(ids(find.order_by(Item::MADE, Descending).limit(3).all(cx.db()).await?), "b,a,e");
    Ok(())
}

async fn is_kept_by_a_filter_on_another_column(cx: &mut Cx) -> Outcome {
    plant(cx, [3, 1, 2, 5, 4], |item, rank| (item.rank, item.flag) = (rank, rank != 2)).await?;
    let find = Item::find(&home().scope).filter(Item::FLAG.eq(true));
    ensure_eq!(ids(find.order_by(Item::RANK, Ascending).all(cx.db()).await?), "2,1,5,4");
    let find = Item::find(&home().scope).filter(Item::RANK.is_in([5, 1, 3]));
    ensure_eq!(ids(find.clone().all(cx.db()).await?), "4,2,1");
    ensure_eq!(ids(find.order_by(Item::CODE, Ascending).limit(1).all(cx.db()).await?).len(), 1);
    Ok(())
}

async fn a_limit_takes_the_first_rows(cx: &mut Cx) -> Outcome {
    plant(cx, 1..=5, |item, rank| item.rank = -rank).await?;
    let find = Item::find(&home().scope).order_by(Item::RANK, Ascending);
    ensure_eq!(ids(find.clone().limit(2).all(cx.db()).await?), "5,4");
    ensure_eq!(ids(find.clone().limit(5).all(cx.db()).await?), "5,4,3,2,1");
    ensure_eq!(ids(find.clone().limit(1_000).all(cx.db()).await?), "5,4,3,2,1");
    ensure_eq!(find.one(cx.db()).await?.map(|item| item.id).as_deref(), Some("5"));
    Ok(())
}

async fn a_limit_reaches_a_thousand_rows(cx: &mut Cx) -> Outcome {
    for part in [1..=500, 501..=1_000, 1_001..=1_001] {
        let items: Vec<Item> = part.map(super::item).collect();
        Item::insert_all(&items, &home().scope, cx.db()).await?;
    }
    let found = Item::find(&home().scope).limit(1_000).all(cx.db()).await?;
    ensure_eq!(found.len(), 1_000);
    ensure_eq!(Item::find(&home().scope).count(cx.db()).await?, 1_001, "a count has no limit");
    Ok(())
}

async fn a_page_is_cut_to_two_hundred(cx: &mut Cx) -> Outcome {
    let items: Vec<Item> = (1..=201).map(super::item).collect();
    Item::insert_all(&items, &home().scope, cx.db()).await?;
    let first = Item::find(&home().scope).page(Page::first(10_000), cx.db()).await?;
    ensure_eq!(first.data.len(), 200);
    let Some(after) = first.next_cursor else { return Err(crate::Failure::new("there is a second page")) };
    let second = Item::find(&home().scope).page(Page::after(after, 0), cx.db()).await?;
    ensure_eq!((second.data.len(), second.next_cursor), (1, None), "a limit of 0 is read as 1");
    Ok(())
}

async fn a_page_after_a_missing_id_goes_on_from_there(cx: &mut Cx) -> Outcome {
    plant(cx, ["a", "c", "e"], |item, id| item.id = id.to_owned()).await?;
    let page = Item::find(&home().scope).page(Page::after("d".to_owned(), 10), cx.db()).await?;
    ensure_eq!((ids(page.data), page.next_cursor), ("c,a".to_owned(), None));
    let page = Item::find(&home().scope).page(Page::after("a".to_owned(), 10), cx.db()).await?;
    ensure_eq!((page.data, page.next_cursor), (Vec::new(), None), "after the last one");
    Ok(())
}
