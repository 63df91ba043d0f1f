//! Tables: aligned, fitted to the terminal, one line per row.

use super::column::{Align, Cell};
use super::cut::cut_column;
use super::output::{Output, OutputError};
use super::screen::Screen;
use super::{Palette, Tone, number, text};
use tabled::builder::Builder;
use tabled::settings::object::{Cell as At, Columns};
use tabled::settings::width::WidthList;
use tabled::settings::{Alignment, Color, Padding, Style};

/// A table before it is fitted.
pub(super) struct Table {
    pub heads: Vec<Head>,
    /// As many cells a row as there are heads.
    pub rows: Vec<Vec<Cell>>,
    /// Whether the titles are printed.
    pub has_header: bool,
    /// Whether the last row adds up the others.
    pub has_total: bool,
}

/// A column of a [`Table`].
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub title: String,
    pub align: Align,
    /// See [`super::Column::drop`].
    pub drop: u8,
}

/// Spaces between columns.
const GAP: usize = 2;
/// Text is not cut below this while there are columns that can be dropped instead.
const COMFORTABLE: usize = 20;
/// The same of paths, whose ends tell most.
const COMFORTABLE_PATH: usize = 14;
/// Rows that are laid out at once, so that a long table needs no second copy of itself.
const CHUNK_ROWS: usize = 4096;

