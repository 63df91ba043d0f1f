//! Hands the rows of the engine to a target, table by table.

use super::tables::{self, Table};
use super::{Cell, Cells, Target};
use crate::core::filter::TurnFilter;
use crate::core::rows::PriceRow;
use crate::engine::Engine;
use crate::prices::billing_of;
use crate::reports::Sessions;
use anyhow::Result;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What is exported, and as whose.
pub(crate) struct Options {
    /// The name of this machine.
    pub host: String,
    /// Tables by name; empty for all.
    pub only: Vec<String>,
    /// Leaves out what people wrote, and names projects by a hash.
    pub is_private: bool,
}

/// Columns with words of people.
const WORDS: [&str; 4] = ["session_name", "subagent_task", "branch", "message_id"];
const PROJECT: &str = "project_path";

/// Writes the tables. Returns the number of rows of each.
///
/// # Errors
/// When the ledger is damaged or the target fails.
pub(crate) fn feed(engine: &Engine, options: &Options, target: &mut dyn Target) -> Result<Vec<(&'static str, u64)>> {
    let cells = Cells::new(target.wants_millis());
    let mut feed = Feed {
        engine,
        options,
        target,
        cells,
        written: Vec::new(),
    };
    feed.turns_and_sessions()?;
    feed.limits()?;
    feed.prices()?;
    let written = feed.written;
    target.finish()?;
    Ok(written)
}

struct Feed<'f> {
    engine: &'f Engine,
    options: &'f Options,
    target: &'f mut dyn Target,
    cells: Cells,
    written: Vec<(&'static str, u64)>,
}

impl Feed<'_> {
    fn wants(&self, table: &Table) -> bool {
        self.options.only.is_empty() || self.options.only.iter().any(|name| name == table.name)
    }

    fn begin(&mut self, table: &Table) -> Result<()> {
        self.written.push((table.name, 0));
        self.target.begin(table)
    }

    fn row(&mut self, table: &Table, row: &impl serde::Serialize) -> Result<()> {
        let cells = &mut self.cells;
        cells.fill(table, row)?;
        if cells.get(0) == Cell::Null {
            cells.set_text(0, &self.options.host);
        }
        cells.set_text(1, &self.options.host);
        if self.options.is_private {
            for (at, column) in table.columns.iter().enumerate() {
                if WORDS.contains(&&*column.name) {
                    cells.set_null(at);
                } else if column.name == PROJECT
                    && let Cell::Text(path) = cells.get(at)
                {
                    let hash: String = Sha256::digest(path)
                        .iter()
                        .take(8)
                        .map(|byte| format!("{byte:02x}"))
                        .collect();
                    cells.set_text(at, &hash);
                }
            }
        }
        self.target.row(table, cells)?;
        if let Some((_, rows)) = self.written.last_mut() {
            *rows += 1;
        }
        Ok(())
    }

    fn turns_and_sessions(&mut self) -> Result<()> {
        let (turns, sessions_table) = (tables::turns(), tables::sessions());
        if !self.wants(&turns) && !self.wants(&sessions_table) {
            return Ok(());
        }
        let usage = self.engine.usage()?;
        let sessions = Sessions::load(usage.ledger)?;
        let selected = usage.select(&TurnFilter::default(), Some(&sessions))?;
        if self.wants(&turns) {
            self.begin(&turns)?;
            for row in usage.turn_rows_by_session(&selected, &sessions)? {
                self.row(&turns, &row?)?;
            }
            self.target.end(&turns)?;
        }
        if self.wants(&sessions_table) {
            self.begin(&sessions_table)?;
            for row in usage.session_rows(&selected, &sessions, true)? {
                self.row(&sessions_table, &row)?;
            }
            self.target.end(&sessions_table)?;
        }
        Ok(())
    }

    fn limits(&mut self) -> Result<()> {
        let table = tables::limits();
        if !self.wants(&table) {
            return Ok(());
        }
        self.begin(&table)?;
        for row in self.engine.limit_history(i64::MIN)? {
            self.row(&table, &row)?;
        }
        self.target.end(&table)
    }

    fn prices(&mut self) -> Result<()> {
        let table = tables::prices();
        if !self.wants(&table) {
            return Ok(());
        }
        self.begin(&table)?;
        let names = self.engine.usage()?.ledger.models();
        let used: BTreeSet<(String, String)> = names
            .map(|(provider, model)| (provider.to_owned(), model.to_owned()))
            .collect();
        let book = self.engine.prices();
        for (provider, model) in used {
            let billing = billing_of(&self.engine.config, "", &provider);
            for mut row in PriceRow::history(&provider, &model, &book.of(&provider, &model), billing) {
                // The first known price has no start; a key column has no null.
                row.start = Some(row.start.unwrap_or(0));
                self.row(&table, &row)?;
            }
        }
        self.target.end(&table)
    }
}
