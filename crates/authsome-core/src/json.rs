//! The limits of JSON values, so that every backend returns them unchanged.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// `serde_json` gives an object a special meaning if its first member has such a name.
const RESERVED: &str = "$serde_json::private::";

/// Whether this name is reserved.
fn is_reserved(name: &str) -> bool {
    name.starts_with(RESERVED)
}

/// Greatest depth of arrays and objects in each other.
const MAX_DEPTH: usize = 32;

/// What is wrong with a text or a name.
pub(crate) fn text_fault(text: &str) -> Option<&'static str> {
    text.contains('\0').then_some("it contains U+0000")
}

/// What is wrong with a document at this depth in another one.
pub(crate) fn fault(json: &Value, depth: usize) -> Option<&'static str> {
    match json {
        Value::String(text) => text_fault(text),
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => Some("it is nested too deeply"),
        Value::Array(items) => items.iter().find_map(|item| fault(item, depth + 1)),
        Value::Object(members) => fault_of_object(members, depth),
        _ => None,
    }
}

/// What is wrong with an object at this depth in another document.
pub(crate) fn fault_of_object(object: &Map<String, Value>, depth: usize) -> Option<&'static str> {
    object.iter().find_map(|(name, value)| match is_reserved(name) {
        true => Some("a member has a reserved name"),
        false => text_fault(name).or_else(|| fault(value, depth + 1)),
    })
}

/// Any JSON document without a reserved name. It is read before types that would misread such a member.
pub(crate) struct Plain;

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainVisitor)
    }
}

struct PlainVisitor;

/// Takes every value of these types.
macro_rules! any {
    ($($visit:ident: $scalar:ty),*) => {$(
        fn $visit<E>(self, _: $scalar) -> Result<Plain, E> {
            Ok(Plain)
        }
    )*};
}

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Plain, E> {
        Ok(Plain)
    }

    any!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Plain, A::Error> {
        while let Some(Plain) = items.next_element()? {}
        Ok(Plain)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Plain, A::Error> {
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            if is_reserved(&name) {
                return Err(A::Error::custom(format_args!("names that begin with `{RESERVED}` are reserved")));
            }
            let Plain = members.next_value()?;
        }
        Ok(Plain)
    }
}
