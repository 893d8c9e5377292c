//! The commands beside the server: migrations, doctor, keys, apps, environments, users, on every backend that a second
//! process reaches.
#![expect(clippy::unwrap_used, reason = "a suite fails where it meets what it does not expect")]

use std::path::Path;
use std::process::{ExitCode, Output};

use authsome_tests::cases;
use authsome_tests::client::PASSWORD;
use authsome_tests::home::{Home, Kind, new_master_key};
use authsome_tests::program::{Launch, done, output, printed, run};
use authsome_tests::suite::Suite;
use tempfile::TempDir;

fn main() -> ExitCode {
    Suite::of("Commands of the program")
        .on_homes_of(
            &Kind::LASTING,
            cases![
                Home;
                plan_prints_the_statements_of_an_empty_database_and_nothing_to_do_on_a_current_one,
                steps_are_taken_back_and_applied_again,
                doctor_says_ok_before_and_after_the_first_start_and_fails_where_something_is_wrong,
                a_user_that_a_command_made_can_sign_in_until_a_command_says_otherwise,
                environments_are_made_suspended_and_chosen,
                an_app_is_made_with_its_environments,
            ],
        )
        .on_homes_of(&Kind::LASTING, cases![Home; doctor_tells_another_master_key_than_the_databases])
        .on_homes_of(
            &[Kind::Sqlite],
            cases![
                Home;
                nothing_makes_a_master_key_where_that_of_the_database_is_lost,
                commands_that_run_at_once_on_a_new_database_take_the_same_master_key,
                a_password_on_standard_input_is_one_line,
            ],
        )
        .on_homes_of(&[Kind::Memory], cases![Home; a_command_says_that_the_memory_database_is_out_of_its_reach])
        .alone(&[
            ("each_new_key_is_another_and_is_taken", each_new_key_is_another_and_is_taken),
            ("no_command_takes_a_password_as_an_argument", no_command_takes_a_password_as_an_argument),
            (
                "a_check_that_says_no_is_told_from_a_migrate_command_that_cannot_work",
                a_check_that_says_no_is_told_from_a_migrate_command_that_cannot_work,
            ),
        ])
        .run()
}

fn plan_prints_the_statements_of_an_empty_database_and_nothing_to_do_on_a_current_one(home: &Home) {
    let plan = done(&home.run(["migrate", "plan"]));
    let first = if home.kind() == Kind::Mongodb { "authsome_users" } else { "CREATE TABLE \"authsome_users\"" };
    assert!(plan.contains(first) && plan.contains("authsome_password_hashes"), "{plan}");
    let check = home.run(["migrate", "status", "--check"]);
    assert_eq!(check.status.code(), Some(2), "pending");
    assert!(done(&home.run(["migrate", "up"])).contains("applied core/1"));
    assert_eq!(done(&home.run(["migrate", "plan"])).trim(), "nothing to do");
    assert_eq!(done(&home.run(["migrate", "up"])).trim(), "nothing to do");
    assert!(done(&home.run(["migrate", "status", "--check"])).contains("applied"));
    assert_eq!(done(&home.run(["migrate", "verify"])).trim(), "no differences");
}

fn steps_are_taken_back_and_applied_again(home: &Home) {
    assert!(done(&home.run(["migrate", "up", "--to", "core/1"])).contains("core/1"));
    assert_eq!(home.run(["migrate", "status", "--check"]).status.code(), Some(2));
    let _ = done(&home.run(["migrate", "up"]));
    assert_eq!(home.run(["migrate", "down"]).status.code(), Some(1), "nobody agreed");
    let _ = done(&home.run(["migrate", "status", "--check"]));
    assert!(done(&home.run(["migrate", "down", "--yes"])).contains("taken back password/1"));
    let _ = done(&home.run(["migrate", "up"]));
    let _ = done(&home.run(["migrate", "down", "--all", "--yes"]));
    assert_eq!(done(&home.run(["migrate", "down", "--yes"])).trim(), "nothing to do");
    assert_eq!(home.run(["migrate", "down", "--to", "core/7", "--yes"]).status.code(), Some(1));
    assert_eq!(home.run(["migrate", "up", "--to", "nonsense"]).status.code(), Some(1));
}

fn a_check_that_says_no_is_told_from_a_migrate_command_that_cannot_work() {
    let folder = TempDir::new().unwrap();
    let check = ["migrate", "status", "--check"];
    assert_eq!(run(folder.path(), ["migrate", "no-such-verb"]).status.code(), Some(1));
    assert_eq!(run(folder.path(), ["migrate", "--help"]).status.code(), Some(0));
    assert_eq!(run(folder.path(), check).status.code(), Some(2));
    for database in ["nonsense:", "sqlite:/no/such/folder/authsome.db"] {
        let refused = run(folder.path(), check.into_iter().chain(["--database", database]));
        assert_eq!(refused.status.code(), Some(1), "{database}");
    }
}

