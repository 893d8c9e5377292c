//! The record verbs: all that a backend implements for data.
//!
//! Entities ([`crate::entity`]) make requests; a backend carries them out. A request's fields are private to core, so
//! every request has the scope of its entity: the scope's predicates are part of
//! [`predicate`](FindRequest::predicate) before a backend sees it.

mod forward;
mod predicate;
mod request;
mod verbs;

#[doc(hidden)]
pub use async_trait::async_trait;
pub use predicate::{Comparison, Predicate, end_of_prefix};
pub(crate) use request::Reach;
pub(crate) use request::Selection;
pub use request::{
    Change, CountRequest, DeleteRequest, Direction, FindRequest, InsertRequest, MAX_LIMIT, MAX_ROWS, Order, Selected,
    TouchRequest, UpdateRequest, UpsertRequest,
};
pub use verbs::{Records, Row};
