//! `ttop doctor`: the agents and files on this machine, and the limits of their records; contains nothing secret.

use super::context::Context;
use crate::args::RowArgs;
use crate::core::rows::{DoctorKind, DoctorPath, DoctorRow, DoctorState};
use crate::exit::Exit;
use crate::ledger::LedgerState;
use crate::prices::{self, PriceBook};
use crate::render::{Footer, Layout};
use crate::reports::anonymous;
use crate::reports::doctor::{absent, diagnose, notes, tilde_all};
use crate::system::config::Config;
use crate::system::files::is_trusted;
use crate::system::parse_instant;
use crate::system::swiftbar;
use anyhow::Result;
use clap::Args;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Check agents, files and settings, and suggest repairs
#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// Print an anonymous report for an issue: the shape of records, without text, ids or paths
    #[arg(long)]
    report: bool,
    #[command(flatten)]
    rows: RowArgs,
}

impl DoctorArgs {
    /// # Errors
    /// When stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let request = context.request(&self.rows)?;
        request.check::<DoctorRow>(false)?;
        let found = diagnose(&context.engine.registry.agents, &context.engine.system)?;
        if self.report {
            let report = serde_json::to_string_pretty(&anonymous::report(&found))?;
            context.out.text(&format!("{report}\n"))?;
            return Ok(context.out.outcome());
        }
        let mut rows: Vec<DoctorRow> = found.into_iter().map(|found| found.row).collect();
        rows.push(ledger_row(context)?);
        rows.push(prices_row(context));
        rows.push(config_row(context));
        rows.extend(swiftbar_row(context));
        let has_problem = rows.iter().any(|row| row.state == DoctorState::Problem);
        rows.sort_by_key(|row| (row.state.order(), row.kind != DoctorKind::Agent));
        let shows_absent = context.out.global.verbose > 0;
        let absent = absent(&rows);
        if request.is_table() && !shows_absent {
            rows.retain(|row| row.state != DoctorState::Absent);
        }
        let foot = move |rows: &[DoctorRow]| Footer::new(None, [notes(rows), absent].concat());
        let layout = Layout {
            footer: Some(Box::new(foot)),
            ..Layout::default()
        };
        context.out.print(&request, layout, rows.into_iter().map(Ok))?;
        Ok(if has_problem && context.out.global.strict {
            Exit::Failed
        } else {
            Exit::Ok
        })
    }
}

fn ledger_row(context: &Context) -> Result<DoctorRow> {
    let mut row = DoctorRow::new(DoctorKind::Ledger, "ledger");
    let ledger = context.engine.ledger()?;
    if let LedgerState::File(path) | LedgerState::Unusable(path) = ledger.standing() {
        let path = DoctorPath {
            path: context.engine.system.tilde(path),
            because: "history".into(),
            exists: path.exists(),
        };
        row.paths.push(path);
    }
    let folder = match ledger.standing() {
        LedgerState::File(path) | LedgerState::Unusable(path) => path.parent(),
        LedgerState::Memory => None,
    };
    if let Some(folder) = folder.filter(|folder| folder.is_dir() && !is_trusted(folder)) {
        row.notes.push(format!(
            "others can write to {}: make it yours alone, or they can replace your history",
            context.engine.system.tilde(folder)
        ));
    }
    row.problems = ledger
        .problems()
        .iter()
        .map(|problem| tilde_all(&problem.to_string(), &context.engine.system))
        .collect();
    row.state = if row.problems.is_empty() {
        DoctorState::Ok
    } else {
        DoctorState::Problem
    };
    Ok(row)
}

fn prices_row(context: &Context) -> DoctorRow {
    let mut row = DoctorRow::new(DoctorKind::Prices, "prices");
    let (book, problems) = PriceBook::open(&context.engine.system, &context.engine.config);
    let name = book.name();
    let age = name
        .rsplit(' ')
        .next()
        .and_then(|day| parse_instant(&format!("{day}T00:00:00Z")));
    let age = age.map(|day| format!(", {} days old", (context.engine.system.now - day).max(0) / DAY_MS));
    row.notes.push(format!("price list: {name}{}", age.unwrap_or_default()));
    if let Some(attempt) = prices::last_attempt(&context.engine.system) {
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
    row.problems = problems
        .iter()
        .map(|problem| tilde_all(&problem.to_string(), &context.engine.system))
        .collect();
    row.state = if row.problems.is_empty() {
        DoctorState::Ok
    } else {
        DoctorState::Problem
    };
    row
}

/// SwiftBar's folders, where there are any.
fn swiftbar_row(context: &Context) -> Option<DoctorRow> {
    let folders = swiftbar::folders(&context.engine.system);
    if folders.is_empty() {
        return None;
    }
    let mut row = DoctorRow::new(DoctorKind::Bar, "swiftbar");
    row.paths.extend(folders.iter().map(|folder| DoctorPath {
        path: context.engine.system.tilde(folder),
        because: "plugins".into(),
        exists: true,
    }));
    for folder in swiftbar::folders_for_scripts(&context.engine.system) {
        row.state = DoctorState::Problem;
        row.problems.push(format!(
            "{} is a folder instead of a script, so SwiftBar shows nothing (SwiftBar issue 442): quit SwiftBar, \
             rm -r '{}', write the script with its content, start SwiftBar",
            context.engine.system.tilde(&folder),
            folder.display()
        ));
    }
    Some(row)
}

fn config_row(context: &Context) -> DoctorRow {
    let mut row = DoctorRow::new(DoctorKind::Config, "config");
    let path = Config::path(&context.engine.system);
    let exists = path.exists();
    row.problems = context.engine.config.flaws().iter().map(ToString::to_string).collect();
    if !row.problems.is_empty() {
        row.state = DoctorState::Problem;
    }
    row.paths.push(DoctorPath {
        path: context.engine.system.tilde(&path),
        because: "settings".into(),
        exists,
    });
    let idle = context.engine.config.keys_without_effect();
    if !idle.is_empty() {
        row.notes.push(format!(
            "accepted for TokenTop, without effect in ttop: {}",
            idle.join(", ")
        ));
    }
    row
}
