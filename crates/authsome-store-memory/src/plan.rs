//! Which index to walk for a condition, and which part of it.

use std::cmp::Ordering;
use std::sync::Arc;

use authsome_core::records::{Comparison, Direction};
use authsome_core::value::Value;

use crate::filter::{Condition, compare};
use crate::index::{Index, KeyRange, Shape, StoredRow};
use crate::key;
use crate::table::Table;

/// The order that rows are asked for in: a column, and the id where rows agree in it.
#[derive(Clone, Copy)]
pub(crate) struct Sorting {
    pub(crate) column: usize,
    pub(crate) id: usize,
    pub(crate) direction: Direction,
}

impl Sorting {
    fn compare(self, left: &StoredRow, right: &StoredRow) -> Ordering {
        let by = |column: usize| left.get(column).zip(right.get(column)).and_then(|(left, right)| compare(left, right));
        let rising = by(self.column).unwrap_or(Ordering::Equal).then(by(self.id).unwrap_or(Ordering::Equal));
        if self.direction == Direction::Ascending { rising } else { rising.reverse() }
    }
}

/// The rows that fulfil a condition, and the cost of finding them.
pub(crate) struct Selection {
    pub(crate) rows: Vec<StoredRow>,
    /// The index that was walked.
    pub(crate) index: Arc<Shape>,
    /// How many of its rows were looked at.
    pub(crate) visited: usize,
}

/// At most `limit` rows that fulfil the condition, in order if one is asked for.
pub(crate) fn select(table: &Table, condition: &Condition<'_>, sorting: Option<Sorting>, limit: usize) -> Selection {
    let plan = choose(table, condition, sorting);
    let reverse = sorting.is_some_and(|sorting| sorting.direction == Direction::Descending);
    let mut visited = 0;
    let found = plan.walk(reverse).inspect(|_| visited += 1).filter(|row| condition.holds(row));
    let rows = match sorting {
        Some(sorting) if !plan.sorted => {
            let mut all: Vec<&StoredRow> = found.collect();
            all.sort_by(|left, right| sorting.compare(left, right));
            all.into_iter().take(limit).cloned().collect()
        }
        _ => found.take(limit).cloned().collect(),
    };
    Selection { rows, index: Arc::clone(&plan.index.shape), visited }
}

/// How many rows fulfil the condition.
pub(crate) fn count(table: &Table, condition: &Condition<'_>) -> usize {
    choose(table, condition, None).walk(false).filter(|row| condition.holds(row)).count()
}

/// A part of an index that holds every row that fulfils a condition, and others perhaps.
struct Plan<'t> {
    index: &'t Index,
    /// Disjoint, in rising order.
    ranges: Vec<KeyRange>,
    /// At most one row is there.
    single: bool,
    /// How many leading columns the condition fixes.
    fixed: usize,
    /// Whether it bounds the column after those.
    bounded: bool,
    /// Whether the rows come in the order that is asked for.
    sorted: bool,
}

impl Plan<'_> {
    fn walk(&self, reverse: bool) -> Box<dyn Iterator<Item = &StoredRow> + '_> {
        let ranges = self.ranges.iter();
        if reverse {
            Box::new(ranges.rev().flat_map(|range| self.index.range(range).rev()))
        } else {
            Box::new(ranges.flat_map(|range| self.index.range(range)))
        }
    }

    fn rank(&self) -> (bool, usize, bool, bool) {
        (self.single, self.fixed, self.bounded, self.sorted)
    }
}

/// A narrower walk with sorting is preferred to a walk in order while it visits at most this many rows.
const MOST_SORTED: usize = 10_000;

/// The plan that fixes the most columns; if it would have to sort many rows, a plan that yields them in order.
fn choose<'t>(table: &'t Table, condition: &Condition<'_>, sorting: Option<Sorting>) -> Plan<'t> {
    let conjuncts = condition.conjuncts();
    let mut best = plan(table.primary(), &conjuncts, sorting);
    let mut in_order: Option<Plan<'t>> = None;
    for index in table.secondary().iter().filter(|index| serves(index, &conjuncts)) {
        let next = plan(index, &conjuncts, sorting);
        let (better, worse) = if next.rank() > best.rank() { (next, best) } else { (best, next) };
        if worse.sorted && in_order.as_ref().is_none_or(|other| worse.rank() > other.rank()) {
            in_order = Some(worse);
        }
        best = better;
    }
    match in_order {
        Some(in_order) if !best.sorted && best.walk(false).nth(MOST_SORTED).is_some() => in_order,
        _ => best,
    }
}

