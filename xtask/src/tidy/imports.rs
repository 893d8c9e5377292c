//! Which files of a crate import which.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::modules::Modules;
use super::tree::Tree;

/// Crates whose files import each other in no circle.
const WITHOUT_CIRCLES: &[&str] = &[
    "authsome-context",
    "authsome-engine",
    "authsome-outbox",
    "authsome-http",
    "authsome-store-mongo",
    "authsome-migrate",
];

/// A crate and the folder of its module that hands the others out, which only `lib.rs` and the folder's own files import.
const FACADE: (&str, &str) = ("authsome-engine", "facade");

/// Which file imports which, each pair with the first line that does.
type Edges<'a> = BTreeMap<(&'a str, &'a str), usize>;

pub(super) fn in_no_circle(tree: &Tree) -> Vec<String> {
    WITHOUT_CIRCLES.iter().flat_map(|name| circles_of(tree, name)).collect()
}

fn circles_of(tree: &Tree, name: &str) -> Vec<String> {
    of_crate(tree, name, |_, edges| circles(edges))
}

pub(super) fn the_facade_is_on_top(tree: &Tree) -> Vec<String> {
    let (name, facade) = FACADE;
    of_crate(tree, name, |folder, edges| {
        let is_inside = |file: &str| file.starts_with(&format!("{folder}/src/{facade}/"));
        let is_upward =
            |(from, to): &(&str, &str)| is_inside(to) && !is_inside(from) && *from != format!("{folder}/src/lib.rs");
        let upward = edges.iter().filter(|(pair, _)| is_upward(pair));
        upward.map(|((from, to), line)| format!("{from}:{line}: it imports {to}, which is above it")).collect()
    })
}

/// What a rule says of a crate's folder and imports.
fn of_crate(tree: &Tree, name: &str, rule: impl Fn(&str, Edges<'_>) -> Vec<String>) -> Vec<String> {
    let Some(member) = tree.crates.iter().find(|member| member.name == name) else {
        return vec![format!("{name}: it is listed in xtask/src/tidy/imports.rs, and no crate of the workspace")];
    };
    match Modules::read(tree, &member.folder) {
        Ok(modules) => rule(&member.folder, modules.edges()),
        Err(complaint) => vec![complaint],
    }
}

/// A complaint for each circle, shortest first, in which no import is told twice.
fn circles(mut edges: Edges<'_>) -> Vec<String> {
    let mut complaints = Vec::new();
    while let Some(circle) = shortest_circle(&edges) {
        let mut complaint = String::new();
        for pair in circle {
            let line = edges.remove(&pair).unwrap_or_default();
            let (from, to) = pair;
            complaint.push_str(&match complaint.is_empty() {
                true => format!("{from}:{line}: it imports {to}"),
                false => format!(", whose line {line} imports {to}"),
            });
        }
        complaints.push(complaint);
    }
    complaints
}

fn shortest_circle<'a>(edges: &Edges<'a>) -> Option<Vec<(&'a str, &'a str)>> {
    let starts: BTreeSet<&str> = edges.keys().map(|(from, _)| *from).collect();
    starts.into_iter().filter_map(|start| way_back(edges, start)).min_by_key(Vec::len)
}

