//! The commands beside the server: migrations, doctor, keys, apps, environments, users, on every backend that a second
//! process reaches.
#![expect(clippy::unwrap_used, reason = "a suite fails where it meets what it does not expect")]

use std::process::ExitCode;

use authsome_tests::cases;
use authsome_tests::client::PASSWORD;
use authsome_tests::home::{Home, Kind, new_master_key};
use authsome_tests::program::{Launch, done, printed, run};
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
