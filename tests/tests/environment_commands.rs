//! The commands that change, compare, write down and promote environments and apps, and that look for rows which leave their
//! environment, on every backend that a second process reaches.
#![expect(clippy::unwrap_used, reason = "a suite fails where it meets what it does not expect")]

#[cfg(unix)]
use std::fs::File;
#[cfg(unix)]
use std::io::{Read, Write};
#[cfg(unix)]
use std::process::Stdio;
use std::process::{ExitCode, Output};

use authsome_core::app::App;
use authsome_core::entity::Entity;
use authsome_core::environment::{Environment, EnvironmentStore};
use authsome_core::event::Event;
use authsome_core::user::User;
use authsome_store_sqlite::SqliteStore;
use authsome_tests::cases;
use authsome_tests::home::{Home, Kind};
use authsome_tests::program::{done, printed};
use authsome_tests::suite::{Case, Suite};
use sea_orm::ConnectionTrait;

const SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

const FILE: &str = "name: Preview
slug: preview
type: custom
description: 'yes'
color: '#123456'
settings:
  session_ttl: 3600
  allowed_auth_methods: [password]
metadata:
  team: '007'
forms:
  signup:
  - name: company
    label: Company
    type: text
    required: true
webhooks:
- url: https://hooks.example.com/a
  events: [user.created]
  enabled: true
  secret: {env: HOOK}
- url: https://hooks.example.com/b
  enabled: true
";

/// What is typed at a terminal, where there are any that a test can open.
#[cfg(unix)]
const TYPED: &[Case<Home>] = cases![
    Home;
    a_promotion_happens_where_somebody_types_yes_and_for_no_other_word,
    a_promotion_is_refused_where_either_environment_changed_since_it_was_shown,
];
#[cfg(not(unix))]
const TYPED: &[Case<Home>] = &[];

fn main() -> ExitCode {
    Suite::of("Commands for environments")
        .on_homes_of(
            &Kind::LASTING,
            cases![
                Home;
                an_environment_is_changed_cloned_and_deleted_with_the_words_that_http_takes,
                an_app_is_changed_and_deleted_with_the_word_that_http_takes,
                what_was_exported_is_imported_as_it_was,
                a_file_that_cannot_be_used_changes_nothing,
                what_was_not_made_is_told_from_what_was_not_changed,
                an_import_is_shown_and_happens_only_where_somebody_agrees,
                environments_that_differ_are_told_by_exit_code_2,
                a_promotion_is_shown_and_happens_only_where_somebody_agrees,
                no_row_of_ordinary_use_leaves_its_environment,
            ],
        )
        .on_homes_of(&[Kind::Sqlite], cases![Home; rows_that_leave_their_environment_are_found])
        .on_homes_of(&[Kind::Sqlite], TYPED)
        .on_homes_of(&[Kind::Memory], cases![Home; a_memory_database_is_out_of_the_reach_of_a_look_at_rows])
        .run()
}

