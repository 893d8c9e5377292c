//! [`Predicate`]s as filters. Values stand behind an operator of ours, so a value is never read as an operator.

use authsome_core::records::{Comparison, Direction, FindRequest, Predicate, end_of_prefix};
use authsome_core::value::Value;
use mongodb::bson::{Bson, Document, doc};

use crate::row::encode;

/// The filter of a predicate.
pub(crate) fn filter(predicate: &Predicate) -> Document {
    match predicate {
        Predicate::All(parts) if parts.is_empty() => doc! {},
        Predicate::All(parts) => doc! {"$and": filters(parts)},
        Predicate::Any(parts) if parts.is_empty() => nothing(),
        Predicate::Any(parts) => doc! {"$or": filters(parts)},
        Predicate::Compare { column, comparison, value } => doc! {*column: compare(*comparison, operand(value))},
        Predicate::In { values, .. } if values.is_empty() => nothing(),
        Predicate::In { column, values } => {
            doc! {*column: {"$in": values.iter().map(operand).collect::<Vec<_>>()}}
        }
        Predicate::StartsWith { column, prefix } => match end_of_prefix(prefix) {
            Some(end) => doc! {*column: {"$gte": prefix, "$lt": end}},
            None => doc! {*column: {"$gte": prefix}},
        },
        Predicate::IsNull { column } => doc! {*column: {"$eq": Bson::Null}},
        Predicate::IsNotNull { column } => doc! {*column: {"$exists": true}},
    }
}

fn filters(parts: &[Predicate]) -> Vec<Document> {
    parts.iter().map(filter).collect()
}

/// The server sees that this is empty and reads nothing.
fn nothing() -> Document {
    doc! {"_id": {"$in": []}}
}

/// Core compares with no null.
fn operand(value: &Value) -> Bson {
    encode(value).unwrap_or(Bson::Null)
}

fn compare(comparison: Comparison, value: Bson) -> Document {
    match comparison {
        Comparison::Equal => doc! {"$eq": value},
        // To MongoDB, a missing field is unequal to everything.
        Comparison::NotEqual => doc! {"$ne": value, "$exists": true},
        Comparison::Less => doc! {"$lt": value},
        Comparison::LessOrEqual => doc! {"$lte": value},
        Comparison::Greater => doc! {"$gt": value},
        Comparison::GreaterOrEqual => doc! {"$gte": value},
    }
}

/// The order of the rows; `None` for at most one row.
pub(crate) fn sort(request: &FindRequest) -> Option<Document> {
    let direction = match request.order().direction {
        Direction::Ascending => 1,
        Direction::Descending => -1,
    };
    let sort: Document =
        request.sorted_by().into_iter().map(|column| (column.to_owned(), Bson::Int32(direction))).collect();
    (!sort.is_empty()).then_some(sort)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_an_operator_is_a_value() {
        let text = Value::Text("$ne".to_owned());
        let equal = Predicate::Compare { column: "code", comparison: Comparison::Equal, value: text.clone() };
        assert_eq!(filter(&equal), doc! {"code": {"$eq": "$ne"}});
        assert_eq!(filter(&Predicate::In { column: "code", values: vec![text] }), doc! {"code": {"$in": ["$ne"]}});
    }

    #[test]
    fn no_alternative_means_no_row() {
        assert_eq!(filter(&Predicate::Any(Vec::new())), nothing());
        assert_eq!(filter(&Predicate::In { column: "code", values: Vec::new() }), nothing());
        assert_eq!(filter(&Predicate::All(Vec::new())), doc! {});
    }
}
