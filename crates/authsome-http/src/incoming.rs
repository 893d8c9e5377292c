//! [`Incoming`]: the body of a request, read when it is needed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::StreamExt;
use http::HeaderMap;
use http_body_util::{BodyDataStream, BodyExt, LengthLimitError, Limited};

use authsome_core::error::{Code, Error};
use authsome_core::route::{BodyCredential, BodyStream, CredentialKind};
use authsome_core::secret::Token;

/// The body of a request. It is read after the guard; a body with a credential is read before, since the credential
/// says where the request acts.
pub(crate) struct Incoming<'a> {
    state: State,
    limit: usize,
    /// Whether it is being read.
    reading: &'a AtomicBool,
}

enum State {
    Unread(Body),
    Read(Result<(Bytes, Option<(CredentialKind, Token)>), Error>),
}

impl<'a> Incoming<'a> {
    /// A body of at most `limit` bytes. `reading` says whether it is being read.
    pub(crate) const fn new(body: Body, limit: usize, reading: &'a AtomicBool) -> Self {
        Self { state: State::Unread(body), limit, reading }
    }

    /// The same body, read, with the credential in it. A body that its route refuses has no credential, and reading it
    /// gives the refusal.
    pub(crate) async fn bearing(self, credential: &BodyCredential, headers: &HeaderMap) -> Self {
        let Self { limit, reading, .. } = self;
        let read = self.bytes().await.and_then(|bytes| {
            let token = credential.read(headers, &bytes)?;
            Ok((bytes, token.map(|token| (credential.kind(), token))))
        });
        Self { state: State::Read(read), limit, reading }
    }

    pub(crate) fn credential(&self) -> Option<(CredentialKind, &Token)> {
        match &self.state {
            State::Read(Ok((_, credential))) => credential.as_ref().map(|(kind, token)| (*kind, token)),
            State::Read(Err(_)) | State::Unread(_) => None,
        }
    }

    /// The whole body.
    ///
    /// # Errors
    /// `payload_too_large`; `invalid_request` for an unreadable body; the refusal of a body with a credential.
    pub(crate) async fn bytes(self) -> Result<Bytes, Error> {
        let body = match self.state {
            State::Unread(body) => body,
            State::Read(read) => return read.map(|(bytes, ..)| bytes),
        };
        self.reading.store(true, Ordering::Relaxed);
        let collected = Limited::new(body, self.limit).collect().await;
        self.reading.store(false, Ordering::Relaxed);
        collected.map(http_body_util::Collected::to_bytes).map_err(|error| refused(error, self.limit))
    }

    /// The parts of the body as they come in, each within `patience` of the previous one.
    pub(crate) fn stream(self, patience: Duration) -> BodyStream {
        let limit = self.limit;
        let body = match self.state {
            State::Unread(body) => body,
            State::Read(read) => return futures::stream::iter([read.map(|(bytes, _)| bytes)]).boxed(),
        };
        let parts = BodyDataStream::new(Limited::new(body, limit));
        let next = move |parts: Option<BodyDataStream<Limited<Body>>>| async move {
            let mut parts = parts?;
            match tokio::time::timeout(patience, parts.next()).await {
                Ok(Some(Ok(bytes))) => Some((Ok(bytes), Some(parts))),
                Ok(Some(Err(error))) => Some((Err(refused(error, limit)), None)),
                Ok(None) => None,
                Err(_) => Some((Err(Error::new(Code::RequestTimeout, "the body did not arrive in time")), None)),
            }
        };
        futures::stream::unfold(Some(parts), next).boxed()
    }
}

fn refused(error: Box<dyn std::error::Error + Send + Sync>, limit: usize) -> Error {
    if error.is::<LengthLimitError>() {
        Error::new(Code::PayloadTooLarge, format!("a body has at most {limit} bytes"))
    } else {
        Error::invalid("", "the body could not be read").with_source(error)
    }
}
