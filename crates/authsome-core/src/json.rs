//! What JSON values may hold so that every backend gives them back as they were.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// `serde_json` reads an object whose first member has such a name as something else.
const RESERVED: &str = "$serde_json::private::";

/// Whether no member may have this name.
fn is_reserved(name: &str) -> bool {
    name.starts_with(RESERVED)
}

/// How deep arrays and objects are nested: 0 for what is neither.
pub(crate) fn depth(json: &Value) -> usize {
    let inner = match json {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}

/// Whether a member's name or a text is such a one.
fn any(json: &Value, name: fn(&str) -> bool, text: fn(&str) -> bool) -> bool {
    match json {
        Value::String(value) => text(value),
        Value::Array(items) => items.iter().any(|item| any(item, name, text)),
        Value::Object(members) => members.iter().any(|(member, value)| name(member) || any(value, name, text)),
        _ => false,
    }
}

/// Whether it has U+0000.
pub(crate) fn has_nul(json: &Value) -> bool {
    let nul = |text: &str| text.contains('\0');
    any(json, nul, nul)
}

/// Whether a member has a reserved name.
pub(crate) fn has_reserved_name(json: &Value) -> bool {
    any(json, is_reserved, |_| false)
}

/// Any JSON document without a reserved name. It is read before the types that would take such a member for something
/// else.
pub(crate) struct Plain;

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainVisitor)
    }
}

struct PlainVisitor;

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_str<E>(self, _: &str) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Plain, A::Error> {
        while let Some(Plain) = items.next_element()? {}
        Ok(Plain)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Plain, A::Error> {
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            if is_reserved(&name) {
                return Err(A::Error::custom(format_args!("no name begins with `{RESERVED}`")));
            }
            let Plain = members.next_value()?;
        }
        Ok(Plain)
    }
}