/// The shortest way from a file back to itself.
fn way_back<'a>(edges: &Edges<'a>, start: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(from) = waiting.pop_front() {
        for (_, to) in edges.keys().filter(|(file, _)| *file == from) {
            if !came_from.contains_key(to) {
                came_from.insert(*to, from);
                waiting.push_back(*to);
            }
        }
        if came_from.contains_key(start) {
            break;
        }
    }
    let mut way = Vec::new();
    let mut file = start;
    while way.is_empty() || file != start {
        let before = *came_from.get(file)?;
        way.push((before, file));
        file = before;
    }
    way.reverse();
    Some(way)
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Crate, File};
    use super::*;

    /// A workspace of an engine with these files.
    fn engine(files: &[(&str, &str)]) -> Tree {
        let name = "authsome-engine".to_owned();
        let member = Crate { name, folder: "e".to_owned(), built_from: BTreeSet::new() };
        let file = |(path, text): &(&str, &str)| File { path: format!("e/src/{path}"), text: (*text).to_owned() };
        Tree { crates: vec![member], files: files.iter().map(file).collect() }
    }

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        circles_of(&engine(files), "authsome-engine")
    }

    fn of_three(lib: &str, a: &str, b: &str) -> Vec<String> {
        found(&[("lib.rs", lib), ("a.rs", a), ("b.rs", b)])
    }

    const NOTHING: Vec<String> = Vec::new();

    #[test]
    fn a_circle_is_told_file_by_file_with_the_importing_lines() {
        let told = "e/src/a.rs:3: it imports e/src/b.rs, whose line 1 imports e/src/a.rs";
        assert_eq!(of_three("mod a;\nmod b;", "struct A;\n\nuse crate::b::B;", "use super::a::A;\nstruct B;"), [told]);
    }

    #[test]
    fn a_circle_over_three_files_is_found_and_a_tree_is_none() {
        let lib = ("lib.rs", "mod a; mod b; mod c;");
        let (a, b) = (("a.rs", "use crate::b::B; struct A;"), ("b.rs", "use crate::c::C; struct B;"));
        assert_eq!(found(&[lib, a, b, ("c.rs", "use crate::a::A; struct C;")]).len(), 1);
        assert_eq!(found(&[lib, a, b, ("c.rs", "struct C;")]), NOTHING);
    }

    #[test]
    fn each_circle_is_told_once() {
        let lib = ("lib.rs", "mod a; mod b; mod c;");
        let a = ("a.rs", "use crate::{b::B, c::C}; struct A;");
        let told = found(&[lib, a, ("b.rs", "use crate::a::A; struct B;"), ("c.rs", "use crate::a::A; struct C;")]);
        assert_eq!(told.len(), 2, "{told:?}");
    }

    #[test]
    fn nested_groups_renamed_names_and_all_names_are_imports() {
        for import in ["use crate::{x::{self, Y as Z}, b::{B as C, D}};", "use crate::b::*;", "use super::{b::{D}};"] {
            let lib = "mod a; mod b; mod x { pub struct Y; }";
            assert_eq!(of_three(lib, &format!("{import} struct A;"), "struct B; struct D; use crate::a::A;").len(), 1);
        }
    }

    #[test]
    fn a_path_within_code_a_macro_or_a_body_is_an_import() {
        for code in [
            "fn a() { crate::b::b() }",
            "fn a() { println!(\"{}\", super::b::b()) }",
            "fn a() { use crate::b::b; b() }",
            "use crate::b; fn a(x: u8) { b::b(x) }",
            "use crate::b; impl b::B for u8 { fn f() {} }",
            "macro_rules! m { () => { $crate::b::b() }; }",
        ] {
            assert_eq!(
                of_three("mod a; mod b;", code, "use crate::a; fn b() { a::a() } trait B {}").len(),
                1,
                "{code}"
            );
        }
    }

    #[test]
    fn a_name_is_that_of_the_file_which_defines_it() {
        let root = ("lib.rs", "mod m; pub use m::{A, B};");
        let middle = ("m/mod.rs", "mod a; mod b; pub use a::A; pub(crate) use self::b::*;");
        let b = ("m/b.rs", "pub struct B;");
        assert_eq!(found(&[root, middle, ("m/a.rs", "use super::B; pub struct A;"), b]), NOTHING);
        assert_eq!(found(&[root, middle, ("m/a.rs", "use crate::B; pub struct A;"), b]), NOTHING);
        let circle =
            found(&[root, middle, ("m/a.rs", "use super::B; pub struct A;"), ("m/b.rs", "use crate::A; struct B;")]);
        assert!(circle.concat().starts_with("e/src/m/a.rs:1: it imports e/src/m/b.rs"), "{circle:?}");
    }

    #[test]
    fn a_module_that_hands_a_name_on_imports_it_where_its_own_code_uses_it() {
        let child = ("m/a.rs", "use super::M; pub struct A(M);");
        for (middle, circles) in [
            ("mod a; pub use a::A; pub struct M;", 0),
            ("mod a; pub use a::*; pub struct M;", 0),
            ("mod a; pub use a::A; pub struct M(Box<A>);", 1),
            ("mod a; pub use a::*; pub struct M(Box<A>);", 1),
            ("mod a; use a::A; pub struct M(Box<A>);", 1),
        ] {
            assert_eq!(found(&[("lib.rs", "mod m;"), ("m/mod.rs", middle), child]).len(), circles, "{middle}");
        }
    }

    #[test]
    fn what_a_macro_defines_is_of_the_module_that_it_is_asked_of() {
        assert_eq!(of_three("mod a; mod b;", "made!(A); use crate::b::B;", "made! { B } use crate::a::A;").len(), 1);
    }

    #[test]
    fn tests_texts_visibility_other_crates_and_modules_within_a_file_make_no_circle() {
        for a in [
            "#[cfg(test)] mod tests { use crate::b::B; }",
            "#[cfg(test)]\n#[expect(x)]\nmod tests; pub struct A;",
            "#[cfg(test)] use crate::b::B;",
            "/// See [`crate::b::B`].\nconst A: &str = \"crate::b::B\";",
            "use b::B; use ::b::C; use std::b::D;",
            "pub(super) fn a() {} pub(in crate::b) fn b() {}",
            "mod inner { use super::A; pub(super) struct B; } use inner::B; struct A;",
        ] {
            assert_eq!(of_three("mod a; mod b;", a, "use crate::a::A; pub struct B;"), NOTHING, "{a}");
        }
    }

    #[test]
    fn items_end_where_they_end() {
        let a =
            "const A: S = S { x: 1 }; const fn f() -> u8 { 1 } #[derive(X)] struct T(u8); static V: [u8; 2] = [0; 2];
            impl T { fn g() {} } type U = fn(u8); mod inner { fn h() {} } pub(crate) unsafe fn i() {}
            #[cfg(test)] impl T { fn j() { crate::b::B } } use super::b::B;";
        assert_eq!(of_three("mod a; mod b;", a, "use crate::a::i; struct B;").len(), 1);
        for name in ["A", "f", "T", "V", "U", "inner::h", "i"] {
            let told = found(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", &format!("use super::a::{name};"))]);
            assert_eq!(told.len(), 1, "{name}");
        }
    }

    #[test]
    fn only_the_root_imports_the_facade() {
        let lib = ("lib.rs", "mod a; mod facade; pub use facade::Engine; fn root() { facade::engine::start() }");
        let facade = ("facade/mod.rs", "pub mod engine; pub use engine::Engine;");
        let above = ("facade/engine.rs", "use super::other; pub struct Engine; use crate::a::A;");
        let told = |a: &str| the_facade_is_on_top(&engine(&[lib, facade, above, ("a.rs", a)]));
        assert_eq!(told("pub struct A;"), NOTHING);
        assert_eq!(told("use crate::facade::Engine;").len(), 1);
        assert_eq!(
            told("\nuse crate::Engine;"),
            ["e/src/a.rs:2: it imports e/src/facade/engine.rs, which is above it"]
        );
    }

    #[test]
    fn a_crate_that_is_gone_and_a_file_that_cannot_be_read_are_found() {
        assert_eq!(circles_of(&engine(&[]), "authsome-gone").len(), 1);
        assert_eq!(found(&[("lib.rs", "mod a;")]).len(), 1);
        assert_eq!(found(&[("lib.rs", "fn a( {")]).len(), 1);
    }
}
