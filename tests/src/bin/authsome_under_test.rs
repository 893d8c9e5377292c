//! The authsome program, built beside the suites that start it, so that what they start is what they were built with.

fn main() -> std::process::ExitCode {
    authsome_server::main_with(Vec::new)
}
