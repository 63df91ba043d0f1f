//! Markdown tables, for pasting.

use super::table::TableWriter;
use super::{End, Flow, Writer};
use crate::render::column::Align;
use crate::render::{Output, Row, text};
use anyhow::Result;

/// A table as Markdown: nothing is dropped or cut.
pub(super) struct Markdown<R: 'static>(pub TableWriter<R>);

impl<R: Row> Writer<R> for Markdown<R> {
    fn row(&mut self, row: R, output: &mut Output<'_>) -> Result<Flow> {
        self.0.row(row, output)
    }

    fn end(self: Box<Self>, _: End<R>, output: &mut Output<'_>) -> Result<()> {
        let table = self.0.into_table();
        let titles: Vec<String> = table.heads.iter().map(|head| escape(&head.title)).collect();
        let marks = table.heads.iter().map(|head| match head.align {
            Align::Right => "---:".to_owned(),
            Align::Left | Align::Path | Align::Prose | Align::Id => "---".to_owned(),
        });
        let mut lines = vec![line(&titles), line(&marks.collect::<Vec<_>>())];
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(|cell| escape(&cell.text)).collect();
            lines.push(line(&cells));
        }
        lines.into_iter().try_for_each(|line| output.line(&line.into()))?;
        Ok(())
    }
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
