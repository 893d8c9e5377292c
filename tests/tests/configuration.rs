//! A configuration that cannot be used stops the start with one line that says what is wrong and what to do about it.
#![expect(clippy::panic, reason = "a suite fails where it meets what it does not expect")]

use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use authsome_tests::program::{Launch, output, program, run};
use tempfile::TempDir;

/// Holds the output of a start that must fail: the exit code, one line on standard error in the promised form, nothing
/// on standard output, and none of the texts that must not appear.
#[track_caller]
fn assert_stopped(output: &Output, codes: &[i32], says: &[&str], never: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(stderr.lines().count(), 1, "one line: {stderr}");
    let line = stderr.lines().next().unwrap_or_default();
    assert!(codes.contains(&output.status.code().unwrap_or(-1)), "code {:?}: {stderr}", output.status);
    let rest = line.strip_prefix("authsome: ").unwrap_or_else(|| panic!("not in the form: {stderr}"));
    assert!(rest.contains(": "), "what is wrong, and what to do: {line}");
    for text in says {
        assert!(line.contains(text), "{text:?} is not in {line:?}");
    }
    for text in never.iter().chain(&["panicked", "RUST_BACKTRACE", "stack backtrace"]) {
        assert!(!stderr.contains(text), "{text:?} is in {stderr:?}");
    }
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn serve(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = program(folder);
    command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments).envs(variables.iter().copied());
    output(&mut command)
}

/// Arguments, variables, and what the line must say.
type Case = (&'static [&'static str], &'static [(&'static str, &'static str)], &'static str);

/// A master key, without which a shared database is refused before its URL is looked at.
const KEY: (&str, &str) = ("AUTHSOME_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");

#[test]
fn a_value_that_cannot_be_used_is_named_and_a_secret_is_not_repeated() {
    let folder = TempDir::new().unwrap();
    let cases: &[Case] = &[
        (&[], &[("AUTHSOME_ADMIN_TOKEN", "hunter2")], "AUTHSOME_ADMIN_TOKEN"),
        (&[], &[("AUTHSOME_ADMIN_TOKEN", "hunter2 hunter2 hunter2 hunter2 hunter2")], "AUTHSOME_ADMIN_TOKEN"),
        (&[], &[("AUTHSOME_MASTER_KEY", "hunter2")], "AUTHSOME_MASTER_KEY"),
        (&[], &[("DATABASE_URL", "postgres://u:hunter2@localhost/db")], "AUTHSOME_MASTER_KEY"),
        (&[], &[("DATABASE_URL", "mongodb://u:hunter2@localhost/db")], "AUTHSOME_MASTER_KEY"),
        (&[], &[("DATABASE_URL", "postgres://u:hunter2@h:0x/db"), KEY], "DATABASE_URL"),
        (&[], &[("DATABASE_URL", "mongodb://u:hunter2@h:0x/db"), KEY], "DATABASE_URL"),
        (&[], &[("AUTHSOME_DATABASE_MAX_CONNECTIONS", "many")], "database_max_connections"),
        (&[], &[("AUTHSOME_DATABASE_ACQUIRE_TIMEOUT", "0")], "database_acquire_timeout"),
        (&["--database", "mysql://u:hunter2@localhost/db"], &[], "database URL"),
        (&["--database", "/some/path.db"], &[], "database URL"),
        (&["--public-url", "auth.example.com"], &[], "public URL"),
        (&["--public-url", "https://u:hunter2@example.com"], &[], "public URL"),
        (&["--trusted-proxies", "10.0.0.0/99"], &[], "trusted_proxies"),
        (&["--log-format", "xml"], &[], "log format"),
        (&[], &[("AUTHSOME_LOG", "no=such=filter")], "log filter"),
        (&[], &[("AUTHSOME_RATE_LIMITS", "perhaps")], "rate_limits"),
        (&[], &[("AUTHSOME_SMTP_URL", "smtps://u:hunter2@mail.example.com")], "AUTHSOME_SMTP_URL"),
        (
            &[],
            &[("AUTHSOME_SMTP_URL", "http://u:hunter2@mail.example.com"), ("AUTHSOME_MAIL_FROM", "a@example.com")],
            "mail cannot be sent",
        ),
        (&["--config", "no-such-file.toml"], &[], "no-such-file.toml"),
    ];
    for (arguments, variables, says) in cases {
        assert_stopped(&serve(folder.path(), arguments, variables), &[2], &[says], &["hunter2"]);
    }
    let listen = run(folder.path(), ["serve", "--listen", "nowhere"]);
    assert_stopped(&listen, &[2], &["nowhere", "--listen"], &[]);
}

#[test]
fn an_unknown_key_in_the_file_is_named_with_the_known_ones() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("authsome.toml"), "lisen = \"127.0.0.1:0\"\nadmin_token = \"hunter2\"\n")
        .unwrap();
    assert_stopped(&serve(folder.path(), &[], &[]), &[2], &["`lisen`", "listen", "rate_limits"], &["hunter2"]);
    std::fs::write(folder.path().join("authsome.toml"), "admin_token = \"hunter2\nx\n").unwrap();
    assert_stopped(&serve(folder.path(), &[], &[]), &[2], &["authsome.toml"], &["hunter2"]);
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let folder = TempDir::new().unwrap();
    // A file stands in the way, for the superuser too.
    std::fs::write(folder.path().join("file"), "").unwrap();
    let data = folder.path().join("file/data").display().to_string();
    assert_stopped(&serve(folder.path(), &["--data-dir", &data], &[]), &[2], &["file/data", "--data-dir"], &[]);
    let output = serve(folder.path(), &[], &[("AUTHSOME_MAIL_DIR", &data)]);
    assert_stopped(&output, &[2], &["file/data", "AUTHSOME_MAIL_DIR"], &[]);
}