fn doctor_says_ok_before_and_after_the_first_start_and_fails_where_something_is_wrong(home: &Home) {
    let before = done(&home.run(["doctor"]));
    assert!(before.lines().all(|line| line.starts_with("ok ") || line.starts_with("warn")), "{before}");
    let _ = done(&home.run(["migrate", "up"]));
    let migrated = done(&home.run(["doctor"]));
    assert!(migrated.contains("made at the first start"), "{migrated}");
    assert!(home.start().stop().success());
    let after = done(&home.run(["doctor"]));
    for check in ["configuration", "data folder", "master key", "clock", "mail", "migrations", "environments"] {
        assert!(after.lines().any(|line| line.contains(check)), "{check} is not in {after}");
    }
    let damaged = if home.kind().is_shared() {
        home.program().env_remove("AUTHSOME_MASTER_KEY").arg("doctor").output().unwrap()
    } else {
        std::fs::write(home.data().join("master.key"), "damaged").unwrap();
        home.run(["doctor"])
    };
    assert_eq!(damaged.status.code(), Some(1));
    assert!(printed(&damaged).lines().any(|line| line.starts_with("fail") && line.contains("master key")));
    let bad = home.run(["doctor", "--listen", "nowhere"]);
    assert_eq!(bad.status.code(), Some(1));
}

/// Whether doctor says that the master key is right, and ends with the code for that.
#[track_caller]
fn master_key_is_right(doctor: &Output) -> bool {
    let said = printed(doctor);
    let line = said.lines().find(|line| line.contains("  master key: ")).unwrap();
    let is_right = doctor.status.success();
    assert_eq!((line.starts_with("ok "), line.starts_with("fail ")), (is_right, !is_right), "{said}");
    is_right
}

fn doctor_tells_another_master_key_than_the_databases(home: &Home) {
    let _ = done(&home.run(["env", "list"]));
    assert!(master_key_is_right(&home.run(["doctor"])));
    let with = |key: &str, command: &[&str]| output(home.program().env("AUTHSOME_MASTER_KEY", key).args(command));
    let other = new_master_key();
    assert!(!master_key_is_right(&with(&other, &["doctor"])));
    assert_eq!(with(&other, &["env", "list"]).status.code(), Some(2));
    assert!(master_key_is_right(&home.run(["doctor"])), "the database is still under the first key");
}

fn nothing_makes_a_master_key_where_that_of_the_database_is_lost(home: &Home) {
    let _ = done(&home.run(["env", "list"]));
    let file = home.data().join("master.key");
    let key = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    for command in [&["serve", "--listen", "127.0.0.1:0"] as &[&str], &["env", "list"], &["user", "list"]] {
        assert_eq!(home.run(command).status.code(), Some(2), "{command:?}");
        assert!(!file.exists(), "{command:?}");
        assert!(!master_key_is_right(&home.run(["doctor"])), "{command:?}");
        assert!(!file.exists(), "{command:?}");
    }
    let configured = output(home.program().env("AUTHSOME_MASTER_KEY", key.trim()).args(["env", "list"]));
    let _ = done(&configured);
    assert!(!file.exists(), "a configured key is not written down");

    let other = format!("{}\n", new_master_key());
    std::fs::write(&file, &other).unwrap();
    assert!(!master_key_is_right(&home.run(["doctor"])));
    assert_eq!(home.run(["env", "list"]).status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), other, "what somebody put there stays");

    std::fs::write(&file, &key).unwrap();
    private(&file);
    assert!(master_key_is_right(&home.run(["doctor"])));
    let _ = done(&home.run(["env", "list"]));
}

/// Lets the owner alone read a file, where the platform has such modes.
fn private(file: &Path) {
    #[cfg(unix)]
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    #[cfg(not(unix))]
    let _ = file;
}

fn commands_that_run_at_once_on_a_new_database_take_the_same_master_key(home: &Home) {
    std::thread::scope(|scope| {
        let list = || done(&home.run(["env", "list"]));
        let commands: Vec<_> = (0..4).map(|_| scope.spawn(list)).collect();
        let lists: Vec<String> = commands.into_iter().map(|command| command.join().unwrap()).collect();
        assert!(lists.iter().all(|list| Some(list) == lists.first()), "{lists:?}");
    });
    assert!(master_key_is_right(&home.run(["doctor"])));
}

fn a_password_on_standard_input_is_one_line(home: &Home) {
    let server = home.start();
    let email = "lines@commands.test";
    let create = ["user", "create", "--email", email, "--password-stdin"];
    for input in [format!("{PASSWORD}\nuser: lines\n"), format!("{PASSWORD}\r\n\r\nuser: lines")] {
        let refused = home.run_with_input(create, &input);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!((refused.status.code(), said.lines().count()), (Some(1), 1), "{said}");
        assert!(!said.contains(PASSWORD) && !said.contains("user: lines"), "{said}");
        assert_eq!(home.run(["user", "show", email]).status.code(), Some(1), "nobody was made");
    }
    let _ = done(&home.run_with_input(create, &format!("{PASSWORD}\r\n")));
    let _ = server.client().sign_in(email, PASSWORD).expect(200);
}