/// The one line on standard error of a command that ends with code 1.
#[track_caller]
fn refused(output: &Output) -> String {
    let line = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{}{line}", printed(output));
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

/// Imports a file, with the secret that it names, without being asked.
fn import(home: &Home, file: &str, more: &[&str]) -> Output {
    import_asking(home, file, &[more, &["--confirm", "import"]].concat())
}

fn import_asking(home: &Home, file: &str, more: &[&str]) -> Output {
    let path = home.data().with_file_name("environment.yaml");
    std::fs::write(&path, file).unwrap();
    let mut command = home.program();
    command.env("HOOK", SECRET).args(["env", "import"]).arg(path).args(more).output().unwrap()
}

fn an_environment_is_changed_cloned_and_deleted_with_the_words_that_http_takes(home: &Home) {
    let update = ["env", "update", "staging", "--name", "Stage", "--set", "session_ttl=3600", "--metadata", "team=a=b"];
    assert!(done(&home.run(update)).contains("Stage"));
    let setting = |name: &str, slug: &str| {
        let shown = done(&home.run(["env", "show", slug]));
        let line = shown.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().skip(1).map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(setting("session_ttl", "staging"), ["3600", "environment"]);
    assert!(done(&home.run(["env", "export", "staging"])).contains("a=b"));
    refused(&home.run(["env", "update", "staging", "--set", "sesion_ttl=3600"]));
    refused(&home.run(["env", "update", "staging", "--set", "session_ttl=1"]));
    let composed = home.run(["env", "update", "staging", "--set", "require_numbers=true"]);
    let _ = done(&composed);
    assert!(String::from_utf8(composed.stderr).unwrap().contains("warning"));

    assert!(done(&home.run(["env", "clone", "staging", "Copy", "--inherit", "require_numbers"])).contains("copy"));
    assert_eq!(setting("session_ttl", "copy"), ["3600", "environment"]);
    assert_eq!(setting("require_numbers", "copy"), ["false", "built_in"]);
    let _ = done(&home.run(["env", "update", "staging", "--inherit", "session_ttl"]));
    assert_eq!(setting("session_ttl", "staging"), ["604800", "built_in"]);
    let _ = done(&home.run(["env", "delete", "copy"]));
    refused(&home.run(["env", "show", "copy"]));
    refused(&home.run(["env", "delete", "development"]));
    refused(&home.run(["env", "delete", "production", "--confirm", "delete-environment"]));

    let _ = done(&home.run(["env", "create", "Old", "--type", "production"]));
    for (command, action) in [
        (vec!["env", "update", "old", "--type", "custom"], "change-environment-type"),
        (vec!["env", "delete", "old"], "delete-environment"),
    ] {
        assert!(refused(&home.run(&command)).contains(&format!("--confirm {action}")));
        let other = command.iter().copied().chain(["--confirm", "delete-users"]);
        assert!(refused(&home.run(other)).contains(action));
    }
    let _ = done(&home.run(["env", "delete", "old", "--confirm", "delete-environment"]));
    assert_eq!(home.run(["env", "delete", "staging", "--confirm", "nonsense"]).status.code(), Some(1));

    let key = done(&home.run(["env", "publishable-key", "staging"]));
    assert!(key.starts_with("apk_test_") && done(&home.run(["env", "show", "staging"])).contains(key.trim()));
    let replaced = done(&home.run(["env", "publishable-key", "staging", "--replace"]));
    assert!(replaced.starts_with("apk_test_") && replaced != key);
    assert_eq!(done(&home.run(["env", "publishable-key", "staging"])), replaced);

    let key = done(&home.run(["env", "rotate-keys", "staging"]));
    let key = key.split_whitespace().find(|word| word.starts_with("asgk_")).unwrap().to_owned();
    refused(&home.run(["env", "rotate-keys", "staging"]));
    assert!(!done(&home.run(["env", "rotate-keys", "staging", "--compromised", &key])).contains(&key));
}

fn an_app_is_changed_and_deleted_with_the_word_that_http_takes(home: &Home) {
    let _ = done(&home.run(["app", "create", "My Shop"]));
    assert!(done(&home.run(["app", "update", "my-shop", "--slug", "shop", "--name", "Shop"])).contains("Shop"));
    let key = done(&home.run(["app", "publishable-key", "shop"]));
    assert_eq!(done(&home.run(["app", "publishable-key", "shop"])), key);
    let replaced = done(&home.run(["app", "publishable-key", "shop", "--replace"]));
    assert!(replaced.starts_with("apk_") && replaced != key);
    assert_eq!(done(&home.run(["app", "publishable-key", "shop"])), replaced);
    assert!(refused(&home.run(["app", "delete", "shop"])).contains("--confirm delete-app"));
    let _ = done(&home.run(["app", "delete", "shop", "--confirm", "delete-app"]));
    refused(&home.run(["env", "list", "--app", "shop"]));
    refused(&home.run(["app", "delete", "default", "--confirm", "delete-app"]));
}

fn what_was_exported_is_imported_as_it_was(home: &Home) {
    let _ = done(&import(home, FILE, &[]));
    let exported = done(&home.run(["env", "export", "preview"]));
    for line in FILE.lines().filter(|line| !line.contains("secret") && !line.contains('[')) {
        let value = line.split(['-', ':']).next_back().unwrap().trim().trim_matches(['\'', '"']);
        assert!(exported.contains(value), "{line} is not in\n{exported}");
    }
    assert!(!exported.contains("secret") && !exported.contains("whsec_"), "{exported}");
    let _ = done(&import(home, &exported, &[]));
    assert_eq!(done(&home.run(["env", "export", "preview"])), exported);

    // Into another one: what that is called stays.
    let user = ["user", "create", "--env", "staging", "--email", "a@commands.test", "--no-password"];
    let _ = done(&home.run(user));
    let _ = done(&import(home, &exported, &["--into", "staging"]));
    let into = done(&home.run(["env", "export", "staging"]));
    let called = exported
        .replace("name: Preview", "name: Staging")
        .replace("slug: preview", "slug: staging")
        .replace("type: custom", "type: staging");
    assert_eq!(into, called);
    assert!(done(&home.run(["user", "list", "--env", "staging"])).contains("a@commands.test"));

    // What the file does not have is taken away.
    let _ = done(&import(home, "name: Preview\nslug: preview\ntype: custom\n", &[]));
    let least = done(&home.run(["env", "export", "preview"]));
    assert!(!least.contains("company") && !least.contains("hooks.example.com"), "{least}");
    let _ = done(&import(home, &exported, &[]));
    assert_eq!(done(&home.run(["env", "export", "preview"])), exported);
    let piped = home.run_with_input(["env", "import", "-"], &exported.replace("preview", "second"));
    assert!(done(&piped).contains("second"));
}

fn a_file_that_cannot_be_used_changes_nothing(home: &Home) {
    let list = done(&home.run(["env", "list"]));
    let unknown = FILE.replace("  session_ttl", "  sesion_ttl");
    assert!(refused(&import(home, &unknown, &[])).contains("line 7"));
    assert!(refused(&import(home, &format!("{FILE}users: []\n"), &[])).contains("line 24"));
    let literal = refused(&import(home, &FILE.replace("{env: HOOK}", SECRET), &[]));
    assert!(literal.contains("line 21") && !literal.contains("AAAA"), "{literal}");
    assert!(refused(&import(home, &FILE.replace("HOOK", "NO_SUCH"), &[])).contains("NO_SUCH"));
    refused(&import(home, &FILE.replace("session_ttl: 3600", "session_ttl: 1"), &[]));
    refused(&import(home, &FILE.replace("https://hooks.example.com/b", "file:///etc/passwd"), &[]));
    refused(&home.run(["env", "import", "no-such-file.yaml"]));
    for unusable in [String::new(), "# a comment\n".to_owned(), format!("{FILE}---\n{FILE}")] {
        assert!(!refused(&import(home, &unusable, &[])).contains("from_str"));
    }
    assert_eq!(done(&home.run(["env", "list"])), list);
    let production = done(&home.run(["env", "export", "production"]));
    let other = production.replace("type: production", "type: custom");
    assert!(refused(&import(home, &other, &[])).contains("--confirm change-environment-type"));
    assert_eq!(done(&home.run(["env", "export", "production"])), production);
    let _ = done(&import(home, FILE, &["--into", "production"]));
    assert!(done(&home.run(["env", "export", "production"])).contains("type: production"), "its type stays");
    let _ = done(&import(home, &other, &["--confirm", "change-environment-type"]));
}

fn what_was_not_made_is_told_from_what_was_not_changed(home: &Home) {
    let words = |output: &Output| {
        let line = refused(output);
        (line.contains("not made"), line.contains("not changed"))
    };
    let (unmade, unchanged) = ((true, false), (false, true));
    assert_eq!(words(&home.run(["env", "create", "Staging"])), unmade);
    assert_eq!(words(&home.run(["env", "clone", "staging", "Staging"])), unmade);
    let bad = FILE.replace("session_ttl: 3600", "session_ttl: 1");
    assert_eq!(words(&import(home, &bad, &[])), unmade);
    assert_eq!(words(&import(home, &bad, &["--into", "staging"])), unchanged);
    assert_eq!(words(&home.run(["env", "update", "staging", "--slug", "production"])), unchanged);
}

fn an_import_is_shown_and_happens_only_where_somebody_agrees(home: &Home) {
    let _ = done(&import_asking(home, FILE, &[]));
    let before = done(&home.run(["env", "export", "preview"]));
    let least = "name: Preview\nslug: preview\ntype: custom\n";
    let asked = import_asking(home, least, &[]);
    assert!(refused(&asked).contains("--confirm import"));
    let plan = printed(&asked);
    for what in ["setting session_ttl", "form signup", "webhook https://hooks.example.com/b", "metadata"] {
        assert!(plan.lines().any(|line| line.starts_with(what)), "{what} is not in\n{plan}");
    }
    assert_eq!(done(&home.run(["env", "export", "preview"])), before);
    let _ = done(&import(home, least, &[]));
    assert_eq!(done(&import_asking(home, least, &[])).trim(), "nothing to do");
}

fn environments_that_differ_are_told_by_exit_code_2(home: &Home) {
    let diff = |one: &str, other: &str| home.run(["env", "diff", one, other]);
    let _ = done(&import(home, FILE, &[]));
    let _ = done(&home.run(["env", "clone", "preview", "Copy"]));
    assert_eq!(done(&diff("preview", "copy")).trim(), "no differences", "a webhook's switch is not compared");
    let _ = done(&home.run(["env", "update", "copy", "--set", "session_ttl=60"]));
    let found = diff("preview", "copy");
    assert_eq!(found.status.code(), Some(2));
    let rows: Vec<String> = printed(&found).lines().skip(1).map(ToOwned::to_owned).collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    let has = |begin: &str, value: &str| rows.iter().any(|row| row.starts_with(begin) && row.contains(value));
    assert!(has("effective session_ttl", "60 (environment)") && has("setting session_ttl", "60"), "{rows:?}");
    let all = printed(&diff("preview", "staging"));
    for what in ["type", "form signup", "webhook https://hooks.example.com/a", "setting allowed_auth_methods"] {
        assert!(all.lines().any(|line| line.starts_with(what)), "{what} is not in\n{all}");
    }
    refused(&diff("preview", "no-such"));
    let unusable = home.run(["env", "diff", "preview", "copy", "--database", "nonsense:"]);
    assert_eq!(unusable.status.code(), Some(1));
}

fn a_promotion_is_shown_and_happens_only_where_somebody_agrees(home: &Home) {
    let _ = done(&import(home, FILE, &[]));
    let before = done(&home.run(["env", "export", "production"]));
    let promote = ["env", "promote", "preview", "production"];
    let asked = home.run(promote);
    assert!(refused(&asked).contains("--confirm promote"));
    let plan = printed(&asked);
    for what in ["setting session_ttl", "form signup", "webhook https://hooks.example.com/b"] {
        assert!(plan.lines().any(|line| line.starts_with(what)), "{what} is not in\n{plan}");
    }
    assert!(plan.contains("switched off") && !plan.contains("type "), "{plan}");
    assert_eq!(done(&home.run(["env", "export", "production"])), before);
    let wrong = promote.into_iter().chain(["--confirm", "delete-environment"]);
    assert_eq!(home.run(wrong).status.code(), Some(1));

    let agreed = || promote.into_iter().chain(["--confirm", "promote"]);
    let _ = done(&home.run(agreed()));
    let after = done(&home.run(["env", "export", "production"]));
    for kept in ["name: Production", "slug: production", "type: production"] {
        assert!(after.contains(kept), "{after}");
    }
    assert!(after.contains("session_ttl: 3600") && after.contains("company"), "{after}");
    assert_eq!(after.matches("enabled: false").count(), 2, "{after}");
    assert_eq!(done(&home.run(agreed())).trim(), "nothing to do");
}

/// A terminal, and what somebody types at it.
#[cfg(unix)]
fn terminal() -> (File, File) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&keyboard).unwrap();
    unlockpt(&keyboard).unwrap();
    let name = ptsname(&keyboard, Vec::new()).unwrap().into_string().unwrap();
    let terminal = std::fs::OpenOptions::new().read(true).write(true).open(name).unwrap();
    (terminal, File::from(keyboard))
}

