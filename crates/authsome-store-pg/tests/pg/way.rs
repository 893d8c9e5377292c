//! A way to a server on which connections break.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use authsome_store_pg::{PgBuilder, PgStore};

use crate::common::Scratch;

/// What becomes of connections on a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weather {
    /// They are carried.
    Fair,
    /// What is sent is swallowed; nothing is closed.
    Silent,
    /// They are closed, new ones at once.
    Closed,
    /// They are closed with this as the last answer, new ones when something was asked.
    Answering(&'static [u8]),
}

struct State {
    weather: Weather,
    /// How often it changed. A connection that was opened before the last time is not carried.
    turns: u32,
    /// The callers' ends of those that are carried, and the server's.
    open: Vec<(TcpStream, TcpStream)>,
    /// What fell silent, and stays so.
    silent: Vec<TcpStream>,
}

/// A way to the server of a database.
pub(crate) struct Way {
    url: String,
    state: Arc<Mutex<State>>,
}

impl Way {
    pub(crate) fn to(scratch: &Scratch) -> Self {
        let (_, address) = scratch.url.split_once('@').unwrap();
        let (server, _) = address.split_once('/').unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = scratch.url.replace(server, &listener.local_addr().unwrap().to_string());
        let state =
            Arc::new(Mutex::new(State { weather: Weather::Fair, turns: 0, open: Vec::new(), silent: Vec::new() }));
        let way = Self { url, state: Arc::clone(&state) };
        let server = server.to_owned();
        thread::spawn(move || {
            for client in listener.incoming() {
                meet(client.unwrap(), &server, &state);
            }
        });
        way
    }

    /// A store on it that waits so long for a connection.
    pub(crate) fn store(&self, acquire_timeout: Duration) -> PgBuilder {
        PgStore::builder(&self.url).acquire_timeout(acquire_timeout)
    }

    /// Has what is open and what is opened from now on meet this. What was opened before stays of no use when it is fair
    /// again.
    pub(crate) fn turn(&self, weather: Weather) {
        let mut state = self.state.lock().unwrap();
        (state.weather, state.turns) = (weather, state.turns + 1);
        let open = std::mem::take(&mut state.open);
        if weather == Weather::Silent {
            state.silent.extend(open.into_iter().flat_map(|(client, server)| [client, server]));
            return;
        }
        for (mut client, server) in open {
            if let Weather::Answering(bytes) = weather {
                let _ = client.write_all(bytes);
            }
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        }
    }
}

fn meet(mut client: TcpStream, server: &str, state: &Arc<Mutex<State>>) {
    let mut met = state.lock().unwrap();
    match met.weather {
        Weather::Fair => {
            let server = TcpStream::connect(server).unwrap();
            for (from, to) in [(&client, &server), (&server, &client)] {
                let (from, to, opened) = (from.try_clone().unwrap(), to.try_clone().unwrap(), met.turns);
                let state = Arc::clone(state);
                thread::spawn(move || carry(from, to, opened, &state));
            }
            met.open.push((client, server));
        }
        Weather::Silent => met.silent.push(client),
        Weather::Closed => {}
        Weather::Answering(bytes) => {
            let mut asked = [0; 1024];
            let _ = client.read(&mut asked);
            let _ = client.write_all(bytes);
            // What a caller says to the answer is read, so that it reads the answer and not that nobody listens.
            let _ = client.shutdown(Shutdown::Write);
            thread::spawn(move || while matches!(client.read(&mut asked), Ok(1..)) {});
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, opened: u32, state: &Mutex<State>) {
    let is_carried = || state.lock().unwrap().turns == opened;
    let mut bytes = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if is_carried() && to.write_all(&bytes[..read]).is_err() {
            return;
        }
    }
    if is_carried() {
        let _ = to.shutdown(Shutdown::Both);
    }
}
