//! Applying a merge patch (RFC 7396) field by field: `None` leaves a value.

use authsome_core::error::Error;
use authsome_core::metadata::Metadata;
use serde_json::{Map, Value};

/// Gives a field the new value, if there is one.
pub(crate) fn set<T: Clone>(field: &mut T, new: Option<&T>) {
    if let Some(new) = new {
        field.clone_from(new);
    }
}

/// Merges a patch into metadata; `Some(None)` removes all of it.
pub(crate) fn merge(metadata: &mut Metadata, patch: Option<&Option<Map<String, Value>>>) -> Result<(), Error> {
    *metadata = match patch {
        None => return Ok(()),
        Some(None) => Metadata::default(),
        Some(Some(patch)) => metadata.merged(patch).map_err(|error| Error::invalid("metadata", error.to_string()))?,
    };
    Ok(())
}