/// Runs a command whose standard input is a terminal, at which somebody has typed this.
#[cfg(unix)]
fn at_a_terminal(home: &Home, arguments: &[&str], typed: &str) -> Output {
    let (terminal, mut keyboard) = terminal();
    keyboard.write_all(typed.as_bytes()).unwrap();
    home.program().args(arguments).stdin(terminal).output().unwrap()
}

/// Runs a command at a terminal, at which somebody answers after this happened, which happens once they are asked.
#[cfg(unix)]
fn asked_at_a_terminal(home: &Home, arguments: &[&str], typed: &str, meanwhile: impl FnOnce()) -> Output {
    let (terminal, mut keyboard) = terminal();
    let mut command = home.program();
    command.args(arguments).stdin(terminal).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let mut asked = Vec::new();
    while !asked.ends_with(b"go on: ") {
        let mut byte = [0];
        stderr.read_exact(&mut byte).unwrap();
        asked.extend(byte);
    }
    meanwhile();
    keyboard.write_all(typed.as_bytes()).unwrap();
    let mut output = child.wait_with_output().unwrap();
    let _ = stderr.read_to_end(&mut output.stderr).unwrap();
    output
}

#[cfg(unix)]
fn a_promotion_is_refused_where_either_environment_changed_since_it_was_shown(home: &Home) {
    let _ = done(&import(home, FILE, &[]));
    let promote = ["env", "promote", "preview", "production"];
    let set = |slug: &str, setting: &str| done(&home.run(["env", "update", slug, "--set", setting]));
    let export = || done(&home.run(["env", "export", "production"]));
    let before = export();
    refused(&asked_at_a_terminal(home, &promote, "yes\n", || drop(set("preview", "session_ttl=60"))));
    assert_eq!(export(), before, "a session_ttl that nobody was shown");
    refused(&asked_at_a_terminal(home, &promote, "yes\n", || {
        let _ = done(&home.run(["env", "delete", "preview"]));
    }));
    assert_eq!(export(), before);
    let _ = done(&import(home, FILE, &[]));
    refused(&asked_at_a_terminal(home, &promote, "yes\n", || drop(set("production", "session_ttl=60"))));
    assert!(export().contains("session_ttl: 60"), "what somebody else set stays");
    let agreed = asked_at_a_terminal(home, &promote, "yes\n", || drop(set("staging", "session_ttl=60")));
    let _ = done(&agreed);
    assert!(export().contains("session_ttl: 3600"));
}

