//! Bodies that are streamed.

use std::sync::Mutex;

use bytes::Bytes;
use futures::stream::BoxStream;

use crate::error::Error;

/// The parts of a body, one after another. An error ends it early: a request's body is too long (`payload_too_large`),
/// slow or cut off, or an answer's body could not be made.
pub type BodyStream = BoxStream<'static, Result<Bytes, Error>>;

/// A stream that waits to be taken.
pub(super) struct Streamed(Mutex<Option<BodyStream>>);

impl Streamed {
    pub(super) fn new(stream: BodyStream) -> Self {
        Self(Mutex::new(Some(stream)))
    }

    pub(super) fn take(self) -> Option<BodyStream> {
        self.0.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
