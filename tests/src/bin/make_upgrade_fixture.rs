//! Makes the upgrade fixture of this version: `cargo xtask fixture` runs it with the servers that it needs.

use std::process::ExitCode;

use authsome_core::error::Cause;
use authsome_tests::fixtures::{self, generator};

fn main() -> ExitCode {
    match make() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("no fixture was made: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn make() -> Result<(), Cause> {
    let force = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [flag] if flag == "--force" => true,
        _ => return Err("the only argument is --force".into()),
    };
    let folder = fixtures::folder().join(fixtures::CURRENT);
    // Said before the work is done, and held again when it is.
    if folder.exists() && !force {
        return generator::write(&folder, &generator::Files::new(), force);
    }
    let files = generator::generate()?;
    generator::write(&folder, &files, force)?;
    for (name, text) in &files {
        say(&format!("{}: {} bytes", folder.join(name).display(), text.len()));
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a tool talks to the person who runs it")]
fn say(line: &str) {
    eprintln!("{line}");
}