impl Table {
    /// Fits the table into the screen and prints it.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub(super) fn print(mut self, screen: &Screen, output: &mut Output<'_>) -> Result<(), OutputError> {
        self.align_decimals();
        let below = self.take_prose(screen.width);
        self.fit(screen.width);
        self.layout(screen.palette, output)?;
        for line in below.iter().flat_map(|line| text::wrap(line, screen.width)) {
            output.line(&line.into())?;
        }
        Ok(())
    }

    /// Takes out a column of sentences that has no room beside the others: a line for each, after what names its row.
    fn take_prose(&mut self, limit: Option<usize>) -> Vec<String> {
        let Some(limit) = limit else { return Vec::new() };
        let Some(prose) = self.heads.iter().position(|head| head.align == Align::Prose) else {
            return Vec::new();
        };
        let natural = self.widths();
        let least = |(at, head): (usize, &Head)| match head.align {
            Align::Left => natural[at].min(COMFORTABLE),
            Align::Path => natural[at].min(COMFORTABLE_PATH),
            Align::Prose | Align::Id | Align::Right => natural[at],
        };
        let needed: usize = self.heads.iter().enumerate().map(least).sum();
        if needed + GAP * self.heads.len().saturating_sub(1) <= limit || self.heads.len() == 1 {
            return Vec::new();
        }
        let is_name = |at: &usize| self.heads[*at].align.is_name() && self.heads[*at].drop == 0;
        let names: Vec<usize> = (0..self.heads.len()).filter(is_name).collect();
        let line = |row: &Vec<Cell>| {
            let named = names.iter().map(|&at| row[at].text.trim());
            let named: Vec<&str> = named.filter(|name| !name.is_empty()).collect();
            format!("{}: {}", named.join(" "), row[prose].text.trim())
        };
        let told = self.rows.iter().filter(|row| !row[prose].text.is_empty());
        let lines = told.map(line).collect();
        self.keep(|at| at != prose);
        lines
    }

    /// Leaves out columns that have nothing in any row but the total.
    pub(super) fn drop_empty(&mut self) {
        let count = self.rows.len() - usize::from(self.has_total && self.rows.len() > 1);
        let is_used: Vec<bool> = (0..self.heads.len())
            .map(|at| self.rows[..count].iter().any(|row| !row[at].text.is_empty()))
            .collect();
        self.keep(|at| is_used[at]);
    }

    /// Lets the decimal points of money stand below each other.
    fn align_decimals(&mut self) {
        let decimals = |text: &str| text.rsplit_once('.').map_or(0, |(_, decimals)| decimals.len() + 1);
        for at in 0..self.heads.len() {
            let amounts = self
                .rows
                .iter()
                .map(|row| &row[at].text)
                .filter(|text| number::is_amount(text));
            let most = amounts.map(|text| decimals(text)).max().unwrap_or(0);
            if self.heads[at].align != Align::Right || most == 0 {
                continue;
            }
            for row in self.rows.iter_mut().filter(|row| number::is_amount(&row[at].text)) {
                let cell = &mut row[at];
                let padding = " ".repeat(most - decimals(&cell.text));
                cell.text = format!("{}{padding}", cell.text).into();
            }
        }
    }

    fn keep(&mut self, is_kept: impl Fn(usize) -> bool) {
        let mut at = 0..;
        self.heads.retain(|_| at.next().is_some_and(&is_kept));
        for row in &mut self.rows {
            let mut at = 0..;
            row.retain(|_| at.next().is_some_and(&is_kept));
        }
    }

    fn widths(&self) -> Vec<usize> {
        let title = |head: &Head| if self.has_header { text::width(&head.title) } else { 0 };
        let mut widths: Vec<usize> = self.heads.iter().map(title).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(text::width(&cell.text));
            }
        }
        widths
    }

    /// Drops columns until the rest fits with text at a comfortable width, then truncates text.
    fn fit(&mut self, limit: Option<usize>) {
        let Some(limit) = limit else { return };
        let natural = self.widths();
        let mut columns: Vec<usize> = (0..self.heads.len()).collect();
        let least = |heads: &[Head], at: usize| match heads[at].align {
            Align::Right | Align::Id => natural[at],
            Align::Left | Align::Prose => natural[at].min(COMFORTABLE),
            Align::Path => natural[at].min(COMFORTABLE_PATH),
        };
        let total = |columns: &[usize], width: &dyn Fn(usize) -> usize| {
            columns.iter().map(|&at| width(at)).sum::<usize>() + GAP * columns.len().saturating_sub(1)
        };
        while total(&columns, &|at| least(&self.heads, at)) > limit {
            let Some(position) = (0..columns.len())
                .filter(|&position| self.heads[columns[position]].drop > 0)
                .max_by_key(|&position| self.heads[columns[position]].drop)
            else {
                break;
            };
            columns.remove(position);
        }
        let texts: Vec<usize> = columns
            .iter()
            .copied()
            .filter(|&at| self.heads[at].align.is_text())
            .collect();
        let numbers = total(&columns, &|at| if texts.contains(&at) { 0 } else { natural[at] });
        let shares = share(
            limit.saturating_sub(numbers),
            &texts.iter().map(|&at| natural[at]).collect::<Vec<_>>(),
        );
        for (&at, &width) in texts.iter().zip(&shares).filter(|&(&at, &width)| width < natural[at]) {
            let (width, head) = (width.max(1), &mut self.heads[at]);
            head.title = text::cut_end(&head.title, width).into_owned();
            let texts: Vec<&str> = self.rows.iter().map(|row| row[at].text.as_str()).collect();
            let cut = cut_column(&texts, head.align, width);
            for (row, cut) in self.rows.iter_mut().zip(cut) {
                row[at].text = cut.into();
            }
        }
        self.keep(|at| columns.contains(&at));
    }

    fn layout(self, palette: Palette, output: &mut Output<'_>) -> Result<(), OutputError> {
        let widths = self.widths();
        let titles: Vec<Cell> = self
            .heads
            .iter()
            .map(|head| Cell::toned(&*head.title, Tone::Strong))
            .collect();
        let mut rows = self.has_header.then_some(titles).into_iter().chain(self.rows);
        loop {
            let chunk: Vec<Vec<Cell>> = rows.by_ref().take(CHUNK_ROWS).collect();
            if chunk.is_empty() {
                return Ok(());
            }
            for line in lay_out(chunk, &self.heads, &widths, palette).lines() {
                output.encoded(line.trim_end().as_bytes())?;
                output.encoded(b"\n")?;
            }
        }
    }
}

/// One chunk of rows as text, every column as wide as in the whole table.
fn lay_out(chunk: Vec<Vec<Cell>>, heads: &[Head], widths: &[usize], palette: Palette) -> String {
    let mut builder = Builder::with_capacity(chunk.len(), heads.len());
    let mut colors = Vec::new();
    for (row, cells) in chunk.into_iter().enumerate() {
        for (at, cell) in cells.iter().enumerate() {
            colors.extend(palette.codes(cell.tone).map(|codes| (row, at, codes)));
        }
        builder.push_record(cells.into_iter().map(|cell| cell.text.into_string()));
    }
    let mut table = builder.build();
    table
        .with(Style::empty())
        .with(Padding::new(0, GAP, 0, 0))
        .modify(Columns::last(), Padding::zero());
    for (at, _) in heads.iter().enumerate().filter(|(_, head)| head.align == Align::Right) {
        table.modify(Columns::one(at), Alignment::right());
    }
    for (row, at, (before, after)) in colors {
        table.modify(At::new(row, at), Color::new(before, after));
    }
    let gaps = |at: usize| if at + 1 < widths.len() { GAP } else { 0 };
    table.with(WidthList::from_iter(
        widths.iter().enumerate().map(|(at, &width)| width + gaps(at)),
    ));
    table.to_string()
}

