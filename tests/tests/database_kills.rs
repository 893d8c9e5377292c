//! The database killed under load, and programs killed while they migrate it: what was promised holds afterwards, and no
//! server has to be started again for it.
//!
//! SQLite and memory have no server to kill; the suite of faults kills their programs.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a suite fails where it meets what it does not expect")]

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use authsome::password::PasswordHash;
use authsome_core::entity::Entity;
use authsome_core::user::User;
use authsome_tests::client::{Client, PASSWORD};
use authsome_tests::flood::{Flood, Told};
use authsome_tests::home::Kind;
use authsome_tests::own_server::OwnServer;
use authsome_tests::program::Server;
use authsome_tests::suite::Suite;
use mongodb::bson::doc;

fn main() -> ExitCode {
    Suite::of("Kills of the database")
        .on_kinds(
            &[Kind::Postgres, Kind::Mongodb],
            &[
                ("what_was_promised_outlives_a_kill_of_the_database_under_load", outlives_a_kill),
                ("a_migration_that_was_killed_in_the_middle_is_completed_by_the_next_start", killed_migration),
            ],
        )
        .on_kinds(
            &[Kind::Mongodb],
            &[
                ("what_was_promised_outlives_the_loss_of_the_primary", loss_of_the_primary),
                ("what_the_driver_may_retry_is_done_once", failed_commands),
            ],
        )
        .run()
}

/// Signs somebody up as soon as that works again.
fn wait_until_it_serves(client: &Client, email: &str) {
    for _ in 0..600 {
        let status = client.sign_up(email).status;
        if status == 201 {
            return;
        }
        assert_eq!(status, 503, "until it serves again, it says that it does not");
        thread::sleep(Duration::from_millis(50));
    }
    panic!("it does not serve again within half a minute");
}

