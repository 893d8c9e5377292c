//! The conformance suite on every backend: one test for each case and backend, named `<backend>::<case>`.
//!
//! Takes the arguments of a usual test program, such as a part of a name. A backend that cannot be opened fails the
//! run; none is left out silently.

use std::process::ExitCode;
use std::sync::Arc;

use authsome::password::{PasswordHash, PasswordPlugin};
use authsome_conformance::{Case, Home, Subject, at, code as word, hash, id, parts, plugin_cases};
use authsome_core::error::Cause;
use authsome_example_plugin::{
    BlockedDomain, BlockedDomainsPlugin, MagicLink, MagicLinkPlugin, PaperCode, PaperCodePlugin,
};
use authsome_tests::backends::backends;
use authsome_tests::matrix::Matrix;
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

fn main() -> Result<ExitCode, Cause> {
    let mut arguments = Arguments::from_args();
    // Cases wait for disks as much as they compute.
    arguments.test_threads =
        arguments.test_threads.or_else(|| std::thread::available_parallelism().ok().map(|cores| 2 * cores.get()));
    let of_plugins = [
        ("Entities of the password plugin", password_cases()?),
        ("Entities of a third party's plugin", example_cases()?),
    ];
    let parts: Vec<(&str, Vec<Case>)> = parts().into_iter().chain(of_plugins).collect();
    let matrix = Arc::new(Matrix::default());
    let runtime = Arc::new(Runtime::new()?);
    let mut trials = Vec::new();
    for backend in backends()? {
        if !arguments.list {
            let opened = runtime.block_on(backend.prepared());
            opened.map_err(|error| format!("the backend {} cannot be opened: {error}", backend.name()))?;
        }
        for (part, case) in parts.iter().flat_map(|(part, cases)| cases.iter().map(move |case| (*part, case))) {
            let name = format!("{}::{}", backend.name(), case.name());
            let noted = backend.name().to_owned();
            let (backend, runtime, case) = (Arc::clone(&backend), Arc::clone(&runtime), case.clone());
            let run = move || runtime.block_on(case.run(backend.as_ref())).map_err(Failed::from);
            trials.push(Trial::test(name, matrix.noting(part, &noted, run)));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    matrix.write()?;
    Ok(conclusion.exit_code())
}

/// The cases of the password plugin's entity.
fn password_cases() -> Result<Vec<Case>, Cause> {
    fn sample(home: &Home, number: u32) -> PasswordHash {
        PasswordHash {
            user_id: id(number),
            scope: home.scope,
            hash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA".to_owned(),
            generation: 0,
            created_at: at(0),
            updated_at: at(0),
        }
    }
    Ok(plugin_cases(&PasswordPlugin::default(), vec![Subject::with(u32::MAX, sample)])?)
}

/// The cases of the entities of plugins that are not shipped.
fn example_cases() -> Result<Vec<Case>, Cause> {
    fn link(home: &Home, number: u32) -> MagicLink {
        MagicLink {
            id: id(number),
            scope: home.scope,
            user_id: id(number),
            email_key: format!("user-{number}@example.com"),
            token_hash: hash(home, number),
            created_at: at(0),
            expires_at: at(900),
            consumed_at: None,
        }
    }
    fn code(home: &Home, number: u32) -> PaperCode {
        PaperCode {
            user_id: id(number),
            scope: home.scope,
            code_hash: hash(home, number),
            created_at: at(0),
            confirmed_at: None,
        }
    }
    fn domain(home: &Home, number: u32) -> BlockedDomain {
        BlockedDomain { domain: format!("{}.example", word(number)), scope: home.scope, created_at: at(0) }
    }
    let mut cases = plugin_cases(&MagicLinkPlugin, vec![Subject::with(u32::MAX, link)])?;
    cases.extend(plugin_cases(&PaperCodePlugin, vec![Subject::with(u32::MAX, code)])?);
    cases.extend(plugin_cases(&BlockedDomainsPlugin, vec![Subject::with(u32::MAX, domain)])?);
    Ok(cases)
}
