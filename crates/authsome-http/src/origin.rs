//! Protection against requests that another site makes a browser send with the cookie (OWASP Cross-Site Request Forgery
//! Prevention Cheat Sheet, "Using Standard Headers to Verify Origin").

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName, Method, Uri};

use authsome_core::error::{Code, Error};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The origins from which browsers may send state-changing requests with the cookie.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    /// Scheme of the public URL.
    scheme: String,
    /// The public URL's origin and the configured ones, in lower case.
    allowed: Vec<String>,
}

impl Origins {
    pub(crate) fn new(public_url: &str, others: &[String]) -> Self {
        let scheme = public_url.split_once("://").map_or("https", |(scheme, _)| scheme).to_ascii_lowercase();
        let allowed = std::iter::once(public_url).chain(others.iter().map(String::as_str));
        Self { scheme, allowed: allowed.filter_map(origin_of).collect() }
    }

    /// Refuses a request that another site made a browser send. A request without `Origin` and without `Sec-Fetch-Site`
    /// does not come from a browser's page.
    ///
    /// # Errors
    /// `forbidden`.
    pub(crate) fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), Error> {
        if method.is_safe() {
            return Ok(());
        }
        let own = match (headers.get(ORIGIN), headers.get(&SEC_FETCH_SITE)) {
            (Some(origin), _) => origin.to_str().is_ok_and(|origin| self.is_own(origin, headers)),
            (None, Some(site)) => site == "same-origin" || site == "none",
            (None, None) => true,
        };
        if own { Ok(()) } else { Err(Error::new(Code::Forbidden, "the request comes from another site")) }
    }

    /// One of the listed origins, or the very host that the request went to, over the public URL's scheme.
    fn is_own(&self, origin: &str, headers: &HeaderMap) -> bool {
        let Some(origin) = origin_of(origin) else {
            return false;
        };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).filter(|host| !host.is_empty());
        let target = host.and_then(|host| origin_of(&format!("{}://{host}", self.scheme)));
        self.allowed.contains(&origin) || target.is_some_and(|target| target == origin)
    }
}

/// Scheme, host and port of a URL, in lower case, without the scheme's own port; `None` without a host.
fn origin_of(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let host = uri.host().filter(|host| !host.is_empty())?.to_ascii_lowercase();
    let port = uri.port_u16().filter(|port| !matches!((scheme.as_str(), port), ("https", 443) | ("http", 80)));
    Some(match port {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

/// Whether the URL is plain http to this very machine.
pub(crate) fn is_plain_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    let host = uri.host().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let local =
        host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    uri.scheme_str() == Some("http") && local
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(method: &Method, headers: &[(&str, &str)]) -> bool {
        let origins = Origins::new("https://Auth.example.com/base", &["https://app.example.com:443".to_owned()]);
        let mut request = http::Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match origins.check(method, request.body(()).unwrap().headers()) {
            Ok(()) => true,
            Err(error) => {
                assert_eq!(error.code(), Code::Forbidden);
                false
            }
        }
    }

    #[test]
    fn a_state_changing_request_from_another_site_is_refused() {
        for headers in [
            vec![("origin", "https://evil.example")],
            vec![("origin", "null")],
            vec![("origin", "")],
            vec![("origin", "é")],
            vec![("origin", "http://auth.example.com")],
            vec![("origin", "https://auth.example.com.evil.example")],
            vec![("origin", "https://auth.example.com:444")],
            vec![("origin", "https://evil.example"), ("host", "auth.example.com")],
            vec![("origin", "http://auth.internal"), ("host", "auth.internal")],
            vec![("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
            vec![("sec-fetch-site", "cross-site")],
            vec![("sec-fetch-site", "same-site")],
        ] {
            assert!(!allowed(&Method::POST, &headers), "{headers:?}");
            assert!(!allowed(&Method::DELETE, &headers), "{headers:?}");
            assert!(allowed(&Method::GET, &headers), "{headers:?}");
        }
    }

    #[test]
    fn one_from_its_own_site_from_a_listed_one_or_from_no_browser_is_let_through() {
        for headers in [
            vec![],
            vec![("origin", "https://auth.example.com")],
            vec![("origin", "https://app.example.com"), ("sec-fetch-site", "cross-site")],
            vec![("origin", "https://auth.internal:8443"), ("host", "auth.internal:8443")],
            vec![("sec-fetch-site", "same-origin")],
            vec![("sec-fetch-site", "none")],
        ] {
            assert!(allowed(&Method::POST, &headers), "{headers:?}");
        }
    }
}