#[cfg(unix)]
fn a_promotion_happens_where_somebody_types_yes_and_for_no_other_word(home: &Home) {
    let _ = done(&import(home, FILE, &[]));
    let before = done(&home.run(["env", "export", "production"]));
    let promote = ["env", "promote", "preview", "production"];
    // The last is the end of what is typed.
    for typed in ["no\n", "\n", "y\n", "YES\n", "yes please\n", "\u{4}"] {
        let asked = at_a_terminal(home, &promote, typed);
        assert_eq!(asked.status.code(), Some(1), "{typed:?}");
        assert!(printed(&asked).contains("session_ttl"), "{typed:?}: the plan is shown");
        assert_eq!(done(&home.run(["env", "export", "production"])), before, "{typed:?}");
    }
    let agreed = at_a_terminal(home, &promote, "yes\n");
    let _ = done(&agreed);
    assert!(String::from_utf8(agreed.stderr).unwrap().contains("production"), "what is asked names what is changed");
    assert!(done(&home.run(["env", "export", "production"])).contains("session_ttl: 3600"));
    let again = at_a_terminal(home, &promote, "");
    assert_eq!(done(&again).trim(), "nothing to do");
}

fn no_row_of_ordinary_use_leaves_its_environment(home: &Home) {
    refused(&home.run(["doctor", "--isolation"]));
    let server = home.start();
    for slug in ["development", "staging"] {
        let client = server.client().environment(slug);
        let _ = client.sign_up("a@isolation.test").expect(201);
        let _ = client.sign_in("a@isolation.test", "not the password").refused(401, "invalid_credentials");
    }
    let _ = done(&import(home, FILE, &[]));
    let looked = done(&home.run(["doctor", "--isolation"]));
    assert!(looked.starts_with("ok ") && looked.lines().count() == 1, "{looked}");
}

