//! `?limit=` and `?cursor=` of lists.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;

use authsome_core::entity::Page;
use authsome_core::error::{Code, Error};
use authsome_core::route::Request;

/// Which part of a list is wanted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    /// The most items on the page. Default: 50.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// The page that a request asks for, of a list without other parameters.
///
/// # Errors
/// `invalid_request` for a limit outside 1 to 200 or an unknown parameter, `invalid_cursor`.
pub(super) fn page<Id: FromStr>(request: &Request) -> Result<Page<Id>, Error> {
    let query: PageQuery = request.query()?;
    page_of(query.limit, query.cursor.as_deref())
}

/// The page of these parameters.
///
/// # Errors
/// `invalid_request` for a limit outside 1 to 200, `invalid_cursor`.
pub(super) fn page_of<Id: FromStr>(limit: Option<u32>, cursor: Option<&str>) -> Result<Page<Id>, Error> {
    let limit = limit.unwrap_or(Page::<Id>::DEFAULT_LIMIT);
    if !(1..=Page::<Id>::MAX_LIMIT).contains(&limit) {
        return Err(Error::invalid("limit", format!("it must lie between 1 and {}", Page::<Id>::MAX_LIMIT)));
    }
    let invalid =
        |_| Error::new(Code::InvalidCursor, "the cursor does not belong to this list: take it from `next_cursor`");
    let after = cursor.map(|text| text.parse().map_err(invalid)).transpose()?;
    Ok(Page { after, limit })
}
