//! The commands beside the server: migrations, doctor, keys, apps, environments, users.
#![expect(clippy::unwrap_used, reason = "a suite fails where it meets what it does not expect")]

use std::process::Output;
use std::sync::Arc;

use authsome_tests::client::PASSWORD;
use authsome_tests::program::{Launch, Server, run, run_with_input};
use tempfile::TempDir;

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn ok(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", text(output), String::from_utf8_lossy(&output.stderr));
    text(output)
}

#[test]
fn plan_prints_the_statements_of_an_empty_file_and_nothing_to_do_on_a_current_one() {
    let folder = TempDir::new().unwrap();
    let plan = ok(&run(folder.path(), ["migrate", "plan"]));
    assert!(plan.contains("CREATE TABLE \"authsome_users\"") && plan.contains("authsome_password_hashes"), "{plan}");
    let check = run(folder.path(), ["migrate", "status", "--check"]);
    assert_eq!(check.status.code(), Some(2), "pending");
    assert!(ok(&run(folder.path(), ["migrate", "up"])).contains("applied core/1"));
    assert_eq!(ok(&run(folder.path(), ["migrate", "plan"])).trim(), "nothing to do");
    assert_eq!(ok(&run(folder.path(), ["migrate", "up"])).trim(), "nothing to do");
    assert!(ok(&run(folder.path(), ["migrate", "status", "--check"])).contains("applied"));
    assert_eq!(ok(&run(folder.path(), ["migrate", "verify"])).trim(), "no differences");
}

#[test]
fn steps_are_taken_back_and_applied_again() {
    let folder = TempDir::new().unwrap();
    assert!(ok(&run(folder.path(), ["migrate", "up", "--to", "core/1"])).contains("core/1"));
    assert_eq!(run(folder.path(), ["migrate", "status", "--check"]).status.code(), Some(2));
    let _ = ok(&run(folder.path(), ["migrate", "up"]));
    assert!(ok(&run(folder.path(), ["migrate", "down"])).contains("taken back password/1"));
    let _ = ok(&run(folder.path(), ["migrate", "up"]));
    let _ = ok(&run(folder.path(), ["migrate", "down", "--all"]));
    assert_eq!(ok(&run(folder.path(), ["migrate", "down"])).trim(), "nothing to do");
    assert_eq!(run(folder.path(), ["migrate", "down", "--to", "core/7"]).status.code(), Some(1));
    assert_eq!(run(folder.path(), ["migrate", "up", "--to", "nonsense"]).status.code(), Some(2));
}

#[test]
fn doctor_says_ok_before_and_after_the_first_start_and_fails_where_something_is_wrong() {
    let folder = Arc::new(TempDir::new().unwrap());
    let before = ok(&run(folder.path(), ["doctor"]));
    assert!(before.lines().all(|line| line.starts_with("ok ") || line.starts_with("warn")), "{before}");
    assert!(Launch::in_folder(Arc::clone(&folder)).start().stop().success());
    let after = ok(&run(folder.path(), ["doctor"]));
    for check in ["configuration", "data folder", "master key", "clock", "mail", "migrations", "environments"] {
        assert!(after.lines().any(|line| line.contains(check)), "{check} is not in {after}");
    }
    std::fs::write(folder.path().join("data/master.key"), "damaged").unwrap();
    let damaged = run(folder.path(), ["doctor"]);
    assert_eq!(damaged.status.code(), Some(1));
    assert!(text(&damaged).lines().any(|line| line.starts_with("fail") && line.contains("master key")));
    let bad = run(folder.path(), ["doctor", "--listen", "nowhere"]);
    assert_eq!(bad.status.code(), Some(1));
}

#[test]
fn each_new_key_is_another_and_is_taken() {
    let folder = Arc::new(TempDir::new().unwrap());
    let keys: Vec<String> = (0..2).map(|_| ok(&run(folder.path(), ["keygen"])).trim().to_owned()).collect();
    assert_ne!(keys[0], keys[1]);
    let server = Launch::in_folder(folder).variable("AUTHSOME_MASTER_KEY", &keys[0]).start();
    assert!(!server.data().join("master.key").exists());
}

