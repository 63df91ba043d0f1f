//! `ttop diff`: another program's numbers or a bill beside ttop's own, and why they differ.

use super::context::{Context, with_ids};
use crate::args::{Filters, RowArgs};
use crate::core::bad_request::BadRequest;
use crate::core::filter::TurnFilter;
use crate::core::problem::Problem;
use crate::core::rows::{CostRow, DiffKind, DiffRow};
use crate::engine::diff::{self, KINDS};
use crate::exit::Exit;
use crate::render::{Grep, Layout, footer};
use crate::system::open::{self, Most};
use anyhow::Result;
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Compare with ccusage, tokscale or a provider's bill
///
/// Reads the JSON of ccusage or tokscale, or a CSV export of Anthropic, OpenAI or OpenRouter. Prints each line of it that
/// differs from the ledger and the total. A difference is theirs minus ours. docs/diff.md describes each reason.
///
/// Filters choose turns of the ledger; times and models choose lines of the file, too.
#[derive(Args, Debug)]
pub struct DiffArgs {
    /// File to compare with, or `-` for stdin
    file: PathBuf,
    /// Kind of file [default: what its content shows]
    #[arg(long, value_name = "KIND", default_value = "auto", hide_default_value = true,
          value_parser = PossibleValuesParser::new(["auto"].into_iter().chain(KINDS)))]
    kind: String,
    /// Print lines that are equal, too
    #[arg(long)]
    all: bool,
    /// Exit 3 if a cost differs by a cent or more
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    filters: Filters,
    #[command(flatten)]
    rows: RowArgs,
}

impl DiffArgs {
    /// # Errors
    /// When the file is of no known kind, or the rows could not be made or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let filters = self.filters.text();
        let filter: TurnFilter = context.engine.filter(&filters)?;
        let grep = Grep::new(&filters.grep);
        let request = context.request(&self.rows)?;
        request.check::<DiffRow>(false)?;
        let text = content(&self.file)?;
        let kind = Some(&*self.kind).filter(|kind| *kind != "auto");
        let statement = diff::read(&text, kind)?;
        if statement.skipped > 0 {
            let what = format!(
                "{} lines have no date, count or amount; they are left out",
                statement.skipped
            );
            context.out.warn(&Problem::new(self.file.display().to_string(), what));
        }
        let mut differs = false;
        let exit = context.report(&filter, |engine, out| {
            out.report_unknown(&engine.unknown_names::<CostRow>(&filters, &[])?, self.check)?;
            let (mut rows, unpriced) = engine.diff(&statement, &filter)?;
            let of_both = |row: &&DiffRow| !matches!(row.kind, DiffKind::Outside | DiffKind::Total);
            differs = !rows.iter().filter(of_both).all(DiffRow::costs_the_same);
            let equal = rows.iter().filter(of_both).filter(|row| row.is_equal()).count();
            rows.retain(|row| self.all || !of_both(&row) || !row.is_equal());
            let mut notes = match equal {
                0 => Vec::new(),
                _ if self.all => Vec::new(),
                1 => vec![format!("1 line of {} is equal", statement.name)],
                equal => vec![format!("{equal} lines of {} are equal", statement.name)],
            };
            notes.extend(unpriced);
            let layout = Layout {
                grep: grep.clone(),
                footer: footer(notes),
                ..Layout::default()
            };
            let shown = rows
                .iter()
                .filter_map(|row| row.session_id.as_deref().map(str::to_owned));
            let request = with_ids(&request, engine, shown.collect::<Vec<_>>().into_iter())?;
            out.print(&request, layout, rows.into_iter().map(Ok))
        })?;
        Ok(exit.checked(self.check && differs))
    }
}

/// The content of a file or of stdin.
fn content(file: &Path) -> Result<Vec<u8>, BadRequest> {
    let mut bytes = Vec::new();
    let stream = open::stream(file);
    let read = stream.and_then(|stream| stream.take(Most::CONVERSATION.0).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|error| {
        BadRequest::new(format!("could not read {}: {error}", file.display()))
            .with_hint("give the path of a file, or - for stdin")
    })
}
