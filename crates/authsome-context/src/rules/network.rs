//! Addresses: how far apart two of them are.

use std::net::{IpAddr, Ipv6Addr};

use authsome_core::environment::IpBinding;

/// The network that an address is in: /24 (IPv4) or /64 (IPv6).
#[must_use]
pub fn subnet(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            IpAddr::from([a, b, c, 0])
        }
        IpAddr::V6(ip) => IpAddr::V6(subnet_v6(ip)),
    }
}

/// One origin of requests: an IPv4 address, or an IPv6 network of 2⁶⁴ addresses, which one machine can have.
#[must_use]
pub fn origin(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(subnet_v6(ip)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn subnet_v6(ip: Ipv6Addr) -> Ipv6Addr {
    Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)
}

/// Whether a session that was made from one address may be used from another. False if the binding needs an address
/// that is unknown.
#[must_use]
pub fn may_use(binding: IpBinding, made_from: Option<&str>, used_from: Option<IpAddr>) -> bool {
    let same = |form: fn(IpAddr) -> IpAddr| match (made_from.and_then(|ip| ip.parse().ok()), used_from) {
        (Some(made_from), Some(used_from)) => form(made_from) == form(used_from),
        _ => false,
    };
    match binding {
        IpBinding::Disabled => true,
        IpBinding::Subnet => same(subnet),
        IpBinding::Strict => same(|ip| ip.to_canonical()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(binding: IpBinding, made_from: &str, used_from: &str) -> bool {
        may_use(binding, Some(made_from), Some(used_from.parse().unwrap()))
    }

    #[test]
    fn a_bound_session_is_used_from_where_it_was_made() {
        assert!(may(IpBinding::Strict, "192.0.2.1", "192.0.2.1"));
        assert!(may(IpBinding::Strict, "192.0.2.1", "::ffff:192.0.2.1"));
        assert!(!may(IpBinding::Strict, "192.0.2.1", "192.0.2.2"));
        assert!(may(IpBinding::Subnet, "192.0.2.1", "192.0.2.254"));
        assert!(!may(IpBinding::Subnet, "192.0.2.1", "192.0.3.1"));
        assert!(may(IpBinding::Subnet, "2001:db8::1", "2001:db8::ffff:0:0:1"));
        assert!(!may(IpBinding::Subnet, "2001:db8::1", "2001:db8:0:1::1"));
        assert!(may(IpBinding::Disabled, "192.0.2.1", "198.51.100.1"));
    }

    #[test]
    fn an_unknown_address_is_not_where_a_session_was_made() {
        assert!(!may_use(IpBinding::Subnet, None, None));
        assert!(!may_use(IpBinding::Strict, Some("192.0.2.1"), None));
        assert!(may_use(IpBinding::Disabled, None, None));
    }
}
