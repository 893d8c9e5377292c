//! The program: a command with servers around it, and servers that stay.
#![expect(clippy::unwrap_used, reason = "a suite fails where it meets what it does not expect")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// A command that prints the URLs of its servers and their folders, as the processes that serve them say.
const SHOW: &str = "echo $AUTHSOME_TEST_POSTGRES_URL; echo $AUTHSOME_TEST_MONGODB_URL";

/// The program with a record and a temporary folder of the test's own, and none of the configuration around it.
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_authsome-test-servers"));
    for variable in ["AUTHSOME_TEST_POSTGRES_URL", "AUTHSOME_TEST_MONGODB_URL", "AUTHSOME_TEST_BACKENDS"] {
        command.env_remove(variable);
    }
    command.env("TMPDIR", folder).arg("--state").arg(folder.join("state")).stdin(Stdio::null());
    command
}

/// A folder that every account may enter, as `/tmp` is.
fn open_folder() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The folders of servers that are below a folder.
fn homes(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("authsome-test-servers-")).collect()
}

/// The numbers of the processes that were started from the folders of servers.
fn pids(folder: &Path) -> Vec<u32> {
    let mut pids = Vec::new();
    for home in homes(folder) {
        for entry in std::fs::read_dir(home).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "pid") {
                pids.push(std::fs::read_to_string(path).unwrap().trim().parse().unwrap());
            }
        }
    }
    pids
}

fn lives(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        let kill = Command::new("kill").args(["-0", &pid.to_string()]).output().unwrap();
        return kill.status.success() && !Path::new("/proc/self").exists();
    };
    !stat.rsplit_once(')').unwrap().1.trim_start().starts_with('Z')
}

#[track_caller]
fn wait_until(mut question: impl FnMut() -> bool) {
    let came = (0..3_000).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        question()
    });
    assert!(came, "waited a minute in vain");
}

#[test]
fn runs_side_by_side_have_servers_of_their_own_pass_on_exit_codes_and_leave_nothing_behind() {
    let folders = [open_folder(), open_folder()];
    let children = folders.each_ref().map(|folder| {
        let script = format!("{SHOW}; cat {}/*/*.pid; exit 7", folder.path().display());
        let mut command = program(folder.path());
        command.args(["run", "--", "sh", "-c", &script]).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    });
    let outputs = children.map(|child| child.wait_with_output().unwrap());
    for (output, folder) in outputs.iter().zip(&folders) {
        assert_eq!(output.status.code(), Some(7), "{}", text(output));
        let printed = String::from_utf8(output.stdout.clone()).unwrap();
        assert!(printed.contains("postgres://postgres@127.0.0.1:") && printed.contains("mongodb://127.0.0.1:"));
        assert!(homes(folder.path()).is_empty());
    }
    assert_ne!(outputs[0].stdout, outputs[1].stdout);
}

#[test]
fn what_is_given_or_not_asked_for_is_not_started() {
    let folder = open_folder();
    let given = "mongodb://given.test/";
    let mut command = program(folder.path());
    command.env("AUTHSOME_TEST_MONGODB_URL", given).env("AUTHSOME_TEST_BACKENDS", "mongodb,memory");
    let script = format!("{SHOW}; ls -d {}/authsome-test-servers-*", folder.path().display());
    let output = command.args(["run", "--", "sh", "-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), given);

    let unknown = program(folder.path()).env("AUTHSOME_TEST_BACKENDS", "oracle").args(["run", "--", "true"]).output();
    assert_eq!(unknown.unwrap().status.code(), Some(1));
    let mut killed = program(folder.path());
    killed.env("AUTHSOME_TEST_BACKENDS", "memory").args(["run", "--", "sh", "-c", "kill -9 $$"]);
    assert_eq!(killed.status().unwrap().code(), Some(137));
}

#[test]
fn servers_end_with_a_run_that_is_told_to_end_and_with_one_that_is_killed() {
    let folders = [open_folder(), open_folder()];
    let mut children = folders.each_ref().map(|folder| {
        let script = format!("echo $$ > {0}/new; mv {0}/new {0}/ready; exec sleep 120", folder.path().display());
        let mut command = program(folder.path());
        command.env("AUTHSOME_TEST_BACKENDS", "postgres,mongodb").args(["run", "--", "sh", "-c", &script]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    });
    wait_until(|| folders.iter().all(|folder| folder.path().join("ready").exists()));
    for ((child, folder), signal) in children.iter_mut().zip(&folders).zip(["-TERM", "-KILL"]) {
        let pids = pids(folder.path());
        assert!(pids.len() == 2 && pids.iter().all(|pid| lives(*pid)));
        let command = std::fs::read_to_string(folder.path().join("ready")).unwrap().trim().parse().unwrap();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let status = child.wait().unwrap();
        if signal == "-TERM" {
            assert_eq!(status.code(), Some(143));
            assert!(homes(folder.path()).is_empty() && !pids.iter().any(|pid| lives(*pid)) && !lives(command));
        } else {
            wait_until(|| homes(folder.path()).is_empty() && !pids.iter().any(|pid| lives(*pid)));
            assert!(Command::new("kill").arg(command.to_string()).status().unwrap().success());
        }
    }
}

/// Takes the servers down that a test left up because it failed.
struct Down<'a>(&'a Path);

impl Drop for Down<'_> {
    fn drop(&mut self) {
        let _ = program(self.0).arg("down").output();
    }
}

#[test]
fn servers_that_are_up_stay_until_they_are_taken_down_and_are_started_again_where_they_crashed() {
    let folder = open_folder();
    let _down = Down(folder.path());
    let call = |verb: &str| program(folder.path()).arg(verb).output().unwrap();
    assert_eq!(call("status").status.code(), Some(3));

    // The end of the output is the end of all that hold it: no server does.
    let up = call("up");
    let exports = String::from_utf8(up.stdout.clone()).unwrap();
    assert!(up.status.success() && exports.lines().count() == 2, "{}", text(&up));
    assert!(exports.lines().all(|line| line.starts_with("export AUTHSOME_TEST_")));
    let before = pids(folder.path());
    assert_eq!(call("up").stdout, up.stdout);
    assert_eq!(pids(folder.path()), before);
    let status = call("status");
    assert_eq!(status.status.code(), Some(0));
    assert!(before.iter().all(|pid| text(&status).contains(&format!("{pid}\n"))), "{}", text(&status));

    let used = program(folder.path()).args(["run", "--", "sh", "-c", SHOW]).output().unwrap();
    for url in String::from_utf8(used.stdout).unwrap().lines() {
        assert!(exports.contains(url));
    }

    for pid in &before {
        assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    }
    wait_until(|| !before.iter().any(|pid| lives(*pid)));
    assert_eq!(call("status").status.code(), Some(3));
    assert_eq!(call("up").stdout, up.stdout);
    let after = pids(folder.path());
    assert!(after.len() == 2 && after.iter().all(|pid| lives(*pid) && !before.contains(pid)));

    assert!(call("down").status.success());
    assert!(homes(folder.path()).is_empty() && !after.iter().any(|pid| lives(*pid)));
    assert_eq!(call("status").status.code(), Some(3));
    assert!(call("down").status.success());
}
