//! What a request confirms.

use authsome_core::confirmation::{CONFIRM_HEADER, Confirm};
use authsome_core::route::Request;

/// What a request confirms. A header that is sent more than once, or is no text, confirms nothing.
pub(super) fn confirm(request: &Request) -> Confirm {
    let mut values = request.headers.get_all(CONFIRM_HEADER).into_iter();
    match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
        (Some(text), None) => Confirm::from_text(text),
        _ => Confirm::NOTHING,
    }
}
