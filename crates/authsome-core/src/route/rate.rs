//! [`RateClass`]: how often a route may be called.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde::de::DeserializeOwned;

use super::bearing::Read;
use super::request::json;
use crate::error::Error;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// A limit: so many requests in a window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// How many, at least 1.
    pub most: u32,
    /// In how much time, at least a second. Windows begin at whole multiples of it.
    pub window: Duration,
}

impl RateLimit {
    /// So many a minute.
    #[must_use]
    pub const fn per_minute(most: u32) -> Self {
        Self { most, window: MINUTE }
    }

    /// So many an hour.
    #[must_use]
    pub const fn per_hour(most: u32) -> Self {
        Self { most, window: HOUR }
    }
}

/// How often routes may be called: those of one class are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateClass {
    /// Name, unique among the classes of an engine, at most 32 characters. A plugin's begins with the plugin's name.
    pub name: &'static str,
    /// The limit on a client's address. Without one, that of [`RateClass::OTHER`] holds.
    pub address: Option<RateLimit>,
    /// The limit on a request's subject: an account, a mailbox, a session.
    pub subject: Option<RateLimit>,
}

impl RateClass {
    /// 10 a minute an account and 60 a minute an address.
    pub const SIGN_IN: Self =
        Self { name: "sign_in", address: Some(RateLimit::per_minute(60)), subject: Some(RateLimit::per_minute(10)) };
    /// 10 a minute an address and 5 an hour a mailbox.
    pub const MAIL: Self =
        Self { name: "mail", address: Some(RateLimit::per_minute(10)), subject: Some(RateLimit::per_hour(5)) };
    /// 60 a minute a session.
    pub const REFRESH: Self = Self { name: "refresh", address: None, subject: Some(RateLimit::per_minute(60)) };
    /// 600 a minute an address.
    pub const OTHER: Self = Self { name: "other", address: Some(RateLimit::per_minute(600)), subject: None };

    /// Whether it is valid.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let mut limits = [self.address, self.subject].into_iter().flatten();
        (1..=32).contains(&self.name.len()) && limits.all(|limit| limit.most >= 1 && limit.window.as_secs() >= 1)
    }

    /// The classes of core.
    pub const CORE: [Self; 4] = [Self::SIGN_IN, Self::MAIL, Self::REFRESH, Self::OTHER];
}

/// The subject that a request is counted on beside its address.
#[derive(Clone)]
pub enum RateSubject {
    /// None, or one that only the handler knows.
    None,
    /// The user, key or administrator who makes it.
    Principal,
    /// A name in its body.
    Body(BodySubject),
}

impl fmt::Debug for RateSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Principal => "Principal",
            Self::Body(_) => "Body",
        })
    }
}

/// Reads a request's subject from its body.
#[derive(Clone)]
pub struct BodySubject(Arc<Read<Option<String>>>);

impl BodySubject {
    pub(super) fn new<T: DeserializeOwned + 'static>(subject: fn(&T) -> Option<String>) -> Self {
        Self(Arc::new(move |headers: &HeaderMap, body: &Bytes| Ok(subject(&json::<T>(headers, body)?))))
    }

    /// The subject in a body, if it has one.
    ///
    /// # Errors
    /// Those of [`Request::json`](super::Request::json).
    pub fn read(&self, headers: &HeaderMap, body: &Bytes) -> Result<Option<String>, Error> {
        (self.0)(headers, body)
    }
}
