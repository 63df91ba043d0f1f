//! `ttop plugin trust` and `untrust`: consent, given and taken back.

use super::super::context::Context;
use super::super::dialog::has_agreed;
use super::load;
use crate::core::problem::Problem;
use crate::exit::Exit;
use crate::plugins::host::{Found, State};
use crate::plugins::{admin, consent};
use crate::render::eprint_line as say;
use anyhow::{Result, bail};
use std::io::IsTerminal;

pub(super) fn trust(context: &mut Context, what: &str, yes: bool) -> Result<Exit> {
    let Context { engine, out } = &*context;
    let session = admin::find(&engine.system, &engine.config, &out.global.plugins, what)?;
    let mut exit = Exit::Ok;
    for found in session.named(what) {
        if ask(context, found, yes)? != Exit::Ok {
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}

/// Shows what one plugin asks for, and keeps the answer.
pub(super) fn ask(context: &Context, found: &Found, yes: bool) -> Result<Exit> {
    let Some(declaration) = found.declaration().filter(|_| found.hash.is_some()) else {
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
        if !has_agreed("Allow this?")? {
            say("Not trusted.");
            return Ok(Exit::Failed);
        }
    }
    admin::trust(&context.engine.system, found)?;
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
    let session = match load(context) {
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
    admin::untrust(&context.engine.system, id)?;
    context.out.note(&format!("ttop: plugin {id} is no longer trusted"));
    Ok(Exit::Ok)
}
