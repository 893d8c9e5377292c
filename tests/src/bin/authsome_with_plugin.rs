//! The program with one more plugin, for tests.

use authsome_example_plugin::MagicLinkPlugin;

fn main() -> std::process::ExitCode {
    authsome_server::main_with(|| vec![Box::new(MagicLinkPlugin)])
}
