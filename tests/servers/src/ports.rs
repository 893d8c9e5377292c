//! Free ports of 127.0.0.1.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Result, bail};

/// Ports to choose from. They lie below those that systems give to outgoing connections (32768 and up on Linux, 49152 and
/// up elsewhere): on one of those, another connection could sit while its server is down, and a client that tries again
/// and again could even connect to itself.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port on which nothing listens at this moment. Another process may take it before its server does: then take another.
pub(crate) fn free() -> Result<u16> {
    // Processes that run side by side begin at distant places.
    let begin = u16::try_from(std::process::id().wrapping_mul(97) % u32::from(COUNT)).unwrap_or(0);
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let offset = (u32::from(begin) + u32::from(step)) % u32::from(COUNT);
        let port = FIRST.saturating_add(u16::try_from(offset).unwrap_or(0));
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port from {FIRST} to {} is free", FIRST + COUNT - 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_not_given() {
        let first = free().unwrap();
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        for _ in 0..50 {
            let port = free().unwrap();
            assert!(port != first && (FIRST..FIRST + COUNT).contains(&port));
        }
    }
}