fn each_new_key_is_another_and_is_taken() {
    let (one, other) = (new_master_key(), new_master_key());
    assert_ne!(one, other);
    let server = Launch::default().variable("AUTHSOME_MASTER_KEY", &one).start();
    assert!(!server.data().join("master.key").exists());
}

fn a_user_that_a_command_made_can_sign_in_until_a_command_says_otherwise(home: &Home) {
    let server = home.start();
    let email = "cli@commands.test";
    let create = ["user", "create", "--email", email, "--name", "Ada", "--password-stdin"];
    assert!(done(&home.run_with_input(create, &format!("{PASSWORD}\n"))).contains(email));
    assert_eq!(home.run_with_input(create, PASSWORD).status.code(), Some(1), "the address is taken");
    let token = server.client().sign_in(email, PASSWORD).expect(200).session_token();

    assert!(done(&home.run(["user", "ban", email])).contains("yes"));
    let _ = server.client().token(&token).get("/me").refused(401, "session_not_found");
    let _ = server.client().sign_in(email, PASSWORD).refused(403, "user_banned");
    let _ = done(&home.run(["user", "unban", email]));
    let _ = server.client().sign_in(email, PASSWORD).expect(200);

    let _ = done(&home.run_with_input(["user", "set-password", email, "--password-stdin"], "another long password"));
    let _ = server.client().sign_in(email, PASSWORD).refused(401, "invalid_credentials");
    let _ = server.client().sign_in(email, "another long password").expect(200);
    let short = home.run_with_input(["user", "set-password", email, "--password-stdin"], "short");
    assert_eq!(short.status.code(), Some(1));
    let line = String::from_utf8(short.stderr).unwrap();
    assert!(!line.contains(": short"), "the password is not repeated: {line}");

    assert!(done(&home.run(["user", "list"])).contains(email));
    assert!(done(&home.run(["user", "show", email])).contains("Ada"));
    assert_eq!(home.run(["user", "show", email, "--env", "staging"]).status.code(), Some(1));
    let _ = done(&home.run(["user", "delete", email]));
    assert_eq!(home.run(["user", "show", email]).status.code(), Some(1));
    let _ = server.client().sign_in(email, "another long password").refused(401, "invalid_credentials");
}

fn no_command_takes_a_password_as_an_argument() {
    let folder = TempDir::new().unwrap();
    for command in [["user", "create", "--help"], ["user", "set-password", "--help"]] {
        let help = done(&run(folder.path(), command));
        assert!(help.contains("--password-stdin") && !help.contains("--password <"), "{help}");
    }
    let no_terminal = run(folder.path(), ["user", "create", "--email", "a@commands.test"]);
    assert_eq!(no_terminal.status.code(), Some(1));
}

fn environments_are_made_suspended_and_chosen(home: &Home) {
    let server = home.start();
    assert_eq!(done(&home.run(["env", "list"])).lines().count(), 4);
    assert!(done(&home.run(["env", "create", "Preview 7", "--type", "custom"])).contains("preview-7"));
    assert_eq!(home.run(["env", "create", "Preview 7"]).status.code(), Some(1), "the slug is taken");
    assert_ne!(home.run(["env", "create", "X", "--type", "nonsense"]).status.code(), Some(0));
    let preview = server.client().environment("preview-7");
    let signed_up = preview.sign_up("env@commands.test").expect(201);

    let shown = done(&home.run(["env", "deactivate", "preview-7"]));
    assert!(shown.lines().any(|line| line.split_whitespace().eq(["active", "no"])), "{shown}");
    // A server knows of another process's change after a second at most.
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    let _ = preview.sign_in("env@commands.test", PASSWORD).refused(403, "environment_inactive");
    let _ = preview.token(&signed_up.session_token()).get("/me").refused(403, "environment_inactive");
    let _ = done(&home.run(["env", "activate", "preview-7"]));
    let _ = done(&home.run(["env", "set-default", "preview-7"]));
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    let _ = server.client().sign_in("env@commands.test", PASSWORD).expect(200);
    assert!(done(&home.run(["env", "show", "preview-7"])).contains("session_ttl"));
    assert_eq!(home.run(["env", "show", "no-such"]).status.code(), Some(1));
}

fn an_app_is_made_with_its_environments(home: &Home) {
    assert!(done(&home.run(["app", "create", "My Shop"])).contains("apk_"));
    assert!(done(&home.run(["app", "list"])).contains("my-shop"));
    assert_eq!(done(&home.run(["env", "list", "--app", "my-shop"])).lines().count(), 4);
    assert_eq!(home.run(["env", "list", "--app", "no-such"]).status.code(), Some(1));
    assert_eq!(home.run(["app", "create", "My Shop"]).status.code(), Some(1));
}

fn a_command_says_that_the_memory_database_is_out_of_its_reach(home: &Home) {
    for command in [["user", "list"], ["env", "list"], ["app", "list"]] {
        let refused = home.run(command);
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8(refused.stderr).unwrap().contains("memory"));
    }
    assert!(done(&home.run(["doctor"])).contains("nothing outlives the server"));
}
