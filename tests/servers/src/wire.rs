//! Commands to one `mongod`, as messages of MongoDB's wire protocol.
//!
//! A driver picks servers, waits and tries again; whoever sets up and breaks a set wants one answer of one server.
//! Source: <https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/>, `OP_MSG`.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bson::{Bson, Document};

/// Number of `OP_MSG`.
const OP_MSG: i32 = 2013;
/// Length of the header of every message, in bytes.
const HEADER: usize = 16;
/// What precedes the document in an `OP_MSG` with one section: its flags, four bytes, and the section's kind, one.
const PREFIX: usize = 5;
/// The longest message that servers send, in bytes.
const LONGEST: usize = 48_000_000;

const CONNECT: Duration = Duration::from_secs(2);
const ANSWER: Duration = Duration::from_secs(30);

/// Sends a command to the server on a port of 127.0.0.1, and gives its answer.
///
/// # Errors
/// Where the server is not reached, breaks off, or answers with an error.
pub(crate) fn command(port: u16, command: &Document) -> Result<Document> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, CONNECT).context("mongod is not reached")?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.set_write_timeout(Some(ANSWER))?;
    stream.write_all(&message(command)?).context("mongod broke off")?;

    let mut header = [0; HEADER];
    stream.read_exact(&mut header).context("mongod broke off")?;
    let [a, b, c, d, _, _, _, _, _, _, _, _, e, f, g, h] = header;
    let length = usize::try_from(i32::from_le_bytes([a, b, c, d])).unwrap_or(0);
    if !(HEADER + PREFIX..=LONGEST).contains(&length) || i32::from_le_bytes([e, f, g, h]) != OP_MSG {
        bail!("mongod answered with a message of another kind");
    }
    let mut body = vec![0; length - HEADER];
    stream.read_exact(&mut body).context("mongod broke off")?;
    let answer = Document::from_reader(body.get(PREFIX..).unwrap_or_default()).context("mongod's answer is no BSON")?;
    let ok = match answer.get("ok") {
        Some(Bson::Double(ok)) => *ok > 0.0,
        Some(Bson::Int32(ok)) => *ok == 1,
        _ => false,
    };
    if !ok {
        bail!("mongod refused: {}", answer.get_str("errmsg").unwrap_or("it did not say why"));
    }
    Ok(answer)
}

fn message(command: &Document) -> Result<Vec<u8>> {
    let document = command.to_vec().context("a command is BSON")?;
    let length = i32::try_from(HEADER + PREFIX + document.len()).context("a command is short")?;
    let (request, response_to, flags) = (1_i32, 0_i32, 0_i32);
    let mut message = Vec::new();
    for number in [length, request, response_to, OP_MSG, flags] {
        message.extend(number.to_le_bytes());
    }
    message.push(0);
    message.extend(document);
    Ok(message)
}
