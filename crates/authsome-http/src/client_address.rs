//! The client of a request: its peer, or the client that trusted proxies name.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::header::{FORWARDED, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use authsome_core::error::Error;
use authsome_core::route::Client;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Longest stored user agent, in characters.
const MAX_USER_AGENT: usize = 500;

/// The client of a request. The peer is the [`ConnectInfo`] that the server put into its extensions.
///
/// # Errors
/// `invalid_request` if a trusted proxy's header is unreadable, or if two such headers disagree: then one of them comes
/// from the client.
pub(crate) fn client(parts: &Parts, trusted: &[IpNet]) -> Result<Client, Error> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    let ip = match peer {
        Some(peer) if is_trusted(peer, trusted) => Some(behind(peer, &parts.headers, trusted)?),
        other => other,
    };
    let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    let user_agent = user_agent.map(|text| text.chars().take(MAX_USER_AGENT).collect());
    Ok(Client { ip, user_agent })
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Result<IpAddr, Error> {
    let listed = walk(peer, &elements(headers, &X_FORWARDED_FOR)?, trusted, address)?;
    let forwarded = walk(peer, &elements(headers, &FORWARDED)?, trusted, forwarded_for)?;
    match (listed, forwarded) {
        (Some(listed), Some(forwarded)) if listed != forwarded => {
            Err(Error::invalid("", "X-Forwarded-For and Forwarded disagree"))
        }
        (Some(client), _) | (None, Some(client)) => Ok(client),
        (None, None) => Ok(peer),
    }
}

/// The elements of a list that may be spread over several lines.
fn elements<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Vec<&'a str>, Error> {
    let mut elements = Vec::new();
    for value in headers.get_all(name) {
        let line = value.to_str().map_err(|_| unreadable())?;
        elements.extend(line.split(',').map(str::trim));
    }
    Ok(elements)
}

/// Follows the hops from the peer towards the client, as long as a trusted proxy names the next one. An untrusted hop
/// wrote everything before it, so the walk ends there.
fn walk(
    peer: IpAddr,
    elements: &[&str],
    trusted: &[IpNet],
    parse: fn(&str) -> Option<IpAddr>,
) -> Result<Option<IpAddr>, Error> {
    if elements.is_empty() {
        return Ok(None);
    }
    let mut hop = peer;
    for element in elements.iter().rev() {
        if !is_trusted(hop, trusted) {
            break;
        }
        hop = parse(element).ok_or_else(unreadable)?;
    }
    Ok(Some(hop))
}

fn unreadable() -> Error {
    Error::invalid("", "the proxy's forwarding header is unreadable")
}

/// An address, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let parsed: Option<IpAddr> = bracketed.unwrap_or(text).parse().ok();
    parsed.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip())).map(|ip| ip.to_canonical())
}

/// The address of the `for` parameter (RFC 7239, section 6). Obfuscated and unknown nodes have none.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let node = element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim())
    })?;
    let quoted = node.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    address(quoted.unwrap_or(node))
}

#[cfg(test)]
mod tests {
    use authsome_core::error::Code;

    use super::*;

    fn from(peer: &str, headers: &[(&str, &str)]) -> Result<Option<String>, Code> {
        let mut request = http::Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        client(&parts, &trusted).map(|client| client.ip.map(|ip| ip.to_string())).map_err(|error| error.code())
    }

    fn found(ip: &str) -> Result<Option<String>, Code> {
        Ok(Some(ip.to_owned()))
    }

    #[test]
    fn a_peer_that_is_no_trusted_proxy_is_the_client_whatever_it_says() {
        assert_eq!(from("203.0.113.9", &[("x-forwarded-for", "1.2.3.4")]), found("203.0.113.9"));
        assert_eq!(from("203.0.113.9", &[("forwarded", "garbage")]), found("203.0.113.9"));
        assert_eq!(from("203.0.113.9", &[("x-forwarded-for", "é")]), found("203.0.113.9"));
    }

    #[test]
    fn the_right_most_hop_that_is_not_trusted_is_the_client() {
        for (headers, client) in [
            (vec![], "10.0.0.1"),
            (vec![("x-forwarded-for", "203.0.113.9")], "203.0.113.9"),
            (vec![("x-forwarded-for", "1.2.3.4, 203.0.113.9, 10.9.9.9")], "203.0.113.9"),
            (vec![("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "203.0.113.9")], "203.0.113.9"),
            (vec![("x-forwarded-for", "forged garbage, 203.0.113.9")], "203.0.113.9"),
            (vec![("x-forwarded-for", "10.1.1.1, 10.2.2.2")], "10.1.1.1"),
            (vec![("x-forwarded-for", "203.0.113.9:4711")], "203.0.113.9"),
            (vec![("x-forwarded-for", "::ffff:203.0.113.9")], "203.0.113.9"),
            (vec![("forwarded", "for=192.0.2.60;proto=http;by=203.0.113.43")], "192.0.2.60"),
            (vec![("forwarded", "For=\"[2001:db8:cafe::17]:4711\"")], "2001:db8:cafe::17"),
            (vec![("forwarded", "for=203.0.113.9"), ("x-forwarded-for", "203.0.113.9")], "203.0.113.9"),
        ] {
            assert_eq!(from("10.0.0.1", &headers), found(client), "{headers:?}");
        }
        assert_eq!(from("::ffff:10.0.0.1", &[("x-forwarded-for", "203.0.113.9")]), found("203.0.113.9"));
    }

    #[test]
    fn an_unreadable_header_of_a_trusted_proxy_is_refused_and_so_are_two_that_disagree() {
        for headers in [
            vec![("x-forwarded-for", "garbage")],
            vec![("x-forwarded-for", "")],
            vec![("x-forwarded-for", "1.2.3.4, ")],
            vec![("x-forwarded-for", "é")],
            vec![("forwarded", "for=unknown")],
            vec![("forwarded", "proto=https")],
            vec![("forwarded", "for=1.2.3.4"), ("x-forwarded-for", "203.0.113.9")],
        ] {
            assert_eq!(from("10.0.0.1", &headers), Err(Code::InvalidRequest), "{headers:?}");
        }
    }
}
