//! Which crate may be built from which.

use super::tree::Tree;

/// The crates of the workspace, lowest first, each with all that it may be built from.
const LAYERS: &[(&str, &[&str])] = &[
    ("authsome-macros", &[]),
    ("authsome-core", &["authsome-macros"]),
    ("authsome-migrate", &["authsome-core"]),
    ("authsome-store-memory", &["authsome-core", "authsome-migrate"]),
    ("authsome-store-mongo", &["authsome-core", "authsome-migrate"]),
    ("authsome-store-sql", &["authsome-core", "authsome-migrate"]),
    ("authsome-store-pg", &["authsome-core", "authsome-migrate", "authsome-store-sql"]),
    ("authsome-store-sqlite", &["authsome-core", "authsome-migrate", "authsome-store-sql"]),
    ("authsome-conformance", &["authsome-core", "authsome-migrate"]),
    ("authsome-example-backend", &["authsome-core", "authsome-migrate"]),
    ("authsome-mail", &["authsome-core"]),
    ("authsome-plugin-password", &["authsome-core"]),
    ("authsome-context", &["authsome-core"]),
    ("authsome-outbox", &["authsome-context", "authsome-core"]),
    ("authsome-engine", &["authsome-context", "authsome-core", "authsome-outbox"]),
    ("authsome-example-plugin", &["authsome-core"]),
    ("authsome-testkit", &["authsome-core", "authsome-engine", "authsome-store-memory"]),
    ("authsome-http", &["authsome-core", "authsome-engine"]),
    (
        "authsome",
        &[
            "authsome-context",
            "authsome-core",
            "authsome-engine",
            "authsome-http",
            "authsome-mail",
            "authsome-migrate",
            "authsome-plugin-password",
            "authsome-store-memory",
            "authsome-store-mongo",
            "authsome-store-pg",
            "authsome-store-sqlite",
            "authsome-testkit",
        ],
    ),
    (
        "authsome-testkit",
        &["authsome", "authsome-core", "authsome-engine", "authsome-plugin-password", "authsome-store-memory"],
    ),
    ("authsome-server", &["authsome"]),
    ("authsome-test-servers", &[]),
    ("xtask", &[]),
];

/// Suites reach across the crates; nothing is built from them.
const SUITES: &[&str] = &["authsome-bench", "authsome-compile-fail", "authsome-tests"];

pub(super) fn arrows_point_down(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for member in tree.crates.iter().filter(|member| !SUITES.contains(&member.name.as_str())) {
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == member.name) else {
            complaints.push(format!("{}: give the crate its place in xtask/src/tidy/layers.rs", member.folder));
            continue;
        };
        for below in &member.built_from {
            if !allowed.contains(&below.as_str()) {
                complaints.push(format!("{}: it may not be built from {below}", member.folder));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::super::tree::Crate;
    use super::*;

    fn complaints(name: &str, built_from: &[&str]) -> usize {
        let built_from = built_from.iter().map(|name| (*name).to_owned()).collect();
        let member = Crate { name: name.to_owned(), folder: "crates/x".to_owned(), built_from };
        arrows_point_down(&Tree { crates: vec![member], files: Vec::new() }).len()
    }

    #[test]
    fn an_arrow_that_points_up_or_aside_is_found() {
        assert_eq!(complaints("authsome-core", &["authsome-macros"]), 0);
        assert_eq!(complaints("authsome-core", &["authsome-engine"]), 1);
        assert_eq!(complaints("authsome-plugin-password", &["authsome-core", "authsome-store-memory"]), 1);
        assert_eq!(complaints("authsome-context", &["authsome-core"]), 0);
        assert_eq!(complaints("authsome-context", &["authsome-engine", "authsome-migrate"]), 2);
        assert_eq!(complaints("authsome-engine", &["authsome-context", "authsome-http", "authsome-store-sqlite"]), 2);
        assert_eq!(complaints("authsome-tests", &["authsome-server", "authsome-engine"]), 0);
    }

    #[test]
    fn a_crate_without_a_place_is_found() {
        assert_eq!(complaints("authsome-new", &[]), 1);
    }

    #[test]
    fn the_list_itself_points_down() {
        for (position, (name, allowed)) in LAYERS.iter().enumerate() {
            for below in *allowed {
                let lower = LAYERS.iter().take(position).any(|(other, _)| other == below);
                assert!(lower, "{name} is listed before {below}");
            }
        }
    }
}