/// Whether every row that fulfils the conditions is in the index.
fn serves(index: &Index, conjuncts: &[&Condition<'_>]) -> bool {
    let is_null = |wanted: usize| {
        conjuncts.iter().any(|condition| matches!(condition, Condition::Null { column } if *column == wanted))
    };
    index.shape.only_where_null.is_none_or(is_null)
}

fn plan<'t>(index: &'t Index, conjuncts: &[&Condition<'_>], sorting: Option<Sorting>) -> Plan<'t> {
    let columns = &index.shape.columns;
    let mut prefix = Vec::new();
    let mut fixed = 0;
    let mut nulls = false;
    for value in columns.iter().map_while(|column| fixed_value(conjuncts, *column)) {
        key::push(&mut prefix, value);
        nulls |= value.is_null();
        fixed += 1;
    }
    let whole = KeyRange::of_prefix(prefix);
    let ranges = columns.get(fixed).and_then(|column| bounds(&whole.from, conjuncts, *column));
    let bounded = ranges.is_some();
    let ranges = ranges.unwrap_or_else(|| vec![whole]);
    let in_order = sorting.is_some_and(|sorting| {
        let open = |column: &usize| fixed_value(conjuncts, *column).is_none();
        let walked = columns.iter().copied().filter(open);
        let mut wanted: Vec<usize> = [sorting.column, sorting.id].into_iter().filter(open).collect();
        wanted.dedup();
        walked.take(wanted.len()).eq(wanted)
    });
    Plan {
        index,
        single: index.shape.unique && fixed >= index.shape.declared().len() && !nulls,
        fixed,
        bounded,
        sorted: in_order,
        ranges,
    }
}

/// The value that every row that fulfils the conditions has in the column.
fn fixed_value<'r>(conjuncts: &[&Condition<'r>], wanted: usize) -> Option<&'r Value> {
    conjuncts.iter().find_map(|condition| match condition {
        Condition::Compare { column, comparison: Comparison::Equal, value } if *column == wanted => Some(*value),
        Condition::Null { column } if *column == wanted => Some(&Value::Null),
        _ => None,
    })
}

/// The parts of the keys with this `prefix` in which the next column can fulfil the conditions; `None` if they
/// say nothing about it.
fn bounds(prefix: &[u8], conjuncts: &[&Condition<'_>], wanted: usize) -> Option<Vec<KeyRange>> {
    let with = |value: &Value| {
        let mut key = prefix.to_vec();
        key::push(&mut key, value);
        key
    };
    let mut not_null = prefix.to_vec();
    not_null.push(key::AFTER_NULL);
    let mut range = KeyRange { from: not_null, to: key::after_prefix(prefix) };
    let mut points: Option<Vec<KeyRange>> = None;
    let mut bounded = false;
    for condition in conjuncts {
        let narrower = match condition {
            Condition::Compare { column, comparison, value } if *column == wanted => {
                let at = with(value);
                let after = key::after_prefix(&at);
                match comparison {
                    Comparison::Less => KeyRange { from: Vec::new(), to: at },
                    Comparison::LessOrEqual => KeyRange { from: Vec::new(), to: after },
                    Comparison::Greater => KeyRange { from: after, to: range.to.clone() },
                    Comparison::GreaterOrEqual => KeyRange { from: at, to: range.to.clone() },
                    Comparison::Equal | Comparison::NotEqual => continue,
                }
            }
            Condition::StartsWith { column, prefix: text } if *column == wanted => {
                let mut key = prefix.to_vec();
                key::push_text_prefix(&mut key, text);
                KeyRange::of_prefix(key)
            }
            Condition::In { column, values } if *column == wanted => {
                let mut keys: Vec<_> = values.iter().map(with).collect();
                keys.sort_unstable();
                keys.dedup();
                points = Some(keys.into_iter().map(KeyRange::of_prefix).collect());
                continue;
            }
            Condition::NotNull { column } if *column == wanted => range.clone(),
            _ => continue,
        };
        bounded = true;
        range = KeyRange { from: range.from.max(narrower.from), to: range.to.min(narrower.to) };
    }
    match points {
        Some(mut points) => {
            points.retain(|point| range.from <= point.from && point.to <= range.to);
            Some(points)
        }
        None => bounded.then(|| vec![range]),
    }
}
