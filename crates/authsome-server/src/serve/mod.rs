//! `authsome serve`.

mod connections;
mod descriptors;
mod signals;

use std::io::Write;
use std::net::SocketAddr;

use tokio::net::TcpListener;

pub(crate) use self::connections::serve;
pub(crate) use self::signals::Signals;

use crate::failure::Failure;

/// Binds the port before anything else: a taken port ends the start with nothing done.
pub(crate) async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let failure = |error: std::io::Error| {
        Failure::config(
            format!("cannot listen on {address}: {error}"),
            "stop what uses the port, or give another with --listen (port 0 takes a free one)",
        )
    };
    let listener = TcpListener::bind(address).await.map_err(failure)?;
    let address = listener.local_addr().map_err(failure)?;
    Ok((listener, address))
}

/// The first line on standard output, which says that requests are answered from now on.
pub(crate) fn announce(address: SocketAddr) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "listening on http://{address}").and_then(|()| stdout.flush()).map_err(|error| {
        Failure::run(format!("cannot write to standard output: {error}"), "give the program an open standard output")
    })
}
