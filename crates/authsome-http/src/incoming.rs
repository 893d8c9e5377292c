//! [`Incoming`]: the body of a request, which is read when it is needed.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use authsome_core::error::{Code, Error};
use authsome_core::route::{BodyCredential, BodyCredentialKind};
use authsome_core::secret::Token;

/// The body of a request. A handler's is read once the request was let through; one with a credential before that, since
/// the credential says where the request acts.
pub(crate) struct Incoming<'a> {
    state: State,
    limit: usize,
    /// Whether it is being read.
    reading: &'a AtomicBool,
}

enum State {
    Unread(Body),
    Read(Result<(Bytes, BodyCredentialKind, Token), Error>),
}

impl<'a> Incoming<'a> {
    /// A body of at most `limit` bytes. `reading` says whether it is being read.
    pub(crate) const fn new(body: Body, limit: usize, reading: &'a AtomicBool) -> Self {
        Self { state: State::Unread(body), limit, reading }
    }

    /// The same body, read, with the credential in it. Where the route does not take it, it has none, and is refused when
    /// it is asked for.
    pub(crate) async fn bearing(self, credential: &BodyCredential, headers: &HeaderMap) -> Self {
        let Self { limit, reading, .. } = self;
        let read = self.bytes().await.and_then(|bytes| {
            let token = credential.read(headers, &bytes)?;
            Ok((bytes, credential.kind(), token))
        });
        Self { state: State::Read(read), limit, reading }
    }

    pub(crate) fn credential(&self) -> Option<(BodyCredentialKind, &Token)> {
        match &self.state {
            State::Read(Ok((_, kind, token))) => Some((*kind, token)),
            State::Read(Err(_)) | State::Unread(_) => None,
        }
    }

    /// The whole body.
    ///
    /// # Errors
    /// `payload_too_large`; `invalid_request` where it cannot be read; what a body with a credential is refused with.
    pub(crate) async fn bytes(self) -> Result<Bytes, Error> {
        let body = match self.state {
            State::Unread(body) => body,
            State::Read(read) => return read.map(|(bytes, ..)| bytes),
        };
        self.reading.store(true, Ordering::Relaxed);
        let collected = Limited::new(body, self.limit).collect().await;
        self.reading.store(false, Ordering::Relaxed);
        match collected {
            Ok(collected) => Ok(collected.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(Error::new(Code::PayloadTooLarge, format!("a body has at most {} bytes", self.limit)))
            }
            Err(error) => Err(Error::invalid("", "the body could not be read").with_source(error)),
        }
    }
}
