//! Which rows a filter means.

use authsome_core::time::Timestamp;

use super::{found, plant};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure_eq};
use crate::fixture::Item;

pub(super) fn cases() -> Vec<Case> {
    cases!("filters" {
        both: [
            integers_compare_by_value,
            times_compare_by_moment,
            booleans_are_equal_or_not,
            bytes_are_equal_or_not,
            a_null_is_in_no_comparison,
            a_null_is_found_as_a_null_alone,
            one_of_a_list,
            one_of_no_values_is_nothing,
            one_of_nineteen_hundred_values,
            both_of_two,
            either_of_two,
            conditions_nest,
            four_hundred_alternatives,
            a_filter_on_an_index_and_one_beside_it_agree,
        ]
    })
}

async fn integers_compare_by_value(cx: &mut Cx) -> Outcome {
    let sizes = [None, Some(i64::MIN), Some(-10), Some(-9), Some(0), Some(9), Some(10), Some(i64::MAX)];
    plant(cx, sizes, |item, size| item.size = size).await?;
    ensure_eq!(found(cx, Item::SIZE.eq(0)).await?, "5");
    ensure_eq!(found(cx, Item::SIZE.ne(0)).await?, "2,3,4,6,7,8");
    ensure_eq!(found(cx, Item::SIZE.lt(-9)).await?, "2,3");
    ensure_eq!(found(cx, Item::SIZE.le(-9)).await?, "2,3,4");
    ensure_eq!(found(cx, Item::SIZE.gt(9)).await?, "7,8");
    ensure_eq!(found(cx, Item::SIZE.ge(9)).await?, "6,7,8");
    ensure_eq!(found(cx, Item::SIZE.ge(i64::MAX)).await?, "8");
    ensure_eq!(found(cx, Item::SIZE.lt(i64::MIN)).await?, "");
    Ok(())
}

async fn times_compare_by_moment(cx: &mut Cx) -> Outcome {
    let millis = [Timestamp::MIN.as_millis(), -1_001, -1, 0, 1, 999, 1_000, Timestamp::MAX.as_millis()];
    let times = millis.map(|millis| Timestamp::from_millis(millis).unwrap_or(Timestamp::EPOCH));
    plant(cx, times, |item, time| item.made = time).await?;
    ensure_eq!(found(cx, Item::MADE.eq(Timestamp::EPOCH)).await?, "4");
    ensure_eq!(found(cx, Item::MADE.ne(Timestamp::EPOCH)).await?, "1,2,3,5,6,7,8");
    ensure_eq!(found(cx, Item::MADE.lt(Timestamp::EPOCH)).await?, "1,2,3");
    ensure_eq!(found(cx, Item::MADE.le(Timestamp::EPOCH)).await?, "1,2,3,4");
    ensure_eq!(found(cx, Item::MADE.gt(Timestamp::EPOCH)).await?, "5,6,7,8");
    ensure_eq!(found(cx, Item::MADE.ge(Timestamp::MAX)).await?, "8");
    ensure_eq!(found(cx, Item::MADE.le(Timestamp::MIN)).await?, "1");
    Ok(())
}

async fn booleans_are_equal_or_not(cx: &mut Cx) -> Outcome {
    plant(cx, [None, Some(false), Some(true)], |item, maybe| item.maybe = maybe).await?;
    ensure_eq!(found(cx, Item::MAYBE.eq(true)).await?, "3");
    ensure_eq!(found(cx, Item::MAYBE.eq(false)).await?, "2");
    ensure_eq!(found(cx, Item::MAYBE.ne(true)).await?, "2");
    ensure_eq!(found(cx, Item::FLAG.eq(false)).await?, "1,2,3");
    Ok(())
}

async fn bytes_are_equal_or_not(cx: &mut Cx) -> Outcome {
    let values = [None, Some(vec![]), Some(vec![0]), Some(vec![0, 0]), Some(vec![0xFF]), Some(b"a".to_vec())];
    plant(cx, values, |item, extra| item.extra = extra).await?;
    ensure_eq!(found(cx, Item::EXTRA.eq(vec![0])).await?, "3");
    ensure_eq!(found(cx, Item::EXTRA.eq(vec![])).await?, "2");
    ensure_eq!(found(cx, Item::EXTRA.ne(vec![0])).await?, "2,4,5,6");
    ensure_eq!(found(cx, Item::EXTRA.is_in([vec![0xFF], b"a".to_vec(), b"A".to_vec()])).await?, "5,6");
    Ok(())
}

async fn a_null_is_in_no_comparison(cx: &mut Cx) -> Outcome {
    plant(cx, [(); 2], |_, ()| {}).await?;
    for comparison in [
        Item::SIZE.eq(0),
        Item::SIZE.ne(0),
        Item::SIZE.lt(i64::MAX),
        Item::SIZE.le(i64::MAX),
        Item::SIZE.gt(i64::MIN),
        Item::SIZE.ge(i64::MIN),
        Item::SIZE.is_in([0, 1]),
        Item::TEXT.ne(""),
        Item::TEXT.eq(""),
        Item::TEXT.starts_with("a"),
        Item::MAYBE.ne(true),
        Item::UNTIL.ne(Timestamp::EPOCH),
        Item::EXTRA.ne(vec![0]),
    ] {
        let seen = found(cx, comparison.clone()).await?;
        ensure_eq!(seen, "", "{comparison:?}");
    }
    Ok(())
}

