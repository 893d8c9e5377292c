//! Kills, crowds and ends: what was promised holds afterwards.
#![expect(clippy::unwrap_used, reason = "a suite fails where it meets what it does not expect")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use authsome::password::PasswordHash;
use authsome_core::app::AppStore;
use authsome_core::entity::Entity;
use authsome_core::environment::EnvironmentStore;
use authsome_core::user::User;
use authsome_store_sqlite::SqliteStore;
use authsome_tests::client::PASSWORD;
use authsome_tests::flood::Flood;
use authsome_tests::program::{Launch, Server, Starting};
use serde_json::json;
use tempfile::TempDir;

fn folder() -> Arc<TempDir> {
    Arc::new(TempDir::new().unwrap())
}

#[test]
fn whoever_was_told_201_can_sign_in_after_a_kill_in_the_middle_of_a_flood() {
    let server = Server::start();
    let folder = server.folder();
    let flood = Flood::begin(server.client(), true);
    flood.wait_for(25).unwrap();
    server.kill();
    let people = flood.end().unwrap().people;

    let server = Launch::in_folder(Arc::clone(&folder)).start();
    for person in &people {
        let _ = server.client().sign_in(&person.email, PASSWORD).expect(200);
        let _ = server.client().token(&person.token).get("/me").expect(200);
    }
    assert!(server.stop().success());
    let (users, passwords) = counts(&folder);
    assert_eq!(users, passwords, "no user without a password, no password without a user");
    assert!(users >= people.len());
}

/// How many users and how many passwords the database holds.
fn counts(folder: &TempDir) -> (usize, usize) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let url = format!("sqlite:{}", folder.path().join("data/authsome.db").display());
        let store = SqliteStore::connect(&url).await.unwrap();
        let app = store.app_by_slug("default").await.unwrap().unwrap();
        let scope = store.default_environment(app.id).await.unwrap().unwrap().scope();
        let users = User::find(&scope).count(&store).await.unwrap();
        let passwords = PasswordHash::find(&scope).count(&store).await.unwrap();
        (usize::try_from(users).unwrap(), usize::try_from(passwords).unwrap())
    })
}

#[test]
fn two_servers_on_one_file_serve_the_same_people() {
    let first = Server::start();
    let second = Launch::in_folder(first.folder()).start();
    let signed_up = first.client().sign_up("both@two.test").expect(201);
    let _ = second.client().token(&signed_up.session_token()).get("/me").expect(200);
    let refreshed = second.client().post("/refresh", &json!({"refresh_token": signed_up.refresh_token()})).expect(200);
    let _ = first.client().token(&refreshed.session_token()).get("/me").expect(200);

    let statuses = thread::scope(|scope| {
        let clients = [first.client(), second.client()];
        let sign_up = |number: usize| {
            let client = clients[number % 2].clone();
            scope.spawn(move || client.sign_up("race@two.test").status)
        };
        let workers: Vec<_> = (0..10).map(sign_up).collect();
        let mut statuses = BTreeMap::new();
        for worker in workers {
            *statuses.entry(worker.join().unwrap()).or_insert(0) += 1;
        }
        statuses
    });
    assert_eq!(statuses, BTreeMap::from([(201, 1), (409, 9)]), "of ten at once on two servers one gets the address");
}

#[test]
fn ten_servers_started_at_once_on_a_new_file_agree() {
    let folder = folder();
    let starting: Vec<Starting> = (0..10).map(|_| Launch::in_folder(Arc::clone(&folder)).spawn()).collect();
    let servers: Vec<Server> = starting.into_iter().map(Starting::listening).collect();
    let signed_up = servers[0].client().sign_up("ten@ten.test").expect(201);
    for server in &servers {
        let me = server.client().token(&signed_up.session_token()).get("/me").expect(200);
        assert_eq!(me.text("/user/env_id"), signed_up.text("/user/env_id"));
    }
    for server in servers {
        assert!(server.stop().success());
    }
    let listed = authsome_tests::program::run(folder.path(), ["env", "list"]);
    let text = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(text.lines().count(), 4, "a heading and three environments: {text}");
}

/// A sign-up of which the server has read half when this returns, and the other half.
fn half_a_sign_up(server: &Server) -> (TcpStream, String) {
    let body = json!({"email": "flight@end.test", "password": PASSWORD}).to_string();
    let mut stream = TcpStream::connect(server.base().strip_prefix("http://").unwrap()).unwrap();
    let head = format!(
        "POST /v1/auth/signup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let (first, rest) = body.split_at(body.len() / 2);
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(first.as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(300));
    (stream, rest.to_owned())
}

#[test]
fn a_request_in_flight_is_answered_before_the_server_ends() {
    let server = Server::start();
    let (mut stream, rest) = half_a_sign_up(&server);
    server.signal("TERM");
    thread::sleep(Duration::from_millis(300));
    assert!(TcpStream::connect(server.base().strip_prefix("http://").unwrap()).is_err(), "no new connections");
    stream.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(server.end().code(), Some(0));
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    let server = Server::start();
    let (stream, _) = half_a_sign_up(&server);
    server.signal("TERM");
    thread::sleep(Duration::from_millis(300));
    server.signal("TERM");
    assert_eq!(server.end().code(), Some(1));
    drop(stream);
}

#[test]
fn a_server_without_requests_ends_at_once_on_either_signal() {
    for signal in ["TERM", "INT"] {
        let server = Server::start();
        let _ = server.client().sign_up("idle@end.test").expect(201);
        server.signal(signal);
        assert_eq!(server.end().code(), Some(0), "{signal}");
    }
}

#[test]
fn what_was_written_is_there_after_a_restart() {
    let server = Server::start();
    let folder = server.folder();
    let signed_up = server.client().sign_up("restart@end.test").expect(201);
    assert!(server.stop().success());
    let server = Launch::in_folder(folder).start();
    let _ = server.client().token(&signed_up.session_token()).get("/me").expect(200);
    let _ = server.client().post("/refresh", &json!({"refresh_token": signed_up.refresh_token()})).expect(200);
}
