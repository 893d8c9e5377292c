//! The program with one more plugin: its server, its migrations and its command line know it.

use authsome_tests::program::{Launch, done, printed, run, run_with_plugin};
use serde_json::json;
use tempfile::TempDir;

#[test]
fn the_migrations_of_a_further_plugin_are_planned_applied_and_shown() {
    let folder = TempDir::new().unwrap();
    let plan = done(&run_with_plugin(folder.path(), ["migrate", "plan"]));
    assert!(plan.contains("CREATE TABLE \"authsome_magic_links\""), "{plan}");
    assert!(!done(&run(folder.path(), ["migrate", "plan"])).contains("authsome_magic_links"));
    assert!(done(&run_with_plugin(folder.path(), ["migrate", "up"])).contains("applied magic_link/1"));
    assert!(done(&run_with_plugin(folder.path(), ["migrate", "status", "--check"])).contains("magic_link/1"));
    let _ = done(&run_with_plugin(folder.path(), ["doctor"]));
    let _ = done(&run_with_plugin(folder.path(), ["doctor", "--isolation"]));
}

#[test]
fn the_server_has_the_routes_of_a_further_plugin() {
    let server = Launch::default().with_plugin().start();
    let asked = server.client().post("/magic-link", &json!({"email": "nobody@example.com"}));
    let _ = asked.expect(202);
    let plain = Launch::default().start();
    let _ = plain.client().post("/magic-link", &json!({"email": "nobody@example.com"})).refused(404, "not_found");
}

#[test]
fn commands_know_the_settings_of_a_further_plugin() {
    let folder = TempDir::new().unwrap();
    let set = |value: &str| ["env", "update", "staging", "--set", value].map(str::to_owned);
    let _ = done(&run_with_plugin(folder.path(), set("magic_link_ttl=60")));
    let shown = done(&run_with_plugin(folder.path(), ["env", "show", "staging"]));
    assert!(shown.lines().any(|line| line.contains("magic_link_ttl") && line.contains("60")), "{shown}");
    assert!(!run_with_plugin(folder.path(), set("magic_link_ttl=59")).status.success());
    assert!(!run(TempDir::new().unwrap().path(), set("magic_link_ttl=60")).status.success());
}

#[test]
fn the_settings_of_a_further_plugin_are_exported_imported_compared_cloned_and_promoted() {
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str]| run_with_plugin(folder.path(), arguments);
    let exported = |slug: &str| done(&run(&["env", "export", slug]));
    let has_it = |slug: &str| exported(slug).contains("magic_link_ttl: 60");
    let _ = done(&run(&["env", "update", "staging", "--set", "magic_link_ttl=60"]));
    assert!(has_it("staging") && !has_it("production"));
    let differences = printed(&run(&["env", "diff", "staging", "production"]));
    for what in ["setting magic_link_ttl", "effective magic_link_ttl"] {
        assert!(differences.lines().any(|line| line.starts_with(what)), "{what} is not in\n{differences}");
    }
    let _ = done(&run(&["env", "clone", "staging", "Copy"]));
    assert!(has_it("copy"));
    let _ = done(&run(&["env", "promote", "staging", "production", "--confirm", "promote"]));
    assert!(has_it("production"));
    let file = folder.path().join("second.yaml");
    let import = |text: String| {
        std::fs::write(&file, text).unwrap();
        run(&["env", "import", file.to_str().unwrap()])
    };
    let second = exported("staging").replace("slug: staging", "slug: second");
    assert!(!import(second.replace("magic_link_ttl", "magic_link_tll")).status.success());
    let _ = done(&import(second));
    assert!(has_it("second"));
}
