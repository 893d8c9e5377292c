//! What a service or route answers: a stable code, a public sentence, and a private cause that is only ever logged.

use std::borrow::Cow;
use std::fmt;

use http::StatusCode;

use super::fields::FieldError;
use super::store::{Cause, StoreError};
use crate::debug::shows_only;
use crate::time::{Seconds, Timestamp};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:ident, $title:literal;)*) => {
        /// What went wrong, for programs. Stable: clients decide by it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as it appears in an answer.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The HTTP status that it is answered with.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// The sentence that the code stands for.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// The request does not have the route's form.
    InvalidRequest = "invalid_request", BAD_REQUEST, "The request is not valid";
    /// The password does not meet the environment's policy.
    WeakPassword = "weak_password", BAD_REQUEST, "The password does not meet the policy";
    /// The cursor does not belong to this list.
    InvalidCursor = "invalid_cursor", BAD_REQUEST, "The cursor is not valid";
    /// A mailed token or ticket is wrong, used, expired or another environment's.
    InvalidToken = "invalid_token", BAD_REQUEST, "The token is not valid";
    /// The route needs a credential and none was sent.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Authentication is required";
    /// Unknown account or wrong proof; the error does not say which.
    InvalidCredentials = "invalid_credentials", UNAUTHORIZED, "The credentials are not valid";
    /// The session is unknown in this environment.
    SessionNotFound = "session_not_found", UNAUTHORIZED, "There is no such session";
    /// The session or token existed and is expired.
    TokenExpired = "token_expired", UNAUTHORIZED, "The token is expired";
    /// The credential does not allow this.
    Forbidden = "forbidden", FORBIDDEN, "This is not allowed";
    /// A second factor is needed to complete the sign-in.
    MfaRequired = "mfa_required", FORBIDDEN, "A second factor is required";
    /// The last proof of identity is too old.
    ReauthenticationRequired = "reauthentication_required", FORBIDDEN, "Prove your identity again";
    /// The environment is suspended.
    EnvironmentInactive = "environment_inactive", FORBIDDEN, "The environment is suspended";
    /// The environment does not allow this method of authentication.
    MethodNotAllowedHere = "method_not_allowed_here", FORBIDDEN, "This method is not enabled in this environment";
    /// The environment does not allow self registration.
    RegistrationClosed = "registration_closed", FORBIDDEN, "Registration is closed";
    /// The address must be verified first.
    EmailNotVerified = "email_not_verified", FORBIDDEN, "The e-mail address is not verified";
    /// The user is banned.
    UserBanned = "user_banned", FORBIDDEN, "The user is banned";
    /// It is unknown in this environment.
    NotFound = "not_found", NOT_FOUND, "Not found";
    /// The route does not allow the HTTP method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method is not allowed";
    /// It is in conflict with something that exists.
    Conflict = "conflict", CONFLICT, "It exists already";
    /// The environment is protected from this.
    EnvironmentProtected = "environment_protected", CONFLICT, "The environment is protected";
    /// The body is too large.
    PayloadTooLarge = "payload_too_large", PAYLOAD_TOO_LARGE, "The request is too large";
    /// The body is not JSON.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The media type is not supported";
    /// Too many failed attempts.
    AccountLocked = "account_locked", LOCKED, "The account is locked";
    /// The operation is destructive and must be confirmed.
    ConfirmationRequired = "confirmation_required", FAILED_DEPENDENCY, "Confirmation is required";
    /// Too many requests.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests";
    /// The request took longer than the server allows.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The request took too long";
    /// A header, or the whole of them, is too large.
    HeadersTooLarge = "headers_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large";
    /// Something failed, and the caller cannot mend it.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something failed on our side";
    /// The store is down, or the server is overloaded.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Temporarily unavailable";
}

/// Why a service or route refused a request, or failed.
///
/// `Display` shows only what the caller may see. The cause is behind [`std::error::Error::source`] and is for logs.
pub struct Error {
    code: Code,
    detail: Cow<'static, str>,
    fields: Vec<FieldError>,
    extra: serde_json::Map<String, serde_json::Value>,
    retry_after: Option<Seconds>,
    source: Option<Cause>,
}

