//! Plugins of a run: what they add to the registry of its engine.

use crate::args::Global;
use crate::commands::Command;
use crate::core::problem::Problem;
use crate::engine::Engine;
use crate::engine::registry::{Beside, Registry};
use crate::plugins::as_agent::Patience;
use crate::plugins::session::Session;
use crate::render::theme::Theme;
use anyhow::Result;
use std::rc::Rc;

/// Adds the plugins of a run. The session ends them when the run is over; `None` without plugins. Also returns what a
/// report goes without.
///
/// # Errors
/// When consents cannot be read.
pub(crate) fn extend(
    engine: &mut Engine,
    command: Option<&Command>,
    global: &Global,
) -> Result<(Option<Session>, Vec<Problem>)> {
    let is_whole = command.is_none_or(Command::uses_plugins);
    let theme = global.theme.as_deref();
    let theme = theme.or(engine.config.display.theme.as_deref());
    let is_themed = theme.is_some_and(|id| Theme::find(id).is_none());
    if engine.is_sample() || !(is_whole || is_themed) {
        return Ok((None, Vec::new()));
    }
    // Bars are called every few seconds: they start nothing.
    let starts_none = matches!(command, Some(Command::BarStatus(_)));
    let Some(session) = Session::open(&engine.system, &engine.config, &global.plugins, starts_none)? else {
        return Ok((None, Vec::new()));
    };
    if !is_whole {
        add_themes(&session, &mut engine.registry);
        return Ok((Some(session), Vec::new()));
    }
    let patience = match command {
        Some(Command::Sync(_) | Command::Ledger(_)) => Patience::of_sync(),
        Some(Command::Doctor(_) | Command::Alert(_)) => Patience::of_check(),
        _ => Patience::of_report(),
    };
    add(&session, patience, &mut engine.registry);
    let beside = Rc::new(session.beside(&engine.system));
    let looked = Rc::clone(&beside);
    engine.registry.beside = Some(Beside {
        start: Rc::new(move |waker| beside.start(waker)),
        look: Rc::new(move || looked.look()),
    });
    let problems = session.problems();
    Ok((Some(session), problems))
}

/// Every command shows the colors of a theme.
fn add_themes(session: &Session, registry: &mut Registry) {
    for theme in session.themes() {
        registry.themes.retain(|other| other.id != theme.id);
        registry.themes.push(theme);
    }
}

/// A plugin takes the place of what is built in under its id.
fn add(session: &Session, patience: Patience, registry: &mut Registry) {
    for agent in session.agents(patience) {
        registry.agents.retain(|other| other.id() != agent.id());
        registry.agents.push(agent);
    }
    for provider in session.providers() {
        registry
            .providers
            .retain(|other| other.about().id != provider.about().id);
        registry.providers.push(provider);
    }
    add_themes(session, registry);
    registry.sinks.push(session.sinks());
    registry.finders = session.credential_finders();
    registry.prices = session.prices();
    let events = session.events.clone();
    registry.happened = Some(Rc::new(move || events.take()));
}
