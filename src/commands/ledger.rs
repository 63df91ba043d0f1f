//! `ttop ledger`: shows, erases, rebuilds, exports and imports the ledger.

use super::context::Context;
use crate::args::{RowArgs, complete};
use crate::core::bad_request::BadRequest;
use crate::core::filter::TurnFilter;
use crate::core::period::Range;
use crate::engine::ledger_changes::Import;
use crate::exit::Exit;
use crate::ledger::Ledger;
use crate::ledger::forget::Erase;
use crate::ledger::transfer::Exported;
use crate::render::Output;
use crate::reports::ledger::ledger_rows;
use crate::system::open;
use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
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

/// Reads everything into a ledger that can be written to.
fn prepare(context: &mut Context) -> Result<()> {
    context.engine.require_changeable()?;
    context.refresh(&TurnFilter::default())?;
    context.engine.settle()
}

impl ForgetArgs {
    fn run(&self, context: &mut Context) -> Result<Exit> {
        prepare(context)?;
        let engine = &mut context.engine;
        let erased = match (&self.import, &self.before, &self.project) {
            (Some(name), ..) => engine.erase_import(name)?,
            (_, Some(time), _) => engine.erase(&Erase::Before(engine.moment("--before", time)?))?,
            (_, _, Some(project)) => {
                let path = std::path::absolute(engine.system.expand(project))?;
                engine.erase(&Erase::Project(path.to_string_lossy().into_owned()))?
            }
            _ => {
                let session = engine.session_to_erase(self.session.as_deref().unwrap_or_default())?;
                engine.erase(&session)?
            }
        };
        context.out.note(&format!("ttop: erased {erased} turns"));
        Ok(context.out.outcome())
    }
}

fn rebuild(context: &mut Context) -> Result<Exit> {
    context.engine.refuse_sample_change()?;
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
        start: since.map_or(Ok(Range::ALL.start), |since| context.engine.moment("--since", since))?,
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
    let lines = open::stream(file).with_context(|| format!("could not open {}", file.display()))?;
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = match (name, stem) {
        (Some(name), _) => name.to_owned(),
        (None, Some(stem)) if !open::is_stdin(file) => stem,
        _ => return Err(BadRequest::new("an import from stdin needs --name").into()),
    };
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(BadRequest::new("the name of an import is plain text").into());
    }
    prepare(context)?;
    let imported = context.engine.import(&name, lines, is_dry)?;
    imported.problems.iter().for_each(|problem| context.out.warn(problem));
    let Import {
        read, before, after, ..
    } = imported;
    context.out.note(&match is_dry {
        true => format!(
            "ttop: would read {read} turns; turns that count: {} now, {} then; tokens: {} now, {} then",
            before.turns, after.turns, before.tokens, after.tokens
        ),
        false => format!("ttop: read {read} turns"),
    });
    Ok(context.out.outcome())
}