#[test]
fn a_user_that_a_command_made_can_sign_in_until_a_command_says_otherwise() {
    let server = Server::start();
    let folder = server.folder();
    let folder = folder.path();
    let email = "cli@commands.test";
    let create = ["user", "create", "--email", email, "--name", "Ada", "--password-stdin"];
    assert!(ok(&run_with_input(folder, create, &format!("{PASSWORD}\n"))).contains(email));
    assert_eq!(run_with_input(folder, create, PASSWORD).status.code(), Some(1), "the address is taken");
    let token = server.client().sign_in(email, PASSWORD).expect(200).session_token();

    assert!(ok(&run(folder, ["user", "ban", email])).contains("yes"));
    let _ = server.client().token(&token).get("/me").refused(401, "session_not_found");
    let _ = server.client().sign_in(email, PASSWORD).refused(403, "user_banned");
    let _ = ok(&run(folder, ["user", "unban", email]));
    let _ = server.client().sign_in(email, PASSWORD).expect(200);

    let _ = ok(&run_with_input(folder, ["user", "set-password", email, "--password-stdin"], "another long password"));
    let _ = server.client().sign_in(email, PASSWORD).refused(401, "invalid_credentials");
    let _ = server.client().sign_in(email, "another long password").expect(200);
    let short = run_with_input(folder, ["user", "set-password", email, "--password-stdin"], "short");
    assert_eq!(short.status.code(), Some(1));
    let line = String::from_utf8(short.stderr).unwrap();
    assert!(!line.contains(": short"), "the password is not repeated: {line}");

    assert!(ok(&run(folder, ["user", "list"])).contains(email));
    assert!(ok(&run(folder, ["user", "show", email])).contains("Ada"));
    assert_eq!(run(folder, ["user", "show", email, "--env", "staging"]).status.code(), Some(1));
    let _ = ok(&run(folder, ["user", "delete", email]));
    assert_eq!(run(folder, ["user", "show", email]).status.code(), Some(1));
    let _ = server.client().sign_in(email, "another long password").refused(401, "invalid_credentials");
}

#[test]
fn no_command_takes_a_password_as_an_argument() {
    let folder = TempDir::new().unwrap();
    for command in [["user", "create", "--help"], ["user", "set-password", "--help"]] {
        let help = ok(&run(folder.path(), command));
        assert!(help.contains("--password-stdin") && !help.contains("--password <"), "{help}");
    }
    let no_terminal = run(folder.path(), ["user", "create", "--email", "a@commands.test"]);
    assert_eq!(no_terminal.status.code(), Some(1));
}

#[test]
fn environments_are_made_suspended_and_chosen() {
    let server = Server::start();
    let folder = server.folder();
    let folder = folder.path();
    assert_eq!(ok(&run(folder, ["env", "list"])).lines().count(), 4);
    assert!(ok(&run(folder, ["env", "create", "Preview 7", "--type", "custom"])).contains("preview-7"));
    assert_eq!(run(folder, ["env", "create", "Preview 7"]).status.code(), Some(1), "the slug is taken");
    assert_ne!(run(folder, ["env", "create", "X", "--type", "nonsense"]).status.code(), Some(0));
    let preview = server.client().environment("preview-7");
    let signed_up = preview.sign_up("env@commands.test").expect(201);

    assert!(ok(&run(folder, ["env", "deactivate", "preview-7"])).contains("active       no"));
    // A server knows of another process's change after a second at most.
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    let _ = preview.sign_in("env@commands.test", PASSWORD).refused(403, "environment_inactive");
    let _ = preview.token(&signed_up.session_token()).get("/me").refused(403, "environment_inactive");
    let _ = ok(&run(folder, ["env", "activate", "preview-7"]));
    let _ = ok(&run(folder, ["env", "set-default", "preview-7"]));
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    let _ = server.client().sign_in("env@commands.test", PASSWORD).expect(200);
    assert!(ok(&run(folder, ["env", "show", "preview-7"])).contains("session_ttl"));
    assert_eq!(run(folder, ["env", "show", "no-such"]).status.code(), Some(1));
}

#[test]
fn an_app_is_made_with_its_environments() {
    let folder = TempDir::new().unwrap();
    assert!(ok(&run(folder.path(), ["app", "create", "My Shop"])).contains("apk_"));
    assert!(ok(&run(folder.path(), ["app", "list"])).contains("my-shop"));
    assert_eq!(ok(&run(folder.path(), ["env", "list", "--app", "my-shop"])).lines().count(), 4);
    assert_eq!(run(folder.path(), ["env", "list", "--app", "no-such"]).status.code(), Some(1));
    assert_eq!(run(folder.path(), ["app", "create", "My Shop"]).status.code(), Some(1));
}
