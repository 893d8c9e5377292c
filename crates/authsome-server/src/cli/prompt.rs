//! Questions at the terminal: for passwords, which never come from a flag because others could read it, and for
//! consent.

use std::io::{IsTerminal, Read, Write};

use authsome::core::secret::Password;

use crate::failure::Failure;

/// The source of a password.
#[derive(clap::Args, Debug)]
pub(crate) struct PasswordSource {
    /// Read the password from standard input instead of asking for it: one line; more lines are refused
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

impl PasswordSource {
    /// Reads a new password: from standard input, else twice from the terminal without showing it.
    pub(crate) fn read(&self) -> Result<Password, Failure> {
        let text = if self.password_stdin { from_stdin()? } else { from_terminal()? };
        Password::new(text).map_err(|error| Failure::run(error, "choose another password"))
    }
}

/// Asks whether to go on with a step that cannot be undone. Without a terminal, only `flag` agrees to it.
pub(crate) fn confirm(consequence: &str, flag: &str) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::run(
            format!("{consequence} Without a terminal, the program cannot ask whether to go on"),
            format!("give {flag} to go on without being asked"),
        ));
    }
    let mut answer = String::new();
    let mut stderr = std::io::stderr().lock();
    let asked = write!(stderr, "{consequence} Type `yes` to go on: ").and_then(|()| stderr.flush());
    asked.and_then(|()| std::io::stdin().read_line(&mut answer)).map_err(|error| {
        Failure::run(format!("cannot read the answer: {error}"), format!("try again, or give {flag}"))
    })?;
    if answer.trim() == "yes" { Ok(()) } else { Err(Failure::run("nothing was done", "type `yes` to go on")) }
}

fn from_stdin() -> Result<String, Failure> {
    // Room for one byte too many, so that a longer password is refused instead of cut, and for a line end.
    let most = u64::try_from(Password::MAX_BYTES).unwrap_or(u64::MAX).saturating_add(3);
    let mut text = String::new();
    std::io::stdin().lock().take(most).read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    first_line(&text).map(ToOwned::to_owned)
}

/// The one line of a text. A second line could be a part of the password, or another secret.
fn first_line(text: &str) -> Result<&str, Failure> {
    let breaks = ['\n', '\r'];
    let (line, rest) = text.split_at(text.find(breaks).unwrap_or(text.len()));
    if rest.trim_matches(breaks).is_empty() {
        Ok(line)
    } else {
        Err(Failure::run("standard input has more than one line", "give the password alone, on one line"))
    }
}

fn from_terminal() -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::run("without a terminal, the program cannot ask for a password", "use --password-stdin"));
    }
    let password = rpassword::prompt_password("Password: ").map_err(|error| unreadable(&error))?;
    let again = rpassword::prompt_password("Again: ").map_err(|error| unreadable(&error))?;
    if password == again { Ok(password) } else { Err(Failure::run("the two passwords differ", "try again")) }
}

fn unreadable(error: &std::io::Error) -> Failure {
    Failure::run(format!("cannot read the password: {error}"), "try again, or use --password-stdin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_ends_a_password_and_nothing_may_follow() {
        for text in ["pass word ", "pass word \n", "pass word \r\n", "pass word \n\n"] {
            assert_eq!(first_line(text).unwrap(), "pass word ", "{text:?}");
        }
        assert_eq!(first_line("").unwrap(), "");
        for text in ["one\ntwo", "one\r\ntwo\n", "one\n\ntwo", "one\rtwo", "one\n ", "\ntwo"] {
            let refusal = first_line(text).unwrap_err();
            assert_eq!(refusal.exit(), 1);
            assert!(!refusal.to_string().contains("two"), "{refusal}");
        }
    }
}
