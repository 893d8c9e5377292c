//! [`Reply`]: the answer of a handler.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use super::body::{BodyStream, Streamed};
use crate::debug::shows_only;
use crate::error::Error;
use crate::plugin::SignedIn;
use crate::secret::Token;
use crate::session::{Session, SessionAnswer, SessionView};
use crate::user::{SignedInView, UserView};

/// The answer of a handler: status, headers, an optional body, and a change of the browser's cookie.
pub struct Reply {
    /// Status.
    pub status: StatusCode,
    /// Headers beyond those that every answer has.
    pub headers: HeaderMap,
    /// Body.
    pub body: ReplyBody,
    /// The change of the cookie with the session's token.
    pub cookie: CookieChange,
}

/// The body of an answer.
pub enum ReplyBody {
    /// None.
    Empty,
    /// A JSON document.
    Json(serde_json::Value),
    /// Bytes of another media type.
    Bytes(HeaderValue, Bytes),
    /// A stream of a media type, sent as it is made.
    Stream(HeaderValue, ReplyStream),
}

/// A stream that an answer sends.
pub struct ReplyStream(Streamed);

impl ReplyStream {
    /// The stream, for whoever sends it.
    #[must_use]
    pub fn into_stream(self) -> Option<BodyStream> {
        self.0.take()
    }
}

/// The change of the cookie with the session's token.
pub enum CookieChange {
    /// It stays as it is.
    Keep,
    /// It gets the session's token.
    Set(Box<Session>, Token),
    /// It gets the session's token if the request carries it.
    Renew(Box<Session>, Token),
    /// It is removed if the request carries it.
    Clear,
}

// A body holds tokens.
shows_only!(Reply { status });

impl Reply {
    /// An answer without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: ReplyBody::Empty, cookie: CookieChange::Keep }
    }

    /// An answer with a JSON body.
    ///
    /// # Errors
    /// `internal` where the body does not serialize.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, Error> {
        let body = ReplyBody::Json(serde_json::to_value(body).map_err(Error::internal)?);
        Ok(Self { body, ..Self::empty(status) })
    }

    /// `{"user", "session"}` with the session's tokens, and the cookie if the request's body asked for it.
    ///
    /// # Errors
    /// `internal` where the body does not serialize.
    pub fn signed_in(status: StatusCode, signed_in: SignedIn, cookie: Option<bool>) -> Result<Self, Error> {
        let session = SessionView::issued(&signed_in);
        let reply = Self::json(status, &SignedInView { user: UserView::from(signed_in.user), session })?;
        Ok(reply.with_cookie(cookie, signed_in.session, signed_in.token))
    }

    /// `{"session"}` with the new tokens of the request's session, also in the cookie if the request carries it.
    ///
    /// # Errors
    /// `internal` where the body does not serialize.
    pub fn renewed(signed_in: SignedIn) -> Result<Self, Error> {
        let reply = Self::json(StatusCode::OK, &SessionAnswer::from(SessionView::issued(&signed_in)))?;
        Ok(reply.with_renewed_cookie(signed_in.session, signed_in.token))
    }

    /// An answer with a body that is sent as it is made. `media_type` is a header's value such as
    /// `application/x-ndjson`.
    #[must_use]
    pub fn stream(status: StatusCode, media_type: &'static str, body: BodyStream) -> Self {
        let body = ReplyBody::Stream(HeaderValue::from_static(media_type), ReplyStream(Streamed::new(body)));
        Self { body, ..Self::empty(status) }
    }

    /// The same answer with a further header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The same answer, with the cookie if the request's body asked for it.
    #[must_use]
    pub fn with_cookie(mut self, wanted: Option<bool>, session: Session, token: Token) -> Self {
        if wanted == Some(true) {
            self.cookie = CookieChange::Set(Box::new(session), token);
        }
        self
    }

    /// The same answer, with the cookie if the request carries it: for a session that got new tokens.
    #[must_use]
    pub fn with_renewed_cookie(mut self, session: Session, token: Token) -> Self {
        self.cookie = CookieChange::Renew(Box::new(session), token);
        self
    }

    /// The same answer, which removes the cookie if the request carries it.
    #[must_use]
    pub fn without_cookie(mut self) -> Self {
        self.cookie = CookieChange::Clear;
        self
    }
}