fn a_memory_database_is_out_of_the_reach_of_a_look_at_rows(home: &Home) {
    assert!(refused(&home.run(["doctor", "--isolation"])).contains("memory"));
}

fn rows_that_leave_their_environment_are_found(home: &Home) {
    let server = home.start();
    for slug in ["development", "staging"] {
        let _ = server.client().environment(slug).sign_up("a@isolation.test").expect(201);
    }
    assert!(server.stop().success());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = format!("sqlite:{}", home.data().join("authsome.db").display());
    let planted = runtime.block_on(async {
        let store = SqliteStore::connect(&url).await.unwrap();
        let app = App::find(()).one(&store).await.unwrap().unwrap().id;
        let scope = async |slug| Environment::scope(&store.environment_by_slug(app, slug).await.unwrap().unwrap());
        let (here, there) = (scope("staging").await, scope("development").await);
        let foreign = User::find(&there).one(&store).await.unwrap().unwrap().id;
        // A column without a reference.
        let event = Event::find(&here).one(&store).await.unwrap().unwrap();
        let update = Event::update(&here).filter(Event::ID.eq(event.id));
        update.set(Event::TARGET, Some(foreign.to_string())).existing(&store).await.unwrap();
        // A column with one, where somebody switched constraints off.
        let mut options = sea_orm::ConnectOptions::new(format!("{url}?mode=rw"));
        options.max_connections(1);
        let raw = sea_orm::Database::connect(options).await.unwrap();
        raw.execute_unprepared("PRAGMA foreign_keys = OFF").await.unwrap();
        let cross = format!("UPDATE authsome_sessions SET user_id = '{foreign}' WHERE env_id = '{}'", here.env_id);
        raw.execute_unprepared(&cross).await.unwrap();
        raw.close().await.unwrap();
        [event.id.to_string(), foreign.to_string(), there.to_string()]
    });
    let looked = home.run(["doctor", "--isolation"]);
    let found = printed(&looked);
    assert!(refused(&looked).contains("2 references"), "{found}");
    assert_eq!(found.lines().count(), 2, "{found}");
    for table in ["authsome_events", "authsome_sessions"] {
        let line = found.lines().find(|line| line.contains(table)).unwrap();
        assert!(line.starts_with("fail") && line.contains(&planted[1]) && line.contains(&planted[2]), "{line}");
    }
    assert!(found.contains(&planted[0]));
}
