//! `ttop ledger`: shows, erases, rebuilds, exports and imports the ledger.

use super::context::Context;
use crate::args::{RowArgs, complete};
use crate::core::bad_request::BadRequest;
use crate::core::cannot_answer::CannotAnswer;
use crate::core::filter::TurnFilter;
use crate::core::period::{Edge, Range, parse_time};
use crate::core::short_id::meant;
use crate::exit::Exit;
use crate::ledger::forget::Erase;
use crate::ledger::query::Selection;
use crate::ledger::transfer::Exported;
use crate::ledger::{Ledger, LedgerState};
use crate::render::Output;
use crate::reports::Sessions;
use crate::reports::ledger::ledger_rows;
use crate::system::open;
use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// Show, erase, rebuild, export or import the ledger
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_value_name = "ACTION",
    subcommand_help_heading = "Actions"
)]
pub struct LedgerArgs {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    rows: RowArgs,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Show what the ledger stores of each agent
    Status {
        #[command(flatten)]
        rows: RowArgs,
    },
    /// Erase history permanently; a later sync does not bring it back
    Forget(ForgetArgs),
    /// Read every source again; set a damaged ledger aside first
    Rebuild,
    /// Print every turn, one JSON object per line
    Export {
        /// Leave out imported turns
        #[arg(long)]
        own: bool,
        /// Only include sessions with a turn at or after this time
        ///
        /// Such a session is complete, so that the other machine decides the same about each turn.
        #[arg(long, value_name = "TIME", add = complete::times())]
        since: Option<String>,
    },
    /// Add an export from another machine; each turn counts once
    Import {
        /// File to import, or `-` for stdin
        file: PathBuf,
        /// Name of the import; importing under the same name replaces it
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Show what would change without changing it
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct ForgetArgs {
    /// Erase this session: its id or the short id in tables
    #[arg(long, value_name = "ID", add = complete::sessions())]
    session: Option<String>,
    /// Erase every session of this project and of folders below it
    #[arg(long, value_name = "PATH", add = complete::projects())]
    project: Option<String>,
    /// Erase every turn before this time
    #[arg(long, value_name = "TIME", add = complete::times())]
    before: Option<String>,
    /// Erase an import, given its name; it can be imported again
    #[arg(long, value_name = "NAME", add = complete::imports())]
    import: Option<String>,
}

impl LedgerArgs {
    /// # Errors
    /// When the ledger could not be read or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        match &self.action {
            None => status(context, &self.rows),
            Some(Action::Status { rows }) => status(context, rows),
            Some(Action::Forget(what)) => what.run(context),
            Some(Action::Rebuild) => rebuild(context),
            Some(Action::Export { own, since }) => export(context, *own, since.as_deref()),
            Some(Action::Import { file, name, dry_run }) => import(context, file, name.as_deref(), *dry_run),
        }
    }
}

fn status(context: &mut Context, rows: &RowArgs) -> Result<Exit> {
    let ledger = context.engine.ledger()?;
    ledger.problems().iter().for_each(|problem| context.out.warn(problem));
    let ledger_rows = ledger_rows(ledger)?;
    context.rows(rows, ledger_rows)
}

/// A ledger that can be written to, with everything read so far.
fn writable(context: &mut Context) -> Result<&mut Ledger> {
    refuse_sample(context)?;
    let ledger = context.engine.ledger()?;
    if let (LedgerState::Unusable(_), Some(problem)) = (ledger.standing(), ledger.problems().first()) {
        bail!("{problem}");
    }
    context.refresh(&TurnFilter::default())?;
    let now = context.engine.system.now;
    let ledger = context.engine.ledger_mut()?;
    ledger.commit(now)?;
    ledger.reload()?;
    Ok(ledger)
}

fn refuse_sample(context: &Context) -> Result<(), BadRequest> {
    match context.engine.is_sample() {
        true => Err(BadRequest::new("the --demo ledger cannot be changed")),
        false => Ok(()),
    }
}

impl ForgetArgs {
    fn run(&self, context: &mut Context) -> Result<Exit> {
        writable(context)?;
        if let Some(name) = &self.import {
            return forget_import(context, name);
        }
        let erase = self.erase(context, context.engine.ledger()?)?;
        let now = context.engine.system.now;
        let ledger = context.engine.ledger_mut()?;
        let erased = ledger.forget(&erase)?;
        ledger.commit(now)?;
        context.out.note(&format!("ttop: erased {erased} turns"));
        Ok(context.out.outcome())
    }