#[test]
fn a_port_that_is_taken_is_named_and_nothing_is_made() {
    let folder = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(folder.path(), ["serve", "--listen", &address]);
    assert_stopped(&output, &[2], &[&address, "--listen"], &[]);
    assert!(!folder.path().join("data/authsome.db").exists());
}

#[test]
fn a_file_that_is_no_database_is_refused_and_kept() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("text.db");
    std::fs::write(&file, "this is a letter, not a database\n".repeat(100)).unwrap();
    let before = std::fs::read(&file).unwrap();
    let url = format!("sqlite:{}", file.display());
    assert_stopped(&serve(folder.path(), &["--database", &url], &[]), &[1, 2], &["database"], &[]);
    assert_eq!(std::fs::read(&file).unwrap(), before);
    let missing = format!("sqlite:{}", folder.path().join("no/such/folder/a.db").display());
    assert_stopped(&serve(folder.path(), &["--database", &missing], &[]), &[1, 2], &["database"], &[]);
}

#[test]
fn a_database_of_a_newer_program_is_refused_and_kept() {
    let folder = TempDir::new().unwrap();
    assert!(run(folder.path(), ["migrate", "up"]).status.success());
    let url = format!("sqlite:{}", folder.path().join("data/authsome.db").display());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        use authsome_core::clock::SystemClock;
        use authsome_core::migration::{MigrationTarget, RunBy, Step};
        use authsome_core::schema::Schema;
        use authsome_core::store::Store;

        let store = authsome_store_sqlite::SqliteStore::connect(&url).await.unwrap();
        let target: &dyn MigrationTarget = store.migrations();
        let step = Step {
            group: "core".to_owned(),
            version: 9_999,
            name: "of_tomorrow".to_owned(),
            checksum: "0".repeat(64),
            operations: Vec::new(),
            before: Schema::default(),
        };
        let mut session = target.begin().await.unwrap();
        session.record(&[step], &RunBy { program: "authsome 99.0.0", clock: &SystemClock }).await.unwrap();
        session.finish().await.unwrap();
        store.close().await.unwrap();
    });
    assert_stopped(&serve(folder.path(), &[], &[]), &[1, 2], &["newer than the program"], &[]);
    assert_stopped(&run(folder.path(), ["migrate", "plan"]), &[1, 2], &["newer than the program"], &[]);
}

#[test]
fn another_master_key_than_the_databases_is_refused() {
    let server = Launch::default().start();
    let folder = server.folder();
    assert!(server.stop().success());
    std::fs::remove_file(folder.path().join("data/master.key")).unwrap();
    for _ in 0..2 {
        assert_stopped(&serve(folder.path(), &[], &[]), &[1, 2], &["master key"], &[]);
        assert!(!folder.path().join("data/master.key").exists(), "a key that opens nothing was left behind");
    }
}

#[test]
fn a_url_that_its_backend_refuses_is_called_by_its_name() {
    let folder = TempDir::new().unwrap();
    for url in ["postgres://u:hunter2@h/d?nonsense=1", "mongodb://u:hunter2@h/d?directConnection=true", "sqlite:?"] {
        let refused = serve(folder.path(), &[], &[("DATABASE_URL", url), KEY]);
        assert_stopped(&refused, &[2], &["the database URL cannot be used"], &["hunter2", "invalid the"]);
    }
}

#[test]
fn flags_win_over_variables_over_the_file() {
    let server = Launch::default().start();
    let folder = server.folder();
    assert!(server.stop().success());
    let mark = |name: &str| folder.path().join(name).exists();
    let write = |name: &str| std::fs::write(folder.path().join("authsome.toml"), format!("data_dir = \"{name}\"\n"));
    write("from-file").unwrap();
    let up = |arguments: &[&str], variable: Option<&str>| {
        let mut command = program(folder.path());
        command.env_remove("AUTHSOME_DATA_DIR").args(arguments).args(["migrate", "up"]);
        if let Some(folder) = variable {
            command.env("AUTHSOME_DATA_DIR", folder);
        }
        assert!(output(&mut command).status.success());
    };
    up(&[], None);
    assert!(mark("from-file") && !mark("from-variable") && !mark("from-flag"));
    up(&[], Some("from-variable"));
    assert!(mark("from-variable") && !mark("from-flag"));
    up(&["--data-dir", "from-flag"], Some("from-variable"));
    assert!(mark("from-flag"));
}

#[test]
fn a_data_folder_may_have_any_name() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("a b/50%41 # é?");
    let up = output(program(folder.path()).arg("--data-dir").arg(&data).args(["migrate", "up"]));
    assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
    assert!(data.join("authsome.db").exists());
}

#[test]
fn a_start_says_what_an_operator_must_know() {
    let server = Launch::default().start();
    let log = server.log();
    for text in ["data folder", "admin.token", "rate limits are off", "mail is not configured", "production"] {
        assert!(log.contains(text), "{text:?} is not in {log}");
    }
    let token = std::fs::read_to_string(server.data().join("admin.token")).unwrap();
    assert!(!log.contains(token.trim()));
}

#[cfg(unix)]
#[test]
fn what_the_first_start_makes_is_private() {
    use std::os::unix::fs::PermissionsExt;

    let server = Launch::default().start();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&server.data()), 0o700);
    assert_eq!(mode(&server.data().join("mail")), 0o700);
    assert_eq!(mode(&server.data().join("master.key")), 0o600);
    assert_eq!(mode(&server.data().join("admin.token")), 0o600);
}