impl Error {
    /// An error with this code and a sentence for the caller.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            fields: Vec::new(),
            extra: serde_json::Map::new(),
            retry_after: None,
            source: None,
        }
    }

    /// `invalid_request` for one field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid_fields(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// `invalid_request` for several fields.
    #[must_use]
    pub fn invalid_fields(fields: Vec<FieldError>) -> Self {
        let detail = match fields.first() {
            Some(first) if first.field.is_empty() => first.message.clone(),
            Some(first) => format!("{}: {}", first.field, first.message),
            None => "the request is not valid".to_owned(),
        };
        Self { fields, ..Self::new(Code::InvalidRequest, detail) }
    }

    /// `not_found`.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "it is unknown in this environment")
    }

    /// `session_not_found`, also for a session of another environment.
    #[must_use]
    pub fn session_not_found() -> Self {
        Self::new(Code::SessionNotFound, "the session is unknown here: sign in")
    }

    /// `environment_inactive`.
    #[must_use]
    pub fn suspended() -> Self {
        let detail = "the environment is suspended: sign-in is possible when the suspension ends";
        Self::new(Code::EnvironmentInactive, detail)
    }

    /// `method_not_allowed_here`.
    #[must_use]
    pub fn method_not_enabled() -> Self {
        Self::new(Code::MethodNotAllowedHere, "this method of authentication is not enabled here")
    }

    /// `invalid_token`, for a mailed token or a ticket.
    #[must_use]
    pub fn invalid_token() -> Self {
        Self::new(Code::InvalidToken, "the link or ticket is wrong, used, or too old: ask for a new one")
    }

    /// `internal` with a cause that only the log shows.
    pub fn internal(source: impl Into<Cause>) -> Self {
        Self::new(Code::Internal, "the failure was logged").with_source(source)
    }

    /// The same error with a cause that only the log shows.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Cause>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same error with a further member of the answer. It may be meant only for the caller, such as a ticket.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<serde_json::Value>) -> Self {
        self.extra.insert(member.to_owned(), value.into());
        self
    }

    /// The same error, saying when to try again.
    #[must_use]
    pub fn retry_after(mut self, after: Seconds) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// `account_locked` until a moment.
    #[must_use]
    pub fn locked_until(until: Timestamp, now: Timestamp) -> Self {
        let seconds = u32::try_from(until.since(now).as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
        Self::new(Code::AccountLocked, "too many failed attempts: try again later").retry_after(Seconds(seconds.max(1)))
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The sentence for the caller.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What is wrong with which field.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// Further members of the answer.
    #[must_use]
    pub const fn extra(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.extra
    }

    /// When to try again.
    #[must_use]
    pub const fn retry(&self) -> Option<Seconds> {
        self.retry_after
    }

    /// The store's error behind this one.
    #[must_use]
    pub fn store_error(&self) -> Option<&StoreError> {
        self.source.as_ref().and_then(|source| source.downcast_ref())
    }
}

// Further members of the answer may be secrets.
shows_only!(Error { code, detail, fields, source });

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl From<StoreError> for Error {
    /// A store that is down is `unavailable`, never a refusal; an unexpected error is `internal`.
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::NotFound { .. } => Self::not_found().with_source(error),
            StoreError::Conflict { .. } => Self::new(Code::Conflict, "it exists already").with_source(error),
            StoreError::Reference { .. } => {
                Self::new(Code::Conflict, "something that it refers to is gone").with_source(error)
            }
            StoreError::Invalid { what, why } => {
                let field = what.rsplit('.').next().unwrap_or(what).to_owned();
                Self::invalid(field, *why).with_source(error)
            }
            StoreError::Unavailable { .. } | StoreError::Aborted { .. } => {
                let detail = if error.is_transient() {
                    "too many requests change this at once: try again"
                } else {
                    "the store cannot be reached: try again"
                };
                Self::new(Code::Unavailable, detail).retry_after(Seconds(1)).with_source(error)
            }
            StoreError::Corrupt { .. } | StoreError::Backend { .. } => Self::internal(error),
        }
    }
}

impl From<crate::entropy::EntropyError> for Error {
    fn from(error: crate::entropy::EntropyError) -> Self {
        Self::internal(error)
    }
}
