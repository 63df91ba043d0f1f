//! `ttop ledger`: what ttop itself remembers, and how to erase, repair, move and merge it.

use super::context::Context;
use super::usage;
use crate::args::RowArgs;
use crate::core::bad_request::BadRequest;
use crate::core::filter::TurnFilter;
use crate::core::period::{Edge, parse_time};
use crate::core::problem::Problem;
use crate::exit::Exit;
use crate::ledger::forget::Erase;
use crate::ledger::{Ledger, Standing};
use crate::render::Output;
use crate::reports::Sessions;
use crate::reports::ledger::ledger_rows;
use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

/// Show, erase, repair, export and merge what ttop remembers
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
    /// Show what is held of each agent
    Status {
        #[command(flatten)]
        rows: RowArgs,
    },
    /// Erase for good; what is read again later stays erased
    Forget(ForgetArgs),
    /// Read every source again; a damaged ledger is set aside first
    Rebuild,
    /// Print every turn, one JSON object a line
    Export,
    /// Take in an export of another machine; nothing counts twice
    Import {
        /// `-` for stdin
        file: PathBuf,
        /// What to call it; the same name replaces what came before
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct ForgetArgs {
    /// This session: a unique prefix of its id
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Every session of this project and below
    #[arg(long, value_name = "PATH")]
    project: Option<String>,
    /// Every turn before this time
    #[arg(long, value_name = "TIME")]
    before: Option<String>,
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
            Some(Action::Export) => export(context),
            Some(Action::Import { file, name }) => import(context, file, name.as_deref()),
        }
    }
}

fn status(context: &mut Context, rows: &RowArgs) -> Result<Exit> {
    let ledger = usage::open(context)?;
    for problem in ledger.problems() {
        context.warn(problem);
    }
    context.rows(rows, ledger_rows(&ledger)?)
}

/// A ledger that can be written to, with everything read so far.
fn writable(context: &mut Context) -> Result<Ledger> {
    if context.global.demo {
        return Err(BadRequest::new("the sample ledger of --demo cannot be changed").into());
    }
    let mut ledger = usage::open(context)?;
    if let (Standing::Unusable(_), Some(problem)) = (ledger.standing(), ledger.problems().first()) {
        bail!("{problem}");
    }
    usage::bring_up_to_date(context, &mut ledger, &TurnFilter::default())?;
    ledger.commit(context.system.now)?;
    ledger.reload()?;
    Ok(ledger)
}

impl ForgetArgs {
    fn run(&self, context: &mut Context) -> Result<Exit> {
        let mut ledger = writable(context)?;
        let erase = self.erase(context, &ledger)?;
        let erased = ledger.forget(&erase)?;
        ledger.commit(context.system.now)?;
        context.note(&format!("ttop: erased {erased} turns"));
        Ok(context.outcome())
    }

    fn erase(&self, context: &Context, ledger: &Ledger) -> Result<Erase> {
        if let Some(time) = &self.before {
            let zone = context.system.zone()?;
            let at = parse_time(time, context.system.now, zone, Edge::Since)
                .map_err(|error| BadRequest::new(error.message).with_hint(error.hint))?;
            return Ok(Erase::Before(at));
        }
        if let Some(project) = &self.project {
            let path = context.system.expand(project);
            return Ok(Erase::Project(
                std::path::absolute(path)?.to_string_lossy().into_owned(),
            ));
        }
        let prefix = self.session.as_deref().unwrap_or_default();
        let sessions = Sessions::load(ledger)?;
        let found: Vec<_> = sessions
            .all()
            .filter(|session| session.id.starts_with(prefix))
            .collect();
        let exact = found.iter().find(|session| &*session.id == prefix);
        match (exact, &found[..]) {
            (Some(session), _) | (None, [session]) => Ok(Erase::Session {
                agent_id: ledger.names().agent(session.agent).unwrap_or_default().to_owned(),
                session_id: session.id.to_string(),
            }),
            (None, []) => bail!("no session '{prefix}'"),
            (None, several) => {
                Err(BadRequest::new(format!("session '{prefix}' fits {} sessions", several.len())).into())
            }
        }
    }
}

fn rebuild(context: &mut Context) -> Result<Exit> {
    if context.global.demo {
        return Err(BadRequest::new("the sample ledger of --demo cannot be changed").into());
    }
    if let Some(told) = Ledger::rebuild(&context.system)? {
        context.note(&format!("ttop: {told}"));
    }
    let mut ledger = usage::open(context)?;
    usage::bring_up_to_date(context, &mut ledger, &TurnFilter::default())?;
    ledger.commit(context.system.now)?;
    Ok(context.outcome())
}

fn export(context: &mut Context) -> Result<Exit> {
    let mut ledger = usage::open(context)?;
    usage::bring_up_to_date(context, &mut ledger, &TurnFilter::default())?;
    let mut output = Output::stdout();
    ledger.export(|line| Ok(output.json_line(line)?))?;
    output.flush()?;
    usage::keep(context, &mut ledger);
    Ok(context.outcome())
}

fn import(context: &mut Context, file: &PathBuf, name: Option<&str>) -> Result<Exit> {
    let is_stdin = file.as_os_str() == "-";
    let lines: Box<dyn BufRead> = if is_stdin {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        let opened = std::fs::File::open(file).with_context(|| format!("could not open {}", file.display()))?;
        Box::new(BufReader::new(opened))
    };
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = match (name, stem) {
        (Some(name), _) => name.to_owned(),
        (None, Some(stem)) if !is_stdin => stem,
        _ => return Err(BadRequest::new("what comes from stdin needs a --name").into()),
    };
    let mut ledger = writable(context)?;
    let (read, problems) = ledger.import(&name, lines)?;
    problems.iter().for_each(|problem: &Problem| context.warn(problem));
    ledger.commit(context.system.now)?;
    context.note(&format!("ttop: read {read} turns"));
    Ok(context.outcome())
}
