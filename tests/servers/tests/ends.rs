//! Servers end within a bound, whatever state they are in: halted, in use, or held by a test that fails.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a suite fails where it meets what it does not expect"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use authsome_test_servers::{Durability, MongoSet, Postgres};

/// What an end may take: the patience with a server that is told to stop, and what a busy machine adds.
const IN_TIME: Duration = Duration::from_secs(20);

/// A process that lives, with the numbers of its children, found in what `ps` lists.
fn family(pid: u32) -> Vec<u32> {
    let output = Command::new("ps").args(["-A", "-o", "pid=,ppid=,stat="]).output().unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    let entries = listed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let living = entries.filter(|fields| !fields[2].starts_with('Z'));
    let numbers = living.map(|fields| (fields[0].parse().unwrap(), fields[1].parse().unwrap()));
    numbers.filter(|(own, parent): &(u32, u32)| *own == pid || *parent == pid).map(|(own, _)| own).collect()
}

fn halt(pids: &[u32]) {
    let pids = pids.iter().map(u32::to_string);
    assert!(Command::new("kill").arg("-STOP").args(pids).status().unwrap().success());
}

/// The folder that a process works in.
fn folder_of(pid: u32) -> PathBuf {
    let output = Command::new("ps").args(["-ww", "-o", "args=", "-p", &pid.to_string()]).output().unwrap();
    let line = String::from_utf8(output.stdout).unwrap();
    let data = line.split_whitespace().find(|word| word.contains("authsome-test-servers-")).unwrap();
    Path::new(data).parent().unwrap().to_owned()
}

/// A connection to PostgreSQL that has logged in, as its protocol's first message asks for.
fn connection(server: &Postgres) -> TcpStream {
    let url = server.url();
    let port = url.rsplit_once(':').unwrap().1.split('/').next().unwrap().parse().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let body = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0";
    let mut message = u32::try_from(body.len() + 4).unwrap().to_be_bytes().to_vec();
    message.extend(body);
    stream.write_all(&message).unwrap();
    let mut answer = [0];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer, *b"R", "everybody is let in");
    stream
}

#[track_caller]
fn ends_in_time(pid: u32, server: impl FnOnce()) {
    let (folder, family) = (folder_of(pid), family(pid));
    assert!(folder.exists() && family.contains(&pid));
    #[expect(clippy::disallowed_methods, reason = "how long an end takes is measured")]
    let start = Instant::now();
    server();
    assert!(start.elapsed() < IN_TIME, "{:?}", start.elapsed());
    assert!(!folder.exists(), "its folder is gone");
    for member in family {
        assert!(self::family(member).is_empty(), "process {member} is left");
    }
}

#[test]
fn a_server_with_open_connections_ends_in_time() {
    let server = Postgres::start(Durability::Fast).unwrap();
    let open = [connection(&server), connection(&server)];
    ends_in_time(server.pid().unwrap(), || drop(server));
    drop(open);
}

#[test]
fn a_halted_server_ends_in_time() {
    let server = Postgres::start(Durability::Fast).unwrap();
    let open = connection(&server);
    let pid = server.pid().unwrap();
    halt(&[pid]);
    ends_in_time(pid, || drop(server));
    drop(open);
}

#[test]
fn a_server_whose_children_are_halted_too_ends_in_time() {
    let server = Postgres::start(Durability::Fast).unwrap();
    let open = connection(&server);
    let pid = server.pid().unwrap();
    halt(&family(pid));
    ends_in_time(pid, || drop(server));
    drop(open);
}

#[test]
fn a_halted_member_of_a_set_ends_in_time() {
    let set = MongoSet::start(1).unwrap();
    let pid = set.pid(0).unwrap();
    halt(&[pid]);
    ends_in_time(pid, || drop(set));
}

#[test]
fn a_server_ends_in_time_where_its_test_panics_inside_of_a_runtime() {
    let server = Postgres::start(Durability::Fast).unwrap();
    let pid = server.pid().unwrap();
    ends_in_time(pid, || {
        let test = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let _open = connection(&server);
                assert!(server.pid().is_none(), "this fails on purpose");
            });
        });
        assert!(test.join().is_err());
    });
}