    fn erase(&self, context: &Context, ledger: &Ledger) -> Result<Erase> {
        if let Some(time) = &self.before {
            return Ok(Erase::Before(self::time(context, "--before", time)?));
        }
        if let Some(project) = &self.project {
            let path = context.engine.system.expand(project);
            return Ok(Erase::Project(
                std::path::absolute(path)?.to_string_lossy().into_owned(),
            ));
        }
        let prefix = self.session.as_deref().unwrap_or_default();
        let sessions = Sessions::load(ledger)?;
        let ids = meant(prefix, sessions.all().map(|session| &*session.id));
        let found: Vec<_> = sessions.all().filter(|session| ids.contains(&&*session.id)).collect();
        match &found[..] {
            [session] => Ok(Erase::Session {
                agent_id: ledger.names().agent(session.agent).unwrap_or_default().to_owned(),
                session_id: session.id.to_string(),
            }),
            [] => {
                let message = format!("session '{prefix}' not found");
                Err(CannotAnswer::new(message, "ttop sessions lists the sessions").into())
            }
            several => Err(BadRequest::new(format!(
                "session id '{prefix}' is ambiguous ({} matches)",
                several.len()
            ))
            .into()),
        }
    }
}

/// The value of a flag that takes a time.
fn time(context: &Context, flag: &str, text: &str) -> Result<i64> {
    let system = &context.engine.system;
    let at = parse_time(text, system.now, system.zone()?, Edge::Since);
    Ok(at.map_err(|error| BadRequest::new(format!("{flag}: {error}")).with_hint(error.hint))?)
}

fn forget_import(context: &mut Context, name: &str) -> Result<Exit> {
    let now = context.engine.system.now;
    let ledger = context.engine.ledger_mut()?;
    let Some(erased) = ledger.forget_import(name)? else {
        let hint = match &ledger.imports()?[..] {
            [] => "the ledger holds no import".to_owned(),
            names => format!("the ledger holds {}", names.join(", ")),
        };
        return Err(BadRequest::new(format!("no import '{name}'")).with_hint(hint).into());
    };
    ledger.commit(now)?;
    context.out.note(&format!("ttop: erased {erased} turns"));
    Ok(context.out.outcome())
}

/// What counts in a ledger: turns, tokens.
fn totals(ledger: &Ledger) -> Result<(u64, u64)> {
    let (mut turns, mut tokens) = (0, 0_u64);
    ledger.visit(&Selection::ALL, |_, columns| {
        for at in (0..columns.len()).filter(|&at| columns.is_counted(at)) {
            turns += 1;
            tokens = tokens.saturating_add(columns.turn(at).tokens.known_total());
        }
        Ok(())
    })?;
    Ok((turns, tokens))
}

fn rebuild(context: &mut Context) -> Result<Exit> {
    refuse_sample(context)?;
    if let Some(note) = Ledger::rebuild(&context.engine.system)? {
        context.out.note(&format!("ttop: {note}"));
    }
    context.refresh(&TurnFilter::default())?;
    let now = context.engine.system.now;
    context.engine.ledger_mut()?.commit(now)?;
    Ok(context.out.outcome())
}

fn export(context: &mut Context, is_own: bool, since: Option<&str>) -> Result<Exit> {
    let range = Range {
        start: since.map_or(Ok(Range::ALL.start), |since| time(context, "--since", since))?,
        ..Range::ALL
    };
    context.refresh(&TurnFilter::default())?;
    let mut output = Output::stdout();
    let ledger = context.engine.ledger()?;
    let part = Exported {
        range,
        is_own,
        ..Exported::ALL
    };
    ledger.export_of(&part, &mut |line| Ok(output.json_line(line)?))?;
    output.flush()?;
    context.engine.commit();
    context.warn_all();
    Ok(context.out.outcome())
}

fn import(context: &mut Context, file: &Path, name: Option<&str>, is_dry: bool) -> Result<Exit> {
    let is_stdin = file.as_os_str() == "-";
    let lines: Box<dyn BufRead> = if is_stdin {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        let opened = open::stream(file).with_context(|| format!("could not open {}", file.display()))?;
        Box::new(BufReader::new(opened))
    };
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = match (name, stem) {
        (Some(name), _) => name.to_owned(),
        (None, Some(stem)) if !is_stdin => stem,
        _ => return Err(BadRequest::new("an import from stdin needs --name").into()),
    };
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(BadRequest::new("the name of an import is plain text").into());
    }
    let ledger = writable(context)?;
    let before = totals(ledger)?;
    let imported = ledger.import(&name, lines)?;
    let after = totals(ledger)?;
    if is_dry {
        ledger.reload()?;
    }
    imported.problems.iter().for_each(|problem| context.out.warn(problem));
    let read = imported.read;
    if is_dry {
        context.out.note(&format!(
            "ttop: would read {read} turns; turns that count: {} now, {} then; tokens: {} now, {} then",
            before.0, after.0, before.1, after.1
        ));
        return Ok(context.out.outcome());
    }
    let now = context.engine.system.now;
    context.engine.ledger_mut()?.commit(now)?;
    context.out.note(&format!("ttop: read {read} turns"));
    Ok(context.out.outcome())
}
