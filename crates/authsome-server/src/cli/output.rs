//! The standard output of commands. Texts that people wrote cannot steer a terminal: tables and fields escape
//! characters that are not printable.

use std::io::{ErrorKind, Write};

use crate::failure::Failure;

/// Prints a line. A reader that has closed the pipe, as `head` does, is not a failure.
pub(crate) fn line(text: impl std::fmt::Display) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::run(
            format!("cannot write to standard output: {error}"),
            "give the program an open standard output",
        )),
        _ => Ok(()),
    }
}

/// Prints a warning on standard error.
#[expect(clippy::print_stderr, reason = "standard output has only the result")]
pub(crate) fn warning(text: impl std::fmt::Display) -> Result<(), Failure> {
    eprintln!("authsome: warning: {text}");
    Ok(())
}

/// Prints rows in columns, with their headings.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> Result<(), Failure> {
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| harmless(cell))).collect();
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    line(columns(&headings.map(str::to_owned), &widths))?;
    rows.iter().try_for_each(|row| line(columns(row, &widths)))
}

/// Prints one thing, a line for each field.
pub(crate) fn fields(fields: &[(&str, String)]) -> Result<(), Failure> {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    fields.iter().try_for_each(|(name, value)| line(format!("{name:<width$}  {}", harmless(value)).trim_end()))
}

/// A text with escapes for control characters, invisible ones, and those that change the direction of writing.
pub(crate) fn harmless(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let escaped = |c: char| if steers(c) { c.escape_unicode().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect()
}

fn columns(cells: &[String], widths: &[usize]) -> String {
    let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
    padded.join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_somebody_wrote_does_not_steer_the_terminal() {
        assert_eq!(harmless("Eve\u{1b}[2K\r\n\u{202e}x\u{200b}"), "Eve\\u{1b}[2K\\u{d}\\u{a}\\u{202e}x\\u{200b}");
        assert_eq!(harmless("Zoë 山田 🦊 \\"), "Zoë 山田 🦊 \\");
    }
}
