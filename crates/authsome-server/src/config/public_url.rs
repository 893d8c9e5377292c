//! The URL that links in mails begin with.

use axum::http::Uri;

use crate::failure::Failure;

/// The URL without a slash at its end, if a link can begin with it.
pub(super) fn checked(text: &str) -> Result<String, Failure> {
    let usable = |uri: &Uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
            && uri.query().is_none()
    };
    match text.parse::<Uri>() {
        Ok(uri) if usable(&uri) && !text.contains('#') => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err(Failure::config(
            "the public URL cannot begin a link",
            "give http:// or https:// and a host, such as --public-url https://auth.example.com",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_has_a_scheme_and_a_host_and_no_query() {
        assert_eq!(checked("https://auth.example.com/").unwrap(), "https://auth.example.com");
        for text in ["", "auth.example.com", "ftp://a", "https://", "https://u:p@a", "https://a?b", "https://a#b", "/a"]
        {
            assert!(checked(text).is_err(), "{text}");
        }
    }
}
