//! The cookie with a session's token, for browsers.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};

use authsome_core::error::Error;
use authsome_core::secret::Token;
use authsome_core::session::Session;
use authsome_core::time::Timestamp;

use crate::origin;

/// The cookie's name and attributes, which follow from the public URL.
///
/// `__Host-` (RFC 6265bis, section 4.1.3.2) binds it to the host and to HTTPS. On plain-http loopback, browsers may
/// refuse that, so it has neither the prefix nor `Secure`. On plain http elsewhere browsers drop it: it must not travel
/// in the clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionCookie {
    secure: bool,
}

impl SessionCookie {
    pub(crate) fn of(public_url: &str) -> Self {
        Self { secure: !origin::is_plain_loopback(public_url) }
    }

    pub(crate) const fn name(self) -> &'static str {
        if self.secure { "__Host-authsome_session" } else { "authsome_session" }
    }

    /// The token in a request's cookie.
    pub(crate) fn read(self, headers: &HeaderMap) -> Option<&str> {
        let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(';')).find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == self.name()).then_some(value)
        })
    }

    /// The header that sets it for as long as the session's token is valid.
    ///
    /// # Errors
    /// `internal` if the token does not fit into a header; our tokens always fit.
    pub(crate) fn set(
        self,
        session: &Session,
        token: &Token,
        now: Timestamp,
    ) -> Result<(HeaderName, HeaderValue), Error> {
        let max_age = session.expires_at.since(now).as_secs();
        let mut value = HeaderValue::try_from(self.text(token.expose(), max_age)).map_err(Error::internal)?;
        value.set_sensitive(true);
        Ok((SET_COOKIE, value))
    }

    /// The header that removes it.
    ///
    /// # Errors
    /// Never: the text is fixed.
    pub(crate) fn clear(self) -> Result<(HeaderName, HeaderValue), Error> {
        let value = HeaderValue::try_from(self.text("", 0)).map_err(Error::internal)?;
        Ok((SET_COOKIE, value))
    }

    fn text(self, value: &str, max_age: u64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_and_the_secure_attribute_follow_from_the_public_url() {
        for (url, name, secure) in [
            ("https://auth.example.com", "__Host-authsome_session", true),
            ("https://localhost:8443", "__Host-authsome_session", true),
            ("http://localhost:8080", "authsome_session", false),
            ("http://127.0.0.1:8080/", "authsome_session", false),
            ("http://[::1]:8080", "authsome_session", false),
            ("http://auth.example.com", "__Host-authsome_session", true),
            ("http://localhost.example.com", "__Host-authsome_session", true),
        ] {
            let cookie = SessionCookie::of(url);
            let text = cookie.clear().unwrap().1.to_str().unwrap().to_owned();
            assert_eq!(cookie.name(), name, "{url}");
            assert_eq!(text.contains("; Secure"), secure, "{url}");
            for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=0"] {
                assert!(text.contains(part), "{text}");
            }
        }
    }

    #[test]
    fn it_is_found_among_others_by_its_whole_name() {
        let cookie = SessionCookie::of("http://localhost");
        let read = |line: &'static str| {
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(line))]);
            cookie.read(&headers).map(str::to_owned)
        };
        assert_eq!(read("a=b; authsome_session=t0ken; c=d").as_deref(), Some("t0ken"));
        assert_eq!(read("x_authsome_session=t0ken"), None);
        assert_eq!(read("authsome_session"), None);
    }
}
