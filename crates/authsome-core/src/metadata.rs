//! [`Metadata`]: what applications attach to users, organizations and environments.

use serde::{Deserialize, Deserializer, Serialize};

use crate::json;

/// A JSON object of at most 64 keys and 16 KiB, nested at most 32 deep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Metadata(serde_json::Map<String, serde_json::Value>);

/// The object is not valid metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "metadata has at most 64 keys and 16384 bytes as JSON, is nested at most 32 deep, and has no U+0000 and no name \
     that `serde_json` reserves"
)]
pub struct MetadataError;

impl Metadata {
    /// Most keys of the object itself.
    pub const MAX_KEYS: usize = 64;
    /// Most bytes as JSON.
    pub const MAX_BYTES: usize = 16_384;

    /// Takes an object.
    ///
    /// # Errors
    /// [`MetadataError`] if it is too large or too deep, or has U+0000 or a name that `serde_json` reserves.
    pub fn new(object: serde_json::Map<String, serde_json::Value>) -> Result<Self, MetadataError> {
        let length = serde_json::to_string(&object).map_err(|_| MetadataError)?.len();
        let fits = object.len() <= Self::MAX_KEYS && length <= Self::MAX_BYTES;
        if fits && json::fault_of_object(&object, 0).is_none() { Ok(Self(object)) } else { Err(MetadataError) }
    }

    /// The object.
    #[must_use]
    pub const fn as_object(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.0
    }

    /// The object after a merge patch (RFC 7396).
    ///
    /// # Errors
    /// [`MetadataError`] if the result is not valid metadata.
    pub fn merged(&self, patch: &serde_json::Map<String, serde_json::Value>) -> Result<Self, MetadataError> {
        let mut object = self.0.clone();
        merge_patch(&mut object, patch);
        Self::new(object)
    }
}

/// Applies a JSON merge patch (RFC 7396) to an object.
pub fn merge_patch(
    target: &mut serde_json::Map<String, serde_json::Value>,
    patch: &serde_json::Map<String, serde_json::Value>,
) {
    for (key, value) in patch {
        match value {
            serde_json::Value::Null => {
                target.remove(key);
            }
            serde_json::Value::Object(inner) => {
                let entry = target.entry(key.clone()).or_insert_with(|| serde_json::Value::Object(Default::default()));
                if !entry.is_object() {
                    *entry = serde_json::Value::Object(Default::default());
                }
                if let Some(object) = entry.as_object_mut() {
                    merge_patch(object, inner);
                }
            }
            other => {
                target.insert(key.clone(), other.clone());
            }
        }
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(serde_json::Map::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

crate::value::json_schema!(Metadata, "Metadata", {"type": "object", "maxProperties": 64});

#[cfg(test)]
mod tests {
    use super::*;

    fn object(json: serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
        match json {
            serde_json::Value::Object(object) => object,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn a_merge_patch_follows_the_examples_of_rfc_7396() {
        for (target, patch, result) in [
            (serde_json::json!({"a": "b"}), serde_json::json!({"a": "c"}), serde_json::json!({"a": "c"})),
            (serde_json::json!({"a": "b", "b": "c"}), serde_json::json!({"a": null}), serde_json::json!({"b": "c"})),
            (
                serde_json::json!({"a": {"b": "c"}}),
                serde_json::json!({"a": {"b": "d", "c": null}}),
                serde_json::json!({"a": {"b": "d"}}),
            ),
            (
                serde_json::json!({}),
                serde_json::json!({"a": {"bb": {"ccc": null}}}),
                serde_json::json!({"a": {"bb": {}}}),
            ),
        ] {
            let mut merged = object(target);
            merge_patch(&mut merged, &object(patch));
            assert_eq!(serde_json::Value::Object(merged), result);
        }
    }

    #[test]
    fn too_many_keys_and_too_many_bytes_are_refused() {
        let many = (0..65).map(|n| (n.to_string(), serde_json::Value::Null)).collect();
        assert_eq!(Metadata::new(many), Err(MetadataError));
        assert_eq!(Metadata::new(object(serde_json::json!({"a": "x".repeat(16_384)}))), Err(MetadataError));
        assert_eq!(Metadata::new(object(serde_json::json!({"a": "\0"}))), Err(MetadataError));
        assert_eq!(Metadata::new(object(serde_json::json!({"a": {"\0": 1}}))), Err(MetadataError));
        assert!(Metadata::new(object(serde_json::json!({"a": "\\u0000"}))).is_ok());
    }

    #[test]
    fn what_is_nested_deeper_than_a_column_takes_is_refused() {
        let nested = |depth| (1..depth).fold(serde_json::json!({}), |inner, _| serde_json::json!({"a": inner}));
        assert!(Metadata::new(object(nested(32))).is_ok());
        assert_eq!(Metadata::new(object(nested(33))), Err(MetadataError));
    }

    #[test]
    fn names_that_would_be_read_as_something_else_are_refused() {
        for name in ["$serde_json::private::RawValue", "$serde_json::private::Number"] {
            for value in [serde_json::json!({name: "1"}), serde_json::json!({"a": [{"b": 1, name: "1"}]})] {
                assert_eq!(Metadata::new(object(value)), Err(MetadataError), "{name}");
            }
        }
    }
}
