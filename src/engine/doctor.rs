//! The state of this machine for `ttop doctor`: agents, and ttop's own ledger, prices, configuration and bars.

use super::Engine;
use crate::core::problem::Problem;
use crate::core::rows::{DoctorKind, DoctorPath, DoctorRow, DoctorState};
use crate::ledger::LedgerState;
use crate::prices::{self, PriceBook};
use crate::reports::anonymous;
use crate::reports::doctor::{diagnose, tilde_all};
use crate::system::config::Config;
use crate::system::files::is_trusted;
use crate::system::{System, parse_instant, swiftbar};
use anyhow::Result;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Engine {
    /// One row for each agent and each of ttop's own parts, problems first.
    ///
    /// # Errors
    /// When not even an empty ledger in memory can be had.
    pub fn doctor_rows(&self) -> Result<Vec<DoctorRow>> {
        let found = diagnose(&self.registry.agents, &self.system)?;
        let mut rows: Vec<DoctorRow> = found.into_iter().map(|found| found.row).collect();
        rows.push(self.ledger_row()?);
        rows.push(self.prices_row());
        rows.push(self.config_row());
        rows.extend(self.swiftbar_row());
        rows.sort_by_key(|row| (row.state.order(), row.kind != DoctorKind::Agent));
        Ok(rows)
    }

    /// The shape of the agents' records, without text, ids or paths.
    ///
    /// # Errors
    /// When not even an empty ledger in memory can be had.
    pub fn anonymous_report(&self) -> Result<String> {
        let found = diagnose(&self.registry.agents, &self.system)?;
        Ok(serde_json::to_string_pretty(&anonymous::report(&found))?)
    }

    fn ledger_row(&self) -> Result<DoctorRow> {
        let mut row = DoctorRow::new(DoctorKind::Ledger, "ledger");
        let ledger = self.ledger()?;
        if let LedgerState::File(path) | LedgerState::Unusable(path) = ledger.standing() {
            row.paths.push(DoctorPath {
                path: self.system.tilde(path),
                because: "history".into(),
                exists: path.exists(),
            });
            if let Some(folder) = path.parent().filter(|folder| folder.is_dir() && !is_trusted(folder)) {
                row.notes.push(format!(
                    "others can write to {}: make it yours alone, or they can replace your history",
                    self.system.tilde(folder)
                ));
            }
        }
        set_problems(&mut row, ledger.problems(), &self.system);
        Ok(row)
    }

    fn prices_row(&self) -> DoctorRow {
        let mut row = DoctorRow::new(DoctorKind::Prices, "prices");
        let (book, problems) = PriceBook::open(&self.system, &self.config);
        let name = book.name();
        let age = name
            .rsplit(' ')
            .next()
            .and_then(|day| parse_instant(&format!("{day}T00:00:00Z")));
        let age = age.map(|day| format!(", {} days old", (self.system.now - day).max(0) / DAY_MS));
        row.notes.push(format!("price list: {name}{}", age.unwrap_or_default()));
        if let Some(attempt) = prices::last_attempt(&self.system) {
            let ago = match attempt.hours {
                0 => "less than an hour ago".to_owned(),
                hours @ 1..48 => format!("{hours} hours ago"),
                hours => format!("{} days ago", hours / 24),
            };
            row.notes.push(match attempt.has_failed {
                true => format!("the last request for a newer list failed {ago}; try again: ttop prices update"),
                false => format!("the last request for a newer list succeeded {ago}"),
            });
        }
        set_problems(&mut row, &problems, &self.system);
        row
    }

    fn config_row(&self) -> DoctorRow {
        let mut row = DoctorRow::new(DoctorKind::Config, "config");
        let path = Config::path(&self.system);
        row.paths.push(DoctorPath {
            path: self.system.tilde(&path),
            because: "settings".into(),
            exists: path.exists(),
        });
        row.problems = self.config.flaws().iter().map(ToString::to_string).collect();
        let unknown = self.unknown_agents().into_iter();
        row.problems
            .extend(unknown.map(|(problem, repair)| format!("{problem}; {repair}")));
        if !row.problems.is_empty() {
            row.state = DoctorState::Problem;
        }
        let idle = self.config.keys_without_effect();
        if !idle.is_empty() {
            row.notes.push(format!(
                "accepted for TokenTop, without effect in ttop: {}",
                idle.join(", ")
            ));
        }
        row
    }

    /// SwiftBar's folders, where there are any.
    fn swiftbar_row(&self) -> Option<DoctorRow> {
        let folders = swiftbar::folders(&self.system);
        if folders.is_empty() {
            return None;
        }
        let mut row = DoctorRow::new(DoctorKind::Bar, "swiftbar");
        row.paths.extend(folders.iter().map(|folder| DoctorPath {
            path: self.system.tilde(folder),
            because: "plugins".into(),
            exists: true,
        }));
        for folder in swiftbar::folders_for_scripts(&self.system) {
            row.state = DoctorState::Problem;
            row.problems.push(format!(
                "{} is a folder instead of a script, so SwiftBar shows nothing (SwiftBar issue 442): quit SwiftBar, \
                 rm -r '{}', write the script with its content, start SwiftBar",
                self.system.tilde(&folder),
                folder.display()
            ));
        }
        Some(row)
    }
}

/// Problems of a part of ttop, as they may be pasted where others read them.
fn set_problems(row: &mut DoctorRow, problems: &[Problem], system: &System) {
    let shown = |problem: &Problem| tilde_all(&problem.to_string(), system);
    row.problems = problems.iter().map(shown).collect();
    row.state = match row.problems.is_empty() {
        true => DoctorState::Ok,
        false => DoctorState::Problem,
    };
}
