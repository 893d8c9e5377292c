//! The authsome program.

fn main() -> std::process::ExitCode {
    authsome_server::main_with(Vec::new)
}
