//! What runs now: rows of `ps`, the bars' snapshot and the GNOME extension's file.

use super::{Answers, LOCAL, print};
use crate::core::rows::PsRow;
use crate::engine::Engine;
use crate::engine::filters::check;
use crate::engine::live_rows::{Shown, known_sessions, rows};
use crate::engine::scan::{Scan, ScanOptions};
use crate::engine::stats::presence;
use crate::render::Keep;
use crate::serve::answer::Answer;
use crate::serve::negotiate::RowFormat;
use crate::serve::params::Params;
use anyhow::Result;

impl Answers {
    pub(super) fn ps(&self, mut params: Params, format: RowFormat, engine: &mut Engine) -> Result<Answer> {
        let (lists_all, lists_orphans) = (params.flag("all")?, params.flag("orphans")?);
        let (waits, has_text) = (params.flag("waiting")?, params.flag("text")?);
        let is_local = params.flag(LOCAL)?;
        let (filters, listing) = self.listing(params, format, Keep::First)?;
        check::<PsRow>(&filters)?;
        let mut scan = engine.scan(ScanOptions {
            helpers: lists_all || lists_orphans,
            text: has_text && self.keeps_titles,
            cpu: true,
        });
        scan.sessions = Shown::of(lists_all, lists_orphans).among(scan.sessions);
        let mut rows = rows_of(scan, engine)?;
        rows.extend(self.remote.iter().filter(|_| !is_local).cloned());
        rows.retain(|row| !waits || row.status.is_waiting());
        let rows = engine.choose(&filters, rows)?;
        listing.answer(rows.into_iter().map(|row| Ok(self.titled(row))), engine)
    }

    /// What `bar-status --from` draws.
    pub(super) fn snapshot(&self, engine: &mut Engine) -> Result<Answer> {
        let snapshot = engine.live_snapshot()?;
        Ok(print::json(&self.titled(snapshot)))
    }
}

pub(super) fn stats(engine: &mut Engine) -> Result<Answer> {
    engine.require_history()?;
    let snapshot = engine.live_snapshot()?;
    Ok(print::json(&engine.stats(presence(&snapshot))?))
}

/// Rows by pid; problems of reading them are the server's.
pub(super) fn rows_of(scan: Scan, engine: &Engine) -> Result<Vec<PsRow>> {
    scan.problems
        .into_iter()
        .for_each(|problem| engine.note_problem(problem));
    let known = known_sessions(&scan.sessions, &engine.usage()?)?;
    Ok(rows(&scan.sessions, &[], &known, engine.system.now))
}
