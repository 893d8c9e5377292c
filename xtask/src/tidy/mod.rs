//! `cargo xtask tidy`: the rules that neither the compiler nor clippy knows.
//!
//! A rule is a function from the tree to complaints, each one line that begins with the place. To add one, write the
//! function in the file it belongs to and list it in [`RULES`].

mod crates;
mod decisions;
mod guide;
mod imports;
mod layers;
mod modules;
mod sources;
mod tokens;
mod tree;
mod words;

use anyhow::{Result, bail};

use crate::shell::say;
use tree::Tree;

type Rule = (&'static str, fn(&Tree) -> Vec<String>);

const RULES: &[Rule] = &[
    ("arrows between crates point down", layers::arrows_point_down),
    ("files import each other in no circle", imports::in_no_circle),
    ("only lib.rs imports the facade", imports::the_facade_is_on_top),
    ("every crate inherits the lints", crates::lints_are_inherited),
    ("every crate says what it is", crates::crate_docs_exist),
    ("only core, context, outbox and engine name the authenticator", sources::authenticator_stays_inside),
    ("plugins name no database", sources::plugins_name_no_database),
    ("a file is about one thing", sources::files_stay_short),
    ("a crate stays below its ceiling", sources::crates_stay_small),
    ("nothing is left for later", sources::nothing_is_left_for_later),
    ("an allowed lint has a reason", sources::allowances_have_reasons),
    ("decisions have their three parts", decisions::three_parts),
    ("a guide's code is its example's", guide::code_is_quoted),
    ("users read plain words", words::phrases_are_plain),
];

pub(crate) fn run() -> Result<()> {
    let tree = Tree::read(&crate::shell::root())?;
    let mut complaints = 0;
    for (name, rule) in RULES {
        for complaint in rule(&tree) {
            say(&format!("tidy: {complaint} ({name})"));
            complaints += 1;
        }
    }
    if complaints > 0 {
        bail!("{complaints} complaints");
    }
    say(&format!("tidy: {} files, {} rules, no complaints", tree.files.len(), RULES.len()));
    Ok(())
}
