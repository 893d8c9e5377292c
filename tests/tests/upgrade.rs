//! The database of every release so far, as that release wrote it, with this program: one test for each backend, version
//! and law, named `<backend>::<version>::<law>`.
//!
//! Memory keeps nothing, so nothing of it is upgraded. A backend whose server is not named or does not answer fails each
//! of its tests; none is left out silently.
#![expect(clippy::expect_used, clippy::panic, reason = "a suite fails where it meets what it does not expect")]

mod upgrade {
    pub(crate) mod later;
    pub(crate) mod people;
    pub(crate) mod restored;
    pub(crate) mod stored;
}

use std::process::ExitCode;

use authsome_tests::fixtures::{self, Fixture, KINDS, generator};
use authsome_tests::home::Kind;
use authsome_tests::suite::wanted;
use libtest_mimic::{Arguments, Trial};

use upgrade::restored::Restored;
use upgrade::{later, people, stored};

/// A law's name, and how it is held on a database that a fixture was loaded into.
type Law = (&'static str, fn(&Restored));

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Cases wait for servers and disks as much as they compute.
    arguments.test_threads =
        arguments.test_threads.or_else(|| std::thread::available_parallelism().ok().map(|cores| 2 * cores.get()));
    let laws: Vec<Law> = [stored::LAWS, people::LAWS, later::LAWS].concat();
    let mut trials = vec![Trial::test("the_version_of_this_tree_has_a_fixture", || {
        the_version_of_this_tree_has_a_fixture();
        Ok(())
    })];
    let wanted = wanted();
    for kind in KINDS.into_iter().filter(|kind| wanted.contains(kind)) {
        trials.push(trial(format!("{}::a_fixture_is_the_same_each_time_it_is_made", kind.name()), move || {
            a_fixture_is_the_same_each_time_it_is_made(kind);
        }));
        for version in fixtures::versions() {
            for (name, law) in laws.iter().copied() {
                let fixture = Fixture { version: version.clone() };
                let name = format!("{}::{version}::{name}", kind.name());
                trials.push(trial(name, move || law(&Restored::new(kind, &fixture))));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(name: String, law: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        law();
        Ok(())
    })
}

fn the_version_of_this_tree_has_a_fixture() {
    let current = Fixture { version: fixtures::CURRENT.to_owned() };
    assert!(
        fixtures::versions().contains(&current.version),
        "{} has no fixture: run `cargo xtask fixture`",
        current.version
    );
    // Each fails where its file is missing.
    let _ = current.expected();
    assert!(KINDS.iter().all(|kind| !current.dump(*kind).is_empty()));
}

fn a_fixture_is_the_same_each_time_it_is_made(kind: Kind) {
    let make = || generator::generate_on(kind).unwrap_or_else(|error| panic!("{}: {error}", kind.name()));
    let ((first, expected), (second, again)) = (make(), make());
    assert_eq!(expected, again);
    let (first, second) = (lines(kind, &first), lines(kind, &second));
    let other = first.iter().zip(&second).find(|(first, second)| first != second);
    assert_eq!((other, first.len()), (None, second.len()));
}

/// The lines of a dump, less what MongoDB's are not the same in each time: the `_id`s that the driver makes up, which give
/// the order, and which lock documents were chosen.
fn lines(kind: Kind, dump: &str) -> Vec<String> {
    if kind != Kind::Mongodb {
        return dump.lines().map(str::to_owned).collect();
    }
    let collections = dump.split("{\"collection\":").filter(|text| !text.starts_with("\"authsome_locks\""));
    let mut lines: Vec<String> = collections.flat_map(str::lines).map(without_made_up_ids).collect();
    lines.sort();
    lines
}

fn without_made_up_ids(line: &str) -> String {
    const MARK: &str = "{\"$oid\":\"";
    let mut parts = line.split(MARK);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + MARK + part.split_once('"').map_or("", |(_, rest)| rest))
}
