//! Markdown tables, for people who paste them elsewhere.

use super::column::Align;
use super::output::{Output, StdoutError};
use super::table::Table;
use super::text;

/// Prints a table as Markdown: nothing is dropped or cut.
///
/// # Errors
/// When stdout cannot be written.
pub fn print(table: &Table, output: &mut Output) -> Result<(), StdoutError> {
    let titles: Vec<String> = table.heads.iter().map(|head| escape(&head.title)).collect();
    output.line(&line(&titles))?;
    let marks = table.heads.iter().map(|head| match head.align {
        Align::Right => "---:".to_owned(),
        Align::Left | Align::Path => "---".to_owned(),
    });
    output.line(&line(&marks.collect::<Vec<_>>()))?;
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|cell| escape(&cell.text)).collect();
        output.line(&line(&cells))?;
    }
    Ok(())
}

fn line(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// Text that means nothing but itself, also where HTML is let through.
fn escape(cell: &str) -> String {
    let mut escaped = String::with_capacity(cell.len());
    for character in text::plain(cell).chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '~' | '$' => escaped.extend(['\\', character]),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_cannot_break_out_of_their_cell() {
        assert_eq!(escape("a|b\n<img> `x` ~$1"), "a\\|b &lt;img> \\`x\\` \\~\\$1");
    }
}
