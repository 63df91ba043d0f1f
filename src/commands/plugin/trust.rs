//! `ttop plugin trust` and `untrust`: consent, given and taken back.

use super::super::context::Context;
use super::list::{load, load_one, not_found, of};
use crate::core::cannot_answer::CannotAnswer;
use crate::core::problem::Problem;
use crate::exit::Exit;
use crate::plugins::consent;
use crate::plugins::discover;
use crate::plugins::host::{Found, State, Way};
use crate::plugins::session;
use crate::plugins::trust::Trust;
use crate::render::eprint_line as say;
use anyhow::{Result, bail};
use std::io::{BufRead, IsTerminal};

pub(super) fn trust(context: &mut Context, what: &str, yes: bool) -> Result<Exit> {
    let session = load(context, false)?;
    let found = &session.found;
    let by_path;
    let mut wanted: Vec<&Found> = of(found, what).collect();
    wanted.extend(found.iter().filter(|found| found.source.label == what));
    if wanted.is_empty()
        && context
            .engine
            .system
            .cwd
            .join(context.engine.system.expand(what))
            .exists()
    {
        let source = discover::at(
            &context.engine.system,
            &context.engine.system.cwd,
            what.to_owned(),
            Way::Flag,
        );
        by_path = load_one(context, source)?.found;
        wanted = by_path.iter().collect();
    }
    if wanted.is_empty() {
        return Err(not_found(what, &session.found).into());
    }
    let mut exit = Exit::Ok;
    for found in wanted {
        if ask(context, found, yes)? != Exit::Ok {
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}

/// Shows what one plugin asks for, and keeps the answer.
pub(super) fn ask(context: &Context, found: &Found, yes: bool) -> Result<Exit> {
    let (Some(declaration), Some(hash)) = (found.declaration(), &found.hash) else {
        bail!("{}", found.errors.join("\n"));
    };
    let id = &declaration.id;
    if found.state == State::Loaded {
        context.out.note(&format!("ttop: plugin {id} is trusted"));
        return Ok(Exit::Ok);
    }
    let rights = consent::lines(declaration, &context.engine.system.home);
    say(&format!(
        "Plugin {id} {} ({}) asks for:",
        declaration.version, found.source.label
    ));
    match rights.is_empty() {
        true => say("  no rights"),
        false => rights.iter().for_each(|right| say(&format!("  {right}"))),
    }
    if !yes {
        if !std::io::stdin().is_terminal() {
            bail!("consent needs a person or --yes: ttop plugin trust {id} --yes");
        }
        say("Allow this? [y/N]");
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            say("Not trusted.");
            return Ok(Exit::Failed);
        }
    }
    let mut trust = Trust::open(&session::trust_file(&context.engine.system))?;
    trust.give(hash, declaration, &found.source.label, context.engine.system.now)?;
    context.out.note(&format!(
        "ttop: plugin {id} is trusted until its code or its rights change"
    ));
    Ok(Exit::Ok)
}

/// Goes through the plugins that wait for trust; without a person, names the command instead. Returns how many wait.
///
/// # Errors
/// When an answer cannot be read or kept.
pub(crate) fn ask_for_trust(context: &mut Context, may_ask: bool) -> Result<usize> {
    let session = match load(context, false) {
        Ok(session) => session,
        Err(error) => {
            context.out.warn(&Problem::new("plugin", format_args!("{error:#}")));
            return Ok(0);
        }
    };
    let waits = |found: &&Found| found.state == State::Untrusted && found.hash.is_some();
    let mut waiting = 0;
    for found in session.found.iter().filter(waits) {
        let Some(declaration) = found.declaration() else {
            continue;
        };
        waiting += 1;
        match may_ask {
            true => drop(ask(context, found, false)?),
            false => context.out.note(&format!(
                "ttop: plugin {0} waits for your trust: 'ttop plugin trust {0}' shows what it asks for",
                declaration.id
            )),
        }
    }
    Ok(waiting)
}

pub(super) fn untrust(context: &mut Context, id: &str) -> Result<Exit> {
    let mut trust = Trust::open(&session::trust_file(&context.engine.system))?;
    match trust.take_back(id)? {
        0 => {
            let hint = "ttop plugin list lists the plugins and which are trusted";
            return Err(CannotAnswer::new(format!("plugin '{id}' is not trusted"), hint).into());
        }
        _ => context.out.note(&format!("ttop: plugin {id} is no longer trusted")),
    }
    Ok(Exit::Ok)
}
