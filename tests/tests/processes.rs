//! Several processes on one database: they serve the same people, and take the same administrator.
#![expect(clippy::unwrap_used, reason = "a suite fails where it meets what it does not expect")]

use std::collections::BTreeMap;
use std::process::{ExitCode, Stdio};
use std::thread;

use authsome_tests::cases;
use authsome_tests::home::{Home, Kind, new_master_key};
use authsome_tests::program::{Server, Starting};
use authsome_tests::suite::Suite;
use serde_json::json;

/// SQLite's are in the suite of faults, as kills are; the memory database has one process.
const SHARED: &[Kind] = &[Kind::Postgres, Kind::Mongodb];

fn main() -> ExitCode {
    Suite::of("Several processes")
        .on_homes_of(
            SHARED,
            cases![
                Home;
                servers_on_several_machines_serve_the_same_people_and_so_does_a_later_one,
                servers_on_several_machines_take_the_same_administrators_token,
                ten_servers_started_at_once_on_a_new_database_agree,
                a_shared_database_wants_a_master_key_that_is_configured,
            ],
        )
        .run()
}

fn servers_on_several_machines_serve_the_same_people_and_so_does_a_later_one(home: &Home) {
    let (first, second) = (home.start(), home.elsewhere().start());
    let signed_up = first.client().sign_up("both@two.test").expect(201);
    let _ = second.client().token(&signed_up.session_token()).get("/me").expect(200);
    let refreshed = second.client().post("/refresh", &json!({"refresh_token": signed_up.refresh_token()})).expect(200);
    let _ = first.client().token(&refreshed.session_token()).get("/me").expect(200);
    let clients = [first.client(), second.client()];
    let statuses = thread::scope(|scope| {
        let workers: Vec<_> = (0..10)
            .map(|number| clients.get(number % 2).unwrap())
            .map(|client| scope.spawn(|| client.sign_up("race@two.test").status))
            .collect();
        let mut statuses = BTreeMap::new();
        for worker in workers {
            *statuses.entry(worker.join().unwrap()).or_insert(0) += 1;
        }
        statuses
    });
    assert_eq!(statuses, BTreeMap::from([(201, 1), (409, 9)]), "of ten at once on two servers one gets the address");
    for server in [first, second] {
        assert!(server.stop().success());
    }
    let later = home.elsewhere().start();
    let _ = later.client().token(&refreshed.session_token()).get("/me").expect(200);
    let _ = later.client().post("/refresh", &json!({"refresh_token": refreshed.refresh_token()})).expect(200);
}

fn servers_on_several_machines_take_the_same_administrators_token(home: &Home) {
    let servers = [home.start(), home.elsewhere().start()];
    let token = |server: &Server| std::fs::read_to_string(server.data().join("shared-admin.token")).unwrap();
    let [first, second] = servers.each_ref().map(token);
    assert_eq!(first, second);
    assert!(first.trim().len() >= 32);
    for server in &servers {
        assert!(server.log().contains("shared-admin.token") && !server.log().contains(first.trim()));
        // The administrator has no account, and a stranger's token is none.
        let _ = server.client().token(first.trim()).get("/me").refused(403, "forbidden");
        let _ = server
            .client()
            .token(&first.trim().replace("aadm_", "aadm_x"))
            .get("/me")
            .refused(401, "session_not_found");
    }
    let configured = "a token that was configured, of enough characters".replace(' ', "-");
    let server = home.elsewhere().variable("AUTHSOME_ADMIN_TOKEN", &configured).start();
    assert!(!server.data().join("shared-admin.token").exists());
    let _ = server.client().token(&configured).get("/me").refused(403, "forbidden");
    let _ = server.client().token(first.trim()).get("/me").refused(401, "session_not_found");
}

fn ten_servers_started_at_once_on_a_new_database_agree(home: &Home) {
    let starting: Vec<Starting> = (0..10).map(|_| home.elsewhere().spawn()).collect();
    let servers: Vec<Server> = starting.into_iter().map(Starting::listening).collect();
    let signed_up = servers.first().unwrap().client().sign_up("ten@ten.test").expect(201);
    for server in &servers {
        let me = server.client().token(&signed_up.session_token()).get("/me").expect(200);
        assert_eq!(me.text("/user/env_id"), signed_up.text("/user/env_id"));
    }
    for server in servers {
        assert!(server.stop().success());
    }
    let listed = String::from_utf8(home.run(["env", "list"]).stdout).unwrap();
    assert_eq!(listed.lines().count(), 4, "a heading and three environments: {listed}");
}

fn a_shared_database_wants_a_master_key_that_is_configured(home: &Home) {
    let stopped = |key: Option<&str>| {
        let mut command = home.program();
        command.args(["serve", "--listen", "127.0.0.1:0"]).stdin(Stdio::null());
        match key {
            Some(key) => command.env("AUTHSOME_MASTER_KEY", key),
            None => command.env_remove("AUTHSOME_MASTER_KEY"),
        };
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(line.lines().count(), 1, "{line}");
        line
    };
    let line = stopped(None);
    let remedy = "set AUTHSOME_MASTER_KEY to what `authsome keygen` prints, the same for every process";
    assert!(line.contains(remedy), "{line}");
    assert!(!home.data().join("master.key").exists(), "none is made silently");
    assert!(home.start().stop().success());
    let line = stopped(Some(&new_master_key()));
    assert!(line.contains("the master key is not the one"), "another one than the database's is refused: {line}");
}