/// Divides columns among texts so that none gets more than it needs and the short ones are not cut for the long ones.
fn share(available: usize, needs: &[usize]) -> Vec<usize> {
    let mut shares = vec![0; needs.len()];
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_by_key(|&at| needs[at]);
    let mut left = available;
    for (done, &at) in order.iter().enumerate() {
        shares[at] = needs[at].min(left / (needs.len() - done));
        left -= shares[at];
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(title: &str, align: Align, drop: u8) -> Head {
        Head {
            title: title.to_owned(),
            align,
            drop,
        }
    }

    fn table(rows: &[[&str; 4]]) -> Table {
        Table {
            heads: vec![
                head("Session", Align::Left, 0),
                head("Project", Align::Path, 2),
                head("Turns", Align::Right, 1),
                head("Cost", Align::Right, 0),
            ],
            rows: rows
                .iter()
                .map(|row| row.iter().map(|text| Cell::plain(*text)).collect())
                .collect(),
            has_header: true,
            has_total: false,
        }
    }

    fn shown(table: Table, width: Option<usize>) -> String {
        let mut table = table;
        table.drop_empty();
        table.align_decimals();
        table.fit(width);
        let widths = table.widths();
        let titles: Vec<Cell> = table.heads.iter().map(|head| Cell::plain(&*head.title)).collect();
        let rows = std::iter::once(titles).chain(table.rows.clone()).collect();
        let text = lay_out(rows, &table.heads, &widths, Palette::OFF);
        text.lines().map(|line| format!("{}|\n", line.trim_end())).collect()
    }

    const ROWS: [[&str; 4]; 3] = [
        ["Fix the parser", "~/work/clients/acme/backend", "12", "~$0.0234"],
        ["日本語のとても長いタイトルです", "~/work/app", "3", "$1.20"],
        ["Family 👨‍👩‍👧‍👦 plans", "", "1024", "—"],
    ];

    #[test]
    fn columns_line_up_whatever_they_hold() {
        insta::assert_snapshot!(shown(table(&ROWS), None), @r#"
        Session                         Project                      Turns      Cost|
        Fix the parser                  ~/work/clients/acme/backend     12  ~$0.0234|
        日本語のとても長いタイトルです  ~/work/app                       3   $1.20|
        Family 👨‍👩‍👧‍👦 plans                                               1024         —|
        "#);
    }

    #[test]
    fn a_narrow_terminal_drops_columns_then_cuts_text() {
        for width in [60, 45, 30, 18] {
            let text = shown(table(&ROWS), Some(width));
            let widest = text.lines().map(|line| text::width(line) - 1).max();
            assert!(widest <= Some(width), "{width}\n{text}");
        }
        insta::assert_snapshot!(shown(table(&ROWS), Some(60)), @r#"
        Session                Project               Turns      Cost|
        Fix the parser         ~/work…/acme/backend     12  ~$0.0234|
        日本語のとても長いタ…  ~/work/app                3   $1.20|
        Family 👨‍👩‍👧‍👦 plans                               1024         —|
        "#);
        insta::assert_snapshot!(shown(table(&ROWS), Some(30)), @r#"
        Session                  Cost|
        Fix the parser       ~$0.0234|
        日本語のとても長い…   $1.20|
        Family 👨‍👩‍👧‍👦 plans             —|
        "#);
    }

    #[test]
    fn an_empty_column_is_left_out() {
        insta::assert_snapshot!(shown(table(&[["a", "", "1", "$1.20"]]), None), @r#"
        Session  Turns   Cost|
        a            1  $1.20|
        "#);
    }

    #[test]
    fn short_texts_are_not_cut_for_long_ones() {
        assert_eq!(share(30, &[5, 40, 40]), [5, 12, 13]);
        assert_eq!(share(100, &[5, 40, 40]), [5, 40, 40]);
        assert_eq!(share(2, &[5, 40]), [1, 1]);
    }
}
