//! A PostgreSQL cluster of a test's own.
#![expect(clippy::unwrap_used, reason = "a suite fails where it meets what it does not expect")]

use std::path::Path;
use std::process::Command;

use authsome_test_servers::{Durability, Postgres, locate};

/// What `psql` prints, or nothing where it fails.
fn ask(server: &Postgres, sql: &str) -> Option<String> {
    let mut psql = Command::new(locate::postgres().unwrap().join("psql"));
    let output = psql.args(["-X", "-At", "-v", "ON_ERROR_STOP=1", "-c", sql, &server.url()]).output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

fn lives(pid: u32) -> bool {
    Command::new("kill").args(["-0", &pid.to_string()]).output().unwrap().status.success()
}

#[test]
fn what_was_committed_is_there_after_a_kill_and_nothing_is_there_after_the_end() {
    let mut server = Postgres::start(Durability::Durable).unwrap();
    assert_eq!(ask(&server, "SHOW fsync").unwrap(), "on");
    assert!(ask(&server, "CREATE TABLE t (n int); INSERT INTO t SELECT generate_series(1, 1000)").is_some());
    let folder = ask(&server, "SHOW data_directory").unwrap();
    let (url, killed) = (server.url(), server.pid().unwrap());

    server.kill().unwrap();
    assert!(server.pid().is_none() && !lives(killed));
    assert!(ask(&server, "SELECT 1").is_none());
    server.start_again().unwrap();
    assert_eq!(server.url(), url);
    assert_eq!(ask(&server, "SELECT count(*) FROM t").unwrap(), "1000");

    let pid = server.pid().unwrap();
    drop(server);
    assert!(!lives(pid) && !Path::new(&folder).parent().unwrap().exists());
}

#[test]
fn a_fast_cluster_waits_for_no_disk_and_two_live_side_by_side() {
    let servers = std::thread::scope(|scope| {
        [(); 2]
            .map(|()| scope.spawn(|| Postgres::start(Durability::Fast).unwrap()))
            .map(|thread| thread.join().unwrap())
    });
    assert_ne!(servers[0].url(), servers[1].url());
    for server in &servers {
        assert_eq!(ask(server, "SHOW fsync").unwrap(), "off");
        assert_eq!(ask(server, "SELECT inet_server_addr()").unwrap(), "127.0.0.1");
    }
}
