//! The database goes away and comes back: until then every request that needs it is told so in time, and never that a
//! credential is wrong; afterwards everything works again, and no server was started anew for it.
//!
//! | backend | what goes away here |
//! |---|---|
//! | PostgreSQL | the server, killed |
//! | MongoDB | the only member of the replica set, killed |
//! | SQLite | the right to write, held by another process |
//! | memory | nothing: it is the process |
#![expect(clippy::panic, clippy::unwrap_used, reason = "a suite fails where it meets what it does not expect")]

use std::process::{ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use authsome_core::store::Store;
use authsome_store_sqlite::SqliteStore;
use authsome_tests::cases;
use authsome_tests::client::{Answer, Client, PASSWORD};
use authsome_tests::home::{Home, Kind};
use authsome_tests::own_server::OwnServer;
use authsome_tests::program::{Server, program};
use authsome_tests::suite::Suite;
use serde_json::json;
use tempfile::TempDir;

fn main() -> ExitCode {
    let servers = &[Kind::Postgres, Kind::Mongodb];
    Suite::of("Outages")
        .on_kinds(
            servers,
            &[
                ("an_outage_is_answered_with_503_in_time_and_is_over_when_the_database_is_back", outage),
                ("a_start_without_the_database_fails_in_one_line_in_time", start_without_a_database),
            ],
        )
        .on_homes_of(&[Kind::Sqlite], cases![Home; who_cannot_write_is_told_so_and_reading_goes_on])
        .run()
}

/// Seconds that a request waits for a connection.
const PATIENCE: &str = "3";
/// What a request may take: its patience, once and not twice, and what a busy machine adds.
const IN_TIME: Duration = Duration::from_secs(3 + 2);

#[expect(clippy::disallowed_methods, reason = "how long an answer takes is measured")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

/// A request that must be answered 503 with when to try again, in time.
#[track_caller]
fn unavailable(what: &str, ask: impl FnOnce() -> Answer) {
    let (answer, took) = timed(ask);
    let answer = answer.refused(503, "unavailable");
    assert!(answer.headers.contains_key("retry-after"), "{what}");
    assert!(took < IN_TIME, "{what} took {took:?}");
}

fn health(client: &Client, path: &str) -> Answer {
    client.try_raw("GET", path, None, None).unwrap()
}

fn outage(kind: Kind) {
    let mut database = OwnServer::start(kind);
    let server = database.launch().variable("AUTHSOME_DATABASE_ACQUIRE_TIMEOUT", PATIENCE).start();
    let client = server.client();
    let email = "before@outage.test";
    let session = client.sign_up(email).expect(201);
    let me = client.token(&session.session_token());

    database.kill();
    let refresh = json!({"refresh_token": session.refresh_token()});
    unavailable("me", || me.get("/me"));
    unavailable("a stranger's token", || client.token("ast_nobodys").get("/me"));
    unavailable("sign-in", || client.sign_in(email, PASSWORD));
    unavailable("a wrong password", || client.sign_in(email, "not the password"));
    unavailable("sign-up", || client.sign_up("during@outage.test"));
    unavailable("refresh", || client.post("/refresh", &refresh));
    unavailable("forgotten password", || client.post("/password/forgot", &json!({"email": email})));
    unavailable("readiness", || health(&client, "/readyz"));
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| unavailable("one of a crowd", || me.get("/me")));
        }
    });
    assert_eq!(health(&client, "/livez").status, 200);

    database.start_again();
    wait_until("it is ready", &server, || health(&client, "/readyz").status == 200);
    assert_eq!(me.get("/me").expect(200).text("/user/email"), email);
    let _ = client.post("/refresh", &refresh).expect(200);
    let _ = client.sign_in(email, PASSWORD).expect(200);
    let _ = client.sign_up("after@outage.test").expect(201);
    let _ = server.mailbox().wait("after@outage.test", "/verify-email?token=", 1);
    // The job says so when it is done, which is a moment after the mail is written.
    wait_until("the job says that it works again", &server, || lines_of_mail(&server, "works again") > 0);
    let lines = ["failed and runs again", "works again"].map(|text| lines_of_mail(&server, text));
    assert_eq!(lines, [1, 1], "an outage is logged once a job, and its end: {}", server.log());
    assert!(server.stop().success());
}

/// Lines of the log about the job that sends mails.
fn lines_of_mail(server: &Server, text: &str) -> usize {
    server.log().lines().filter(|line| line.contains(text) && line.contains("\"job\":\"mail\"")).count()
}

fn wait_until(what: &str, server: &Server, holds: impl Fn() -> bool) {
    for _ in 0..300 {
        if holds() {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("not within half a minute: {what}; the log:\n{}", server.log());
}

fn start_without_a_database(kind: Kind) {
    // Nothing listens on the first port.
    let url = match kind {
        Kind::Mongodb => "mongodb://u:hunter2@127.0.0.1:1/d?replicaSet=rs0",
        _ => "postgres://u:hunter2@127.0.0.1:1/d",
    };
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["user", "list"]] {
        let folder = TempDir::new().unwrap();
        let mut start = program(folder.path());
        start.args(command).stdin(Stdio::null()).env("DATABASE_URL", url);
        start.env("AUTHSOME_DATABASE_ACQUIRE_TIMEOUT", PATIENCE);
        start.env("AUTHSOME_MASTER_KEY", authsome_tests::home::new_master_key());
        let (output, took) = timed(|| start.output().unwrap());
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), line.lines().count()), (Some(2), 1), "{line}");
        assert!(line.contains("DATABASE_URL") && !line.contains("hunter2"), "{line}");
        assert!(took < IN_TIME, "{took:?}");
    }
}

fn who_cannot_write_is_told_so_and_reading_goes_on(home: &Home) {
    let server = home.launch().variable("AUTHSOME_DATABASE_ACQUIRE_TIMEOUT", "1").start();
    let client = server.client();
    let me = client.token(&client.sign_up("before@outage.test").expect(201).session_token());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let store =
        runtime.block_on(SqliteStore::connect(&format!("sqlite:{}", home.data().join("authsome.db").display())));
    let store = store.unwrap();
    let writer = runtime.block_on(store.begin()).unwrap();

    let (refused, took) = timed(|| client.sign_up("during@outage.test").refused(503, "unavailable"));
    assert!(took < IN_TIME, "{took:?}");
    assert!(refused.headers.contains_key("retry-after"));
    let _ = me.get("/me").expect(200);
    for path in ["/readyz", "/livez"] {
        assert_eq!(health(&client, path).status, 200, "{path}");
    }

    runtime.block_on(writer.rollback()).unwrap();
    let _ = client.sign_up("after@outage.test").expect(201);
    runtime.block_on(store.close()).unwrap();
}
