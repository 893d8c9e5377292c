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
    let new = patch.map(|patch| patch.as_ref().map_or_else(|| Ok(Metadata::default()), |patch| metadata.merged(patch)));
    set(metadata, new.transpose().map_err(|error| Error::invalid("metadata", error.to_string()))?.as_ref());
    Ok(())
}