/// Everyone who was told 201 can sign in and has the session, and nobody is there by half.
fn everyone_is_there(database: &OwnServer, server: &Server, told: &Told) {
    thread::scope(|scope| {
        for part in told.people.chunks(told.people.len().div_ceil(4).max(1)) {
            let client = server.client();
            scope.spawn(move || {
                for person in part {
                    let _ = client.sign_in(&person.email, PASSWORD).expect(200);
                    let _ = client.token(&person.token).get("/me").expect(200);
                }
            });
        }
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (users, passwords) = runtime.block_on(async {
        let store = database.store().await;
        let app = store.app_by_slug("default").await.unwrap().unwrap();
        let scope = store.default_environment(app.id).await.unwrap().unwrap().scope();
        let users = User::find(&scope).count(&*store).await.unwrap();
        let passwords = PasswordHash::find(&scope).count(&*store).await.unwrap();
        store.close().await.unwrap();
        (users, passwords)
    });
    assert_eq!(users, passwords, "no user without a password, no password without a user");
    assert!(users >= u64::try_from(told.people.len()).unwrap());
}

fn outlives_a_kill(kind: Kind) {
    let mut database = OwnServer::start(kind);
    let server = database.launch().start();
    let flood = Flood::begin(server.client(), false);
    for round in 0..2 {
        flood.wait_for(20).unwrap();
        database.kill();
        let _ = server.client().sign_up(&format!("down{round}@flood.test")).refused(503, "unavailable");
        database.start_again();
        wait_until_it_serves(&server.client(), &format!("again{round}@flood.test"));
    }
    flood.wait_for(20).unwrap();
    let told = flood.end().unwrap();
    assert!(told.unavailable() > 0, "somebody met the outage: {told}");
    everyone_is_there(&database, &server, &told);
    assert!(server.stop().success());
}

fn loss_of_the_primary(_: Kind) {
    let mut database = OwnServer::mongodb(3);
    let server = database.launch().start();
    let flood = Flood::begin(server.client(), false);
    flood.wait_for(20).unwrap();
    database.kill();
    wait_until_it_serves(&server.client(), "again@flood.test");
    flood.wait_for(20).unwrap();
    everyone_is_there(&database, &server, &flood.end().unwrap());
    assert!(server.stop().success());
}

/// Holds the first migration up in its middle, kills the program that runs it, and starts another one.
fn killed_migration(kind: Kind) {
    let database = OwnServer::start(kind);
    let held = Held::in_the_middle(&database, kind);
    let starting = database.launch().spawn();
    held.wait_until_it_is_there();
    starting.kill();
    held.release();
    let server = database.launch().start();
    let signed_up = server.client().sign_up("after@kill.test").expect(201);
    let _ = server.client().token(&signed_up.session_token()).get("/me").expect(200);
    let verified = database.run(["migrate", "verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

/// Something that stands in the way of a migration's later tables.
enum Held<'d> {
    /// A transaction that has made a table of the same name.
    Postgres { database: &'d OwnServer, holder: thread::JoinHandle<()>, release: std::sync::mpsc::Sender<()> },
    /// A command that is held up in the server.
    Mongodb(&'d OwnServer),
}

impl<'d> Held<'d> {
    fn in_the_middle(database: &'d OwnServer, kind: Kind) -> Self {
        if kind == Kind::Mongodb {
            // The server holds it up to the end, whether its sender lives or not, and whoever releases it waits for that.
            let block =
                doc! { "failCommands": ["createIndexes", "create"], "blockConnection": true, "blockTimeMS": 10_000 };
            fail_command(database, doc! { "skip": 25 }, block);
            return Self::Mongodb(database);
        }
        let (release, released) = std::sync::mpsc::channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let holder = thread::spawn({
            let url = database.url();
            move || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(async {
                    use sea_orm::{ConnectionTrait, TransactionTrait};
                    let connection = sea_orm::Database::connect(&url).await.unwrap();
                    let transaction = connection.begin().await.unwrap();
                    transaction.execute_unprepared("CREATE TABLE authsome_sessions (id bigint)").await.unwrap();
                    ready.send(()).unwrap();
                    tokio::task::block_in_place(|| released.recv()).unwrap();
                    transaction.rollback().await.unwrap();
                });
            }
        });
        is_ready.recv().unwrap();
        Self::Postgres { database, holder, release }
    }

    /// Waits until the migration waits.
    fn wait_until_it_is_there(&self) {
        let database = match self {
            Self::Postgres { database, .. } => database,
            Self::Mongodb(database) => {
                let entered = doc! { "waitForFailPoint": "failCommand", "timesEntered": 1_i64, "maxTimeMS": 25_000 };
                let _ = database.set().command(0, entered).unwrap();
                return;
            }
        };
        for _ in 0..600 {
            if database.databases().has_waiting_locks() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("no migration came that far");
    }

    fn release(self) {
        match self {
            Self::Postgres { holder, release, .. } => {
                release.send(()).unwrap();
                holder.join().unwrap();
            }
            Self::Mongodb(database) => {
                let off = doc! { "configureFailPoint": "failCommand", "mode": "off" };
                let _ = database.set().command(0, off).unwrap();
            }
        }
    }
}

fn fail_command(database: &OwnServer, mode: mongodb::bson::Document, data: mongodb::bson::Document) {
    let command = doc! { "configureFailPoint": "failCommand", "mode": mode, "data": data };
    let _ = database.set().command(0, command).unwrap();
}

/// Failures after which the driver's rules, or the store's, have the same work done again: nobody is told of them, and it
/// is done once.
fn failed_commands(kind: Kind) {
    let database = OwnServer::start(kind);
    let server = database.launch().start();
    let times = |count: i32| doc! { "times": count };
    let failures = [
        ("the connection is lost at a write", doc! { "failCommands": ["insert"], "closeConnection": true }),
        (
            "the connection is lost at the commit",
            doc! { "failCommands": ["commitTransaction"], "closeConnection": true },
        ),
        (
            "another transaction was in the way",
            doc! { "failCommands": ["insert"], "errorCode": 112, "errorLabels": ["TransientTransactionError"] },
        ),
        (
            "the primary steps down at the commit",
            doc! { "failCommands": ["commitTransaction"], "errorCode": 189, "errorLabels": ["RetryableWriteError"] },
        ),
        (
            "the outcome of the commit is not known",
            doc! { "failCommands": ["commitTransaction"], "errorCode": 50, "errorLabels": ["UnknownTransactionCommitResult"] },
        ),
        (
            "the majority did not answer",
            doc! { "failCommands": ["commitTransaction"], "writeConcernError": { "code": 91, "errmsg": "shutting down" }, "errorLabels": ["UnknownTransactionCommitResult"] },
        ),
        ("a session's look-up loses its connection", doc! { "failCommands": ["find"], "closeConnection": true }),
    ];
    for (number, (what, data)) in failures.into_iter().enumerate() {
        let before = entered(&database);
        fail_command(&database, times(1), data);
        let signed_up = server.client().sign_up(&format!("retry{number}@kill.test"));
        assert_eq!(signed_up.status, 201, "{what}: {}", signed_up.body);
        let _ = server.client().token(&signed_up.session_token()).get("/me").expect(200);
        assert!(entered(&database) > before, "{what}: the failure was injected");
        let _ = server.client().sign_up(&format!("retry{number}@kill.test")).refused(409, "conflict");
    }
    assert!(server.stop().success());
}

/// How often the fail point was hit so far.
fn entered(database: &OwnServer) -> i64 {
    let off = doc! { "configureFailPoint": "failCommand", "mode": "off" };
    let answer = database.set().command(0, off).unwrap();
    answer.get_i64("count").or_else(|_| answer.get_i32("count").map(i64::from)).unwrap()
}
