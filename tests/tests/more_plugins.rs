//! The program with one more plugin: its server, its migrations and its command line know it.

use authsome_tests::program::{Launch, done, run, run_with_plugin};
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
