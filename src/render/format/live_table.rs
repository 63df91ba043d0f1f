//! Live tables: lines whose columns keep their width, because the next row is not known yet.

use super::{Flow, Writer};
use crate::render::column::{Align, Column};
use crate::render::{Output, OutputError, Row, Screen, Tone, text};
use anyhow::Result;

/// Columns of text are this wide where the screen sets no limit.
const TEXT: usize = 28;
/// Columns of numbers; one that needs more pushes the rest of its line.
const NUMBER: usize = 9;
/// A time of day.
const CLOCK: usize = 8;
const GAP: &str = "  ";

/// Prints each row when it comes.
pub(super) struct LiveTable<R: 'static> {
    columns: Vec<(&'static Column<R>, usize)>,
    screen: Screen,
}

impl<R: Row> LiveTable<R> {
    pub(super) fn new(screen: &Screen) -> Self {
        Self {
            columns: fit::<R>(screen.width, screen.view.ids.longest()),
            screen: screen.clone(),
        }
    }

    fn write_line(
        &self,
        cells: impl Iterator<Item = (String, Tone)>,
        output: &mut Output<'_>,
    ) -> Result<(), OutputError> {
        let painted: Vec<String> = cells
            .map(|(text, tone)| self.screen.palette.paint(tone, &text))
            .collect();
        output.encoded(painted.join(GAP).trim_end().as_bytes())?;
        output.encoded(b"\n")?;
        output.flush()
    }
}

impl<R: Row> Writer<R> for LiveTable<R> {
    fn begin(&mut self, output: &mut Output<'_>) -> Result<()> {
        let titles = self
            .columns
            .iter()
            .map(|(column, width)| (pad(column.title, column.align, *width), Tone::Strong));
        Ok(self.write_line(titles, output)?)
    }

    fn row(&mut self, row: R, output: &mut Output<'_>) -> Result<Flow> {
        let cells = self.columns.iter().map(|(column, width)| {
            let cell = (column.cell)(&row, &self.screen.view);
            (pad(&cell.text, column.align, *width), cell.tone)
        });
        self.write_line(cells, output)?;
        Ok(Flow::Continue)
    }
}

/// The columns that fit, with their widths; `id` is that of a short id. Drops those with the greatest `drop` first; text
/// columns share the rest.
fn fit<R: Row>(limit: Option<usize>, id: usize) -> Vec<(&'static Column<R>, usize)> {
    let fixed = |column: &Column<R>| match column.align {
        Align::Right => Some(NUMBER),
        Align::Id => Some(id),
        Align::Left | Align::Path | Align::Prose if column.key == "time" => Some(CLOCK),
        Align::Left | Align::Path | Align::Prose => None,
    };
    let mut columns: Vec<&'static Column<R>> = R::COLUMNS.iter().collect();
    let needed = |columns: &[&'static Column<R>], text: usize| {
        columns
            .iter()
            .map(|column| fixed(column).unwrap_or(text) + GAP.len())
            .sum::<usize>()
    };
    let Some(limit) = limit else {
        return columns
            .into_iter()
            .map(|column| (column, fixed(column).unwrap_or(TEXT)))
            .collect();
    };
    const LEAST_TEXT: usize = 10;
    while needed(&columns, LEAST_TEXT) > limit + GAP.len() {
        let Some(at) = (0..columns.len())
            .filter(|&at| columns[at].drop > 0)
            .max_by_key(|&at| columns[at].drop)
        else {
            break;
        };
        columns.remove(at);
    }
    let texts = columns.iter().filter(|column| fixed(column).is_none()).count().max(1);
    let text = ((limit + GAP.len()).saturating_sub(needed(&columns, 0)) / texts).clamp(LEAST_TEXT, 2 * TEXT);
    columns
        .into_iter()
        .map(|column| (column, fixed(column).unwrap_or(text)))
        .collect()
}

fn pad(cell: &str, align: Align, width: usize) -> String {
    let shown = match align {
        Align::Right | Align::Id => std::borrow::Cow::Borrowed(cell),
        Align::Left | Align::Prose => text::cut_end(cell, width),
        Align::Path => text::cut_middle(cell, width),
    };
    let space = " ".repeat(width.saturating_sub(text::width(&shown)));
    match align {
        Align::Right => format!("{space}{shown}"),
        Align::Left | Align::Path | Align::Prose | Align::Id => format!("{shown}{space}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rows::ActivityRow;

    #[test]
    fn columns_fit_the_screen_and_keep_what_matters() {
        let shown = |limit| {
            let columns = fit::<ActivityRow>(Some(limit), 4);
            let width: usize = columns.iter().map(|(_, width)| width + GAP.len()).sum();
            assert!(width <= limit + GAP.len(), "{limit}: {width}");
            columns.into_iter().map(|(column, _)| column.key).collect::<Vec<_>>()
        };
        assert_eq!(
            shown(66),
            [
                "sessionId",
                "time",
                "sessionName",
                "tokens.output",
                "cost",
                "sessionCost"
            ]
        );
        assert_eq!(shown(42), ["sessionId", "time", "sessionName", "cost"]);
        assert_eq!(pad("名前です", Align::Left, 6), "名前… ");
        assert_eq!(pad("12", Align::Right, 4), "  12");
    }
}
