//! [`Failure`]: why the program ends, in one line.

use std::fmt;

/// Why the program ends: what is wrong, and what to do about it. It fits on one line and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    what: String,
    remedy: String,
    exit: u8,
}

/// Exit code of a failure at run time.
const FAILED: u8 = 1;
/// Exit code of a wrong configuration, and of a check that says no.
const REFUSED: u8 = 2;

impl Failure {
    /// The configuration is wrong: exit code 2.
    pub(crate) fn config(what: impl fmt::Display, remedy: impl fmt::Display) -> Self {
        Self { what: one_line(what), remedy: one_line(remedy), exit: REFUSED }
    }

    /// Something failed: exit code 1.
    pub(crate) fn run(what: impl fmt::Display, remedy: impl fmt::Display) -> Self {
        Self { what: one_line(what), remedy: one_line(remedy), exit: FAILED }
    }

    /// The same as a failure at run time: exit code 1.
    pub(crate) fn while_running(self) -> Self {
        Self { exit: FAILED, ..self }
    }

    /// The code that the process ends with.
    pub(crate) const fn exit(&self) -> u8 {
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.remedy)
    }
}

impl std::error::Error for Failure {}

/// An error with its causes, outermost first.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Many errors repeat their cause in their own text.
        if !texts.iter().any(|said| said.contains(&text)) {
            texts.push(text);
        }
        cause = error.source();
    }
    texts.join(": ")
}

fn one_line(text: impl fmt::Display) -> String {
    text.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line_whatever_its_cause_says() {
        let failure = Failure::config("the file\nis bad\r\n  here", "mend it");
        assert_eq!(failure.to_string(), "the file is bad here: mend it");
        assert_eq!(failure.exit(), 2);
    }
}