async fn a_null_is_found_as_a_null_alone(cx: &mut Cx) -> Outcome {
    plant(cx, [None, Some(""), Some("null"), None], |item, text| item.text = text.map(str::to_owned)).await?;
    ensure_eq!(found(cx, Item::TEXT.is_null()).await?, "1,4");
    ensure_eq!(found(cx, Item::TEXT.is_not_null()).await?, "2,3");
    ensure_eq!(found(cx, Item::WORD.is_null()).await?, "");
    ensure_eq!(found(cx, Item::WORD.is_not_null()).await?, "1,2,3,4");
    Ok(())
}

async fn one_of_a_list(cx: &mut Cx) -> Outcome {
    plant(cx, [Some(1), Some(2), None, Some(3)], |item, size| item.size = size).await?;
    ensure_eq!(found(cx, Item::SIZE.is_in([1, 3, 4, 3])).await?, "1,4");
    ensure_eq!(found(cx, Item::SIZE.is_in([2])).await?, "2");
    ensure_eq!(found(cx, Item::ID.is_in(["4", "1", "5"].map(str::to_owned))).await?, "1,4");
    Ok(())
}

async fn one_of_no_values_is_nothing(cx: &mut Cx) -> Outcome {
    plant(cx, [Some(1), None], |item, size| item.size = size).await?;
    ensure_eq!(found(cx, Item::SIZE.is_in(Vec::<i64>::new())).await?, "");
    ensure_eq!(found(cx, Item::SIZE.is_in(Vec::<i64>::new()).or(Item::SIZE.eq(1))).await?, "1");
    Ok(())
}

async fn one_of_nineteen_hundred_values(cx: &mut Cx) -> Outcome {
    plant(cx, [7, 1_899, 1_900], |item, rank| item.rank = rank).await?;
    ensure_eq!(found(cx, Item::RANK.is_in(0..1_900)).await?, "1,2");
    Ok(())
}

async fn both_of_two(cx: &mut Cx) -> Outcome {
    plant(cx, [(1, true), (1, false), (2, true)], |item, (rank, flag)| (item.rank, item.flag) = (rank, flag)).await?;
    ensure_eq!(found(cx, Item::RANK.eq(1).and(Item::FLAG.eq(true))).await?, "1");
    ensure_eq!(found(cx, Item::RANK.eq(1).and(Item::RANK.eq(2))).await?, "");
    ensure_eq!(found(cx, Item::RANK.ge(1).and(Item::RANK.lt(2))).await?, "1,2");
    Ok(())
}

async fn either_of_two(cx: &mut Cx) -> Outcome {
    plant(cx, [(1, true), (1, false), (2, true)], |item, (rank, flag)| (item.rank, item.flag) = (rank, flag)).await?;
    ensure_eq!(found(cx, Item::RANK.eq(2).or(Item::FLAG.eq(false))).await?, "2,3");
    ensure_eq!(found(cx, Item::RANK.eq(1).or(Item::RANK.eq(1))).await?, "1,2");
    ensure_eq!(found(cx, Item::SIZE.eq(1).or(Item::FLAG.eq(true))).await?, "1,3", "a null on one side");
    Ok(())
}

async fn conditions_nest(cx: &mut Cx) -> Outcome {
    plant(cx, 1..=6, |item, rank| (item.rank, item.flag) = (rank, rank % 2 == 0)).await?;
    let small_or_large = Item::RANK.lt(3).or(Item::RANK.gt(4));
    ensure_eq!(found(cx, small_or_large.clone().and(Item::FLAG.eq(true))).await?, "2,6");
    ensure_eq!(found(cx, Item::FLAG.eq(true).and(small_or_large.clone())).await?, "2,6");
    let two_or_odd_large = Item::FLAG.eq(true).and(Item::RANK.eq(2)).or(small_or_large.and(Item::RANK.eq(5)));
    ensure_eq!(found(cx, two_or_odd_large).await?, "2,5");
    Ok(())
}

async fn four_hundred_alternatives(cx: &mut Cx) -> Outcome {
    plant(cx, [399, 400, 0], |item, rank| item.rank = rank).await?;
    let any = (1..400).fold(Item::RANK.eq(0), |any, rank| any.or(Item::RANK.eq(rank)));
    ensure_eq!(found(cx, any).await?, "1,3");
    Ok(())
}

async fn a_filter_on_an_index_and_one_beside_it_agree(cx: &mut Cx) -> Outcome {
    plant(cx, [5, 1, 5, 3, 5], |item, rank| (item.rank, item.size) = (rank, Some(rank))).await?;
    ensure_eq!(found(cx, Item::RANK.eq(5)).await?, found(cx, Item::SIZE.eq(5)).await?);
    ensure_eq!(found(cx, Item::RANK.eq(5).and(Item::ID.gt("1"))).await?, "3,5");
    ensure_eq!(found(cx, Item::RANK.ge(3).and(Item::ID.lt("4"))).await?, "1,3");
    Ok(())
}
