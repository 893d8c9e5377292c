//! What commands print on standard output.

use std::io::Write;

use crate::failure::Failure;

/// Prints a line.
pub(crate) fn line(text: impl std::fmt::Display) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush()).map_err(|error| {
        Failure::run(format!("cannot write to standard output: {error}"), "give the program an open standard output")
    })
}

/// Says on standard error what should be known of what was done.
#[expect(clippy::print_stderr, reason = "standard output has what was asked for alone")]
pub(crate) fn warning(text: impl std::fmt::Display) -> Result<(), Failure> {
    eprintln!("authsome: warning: {text}");
    Ok(())
}

/// Prints rows in columns, with their headings.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> Result<(), Failure> {
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    line(columns(&headings.map(str::to_owned), &widths))?;
    rows.iter().try_for_each(|row| line(columns(row, &widths)))
}

/// Prints one thing, a line a field.
pub(crate) fn fields(fields: &[(&str, String)]) -> Result<(), Failure> {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    fields.iter().try_for_each(|(name, value)| line(format!("{name:<width$}  {value}").trim_end()))
}

fn columns(cells: &[String], widths: &[usize]) -> String {
    let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
    padded.join("  ").trim_end().to_owned()
}
