//! Plugins of a run: what they add to the registry of its engine.

use crate::commands::Command;
use crate::core::problem::Problem;
use crate::engine::Engine;
use crate::engine::registry::Registry;
use crate::plugins::as_agent::Patience;
use crate::plugins::session::Session;
use anyhow::Result;
use std::rc::Rc;
use std::time::Duration;

/// How long reports wait for agent plugins, all together.
const REPORT_WAIT: Duration = Duration::from_secs(10);
/// What is started for its own sake waits as long as plugins may take.
const SYNC_WAIT: Duration = Duration::from_secs(90);
/// Of a stream, once it runs: other lines come meanwhile.
const STREAM_WAIT: Duration = Duration::from_millis(200);

/// Adds the plugins of a run. The session ends them when the run is over; `None` without plugins.
///
/// # Errors
/// When consents cannot be read.
pub fn extend(engine: &mut Engine, command: Option<&Command>, flags: &[String]) -> Result<Option<Session>> {
    if engine.is_sample() || command.is_some_and(|command| !command.uses_plugins()) {
        return Ok(None);
    }
    let Some(session) = Session::open(&engine.system, &engine.config, flags)? else {
        return Ok(None);
    };
    let patience = match command {
        Some(Command::Sync(_) | Command::Ledger(_) | Command::Doctor(_)) => Patience::new(SYNC_WAIT, Duration::ZERO),
        _ => Patience::new(REPORT_WAIT, STREAM_WAIT),
    };
    add(&session, patience, &mut engine.registry);
    Ok(Some(session))
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
    for theme in session.themes() {
        registry.themes.retain(|other| other.id != theme.id);
        registry.themes.push(theme);
    }
    registry.sinks.push(session.sinks());
    registry.finders = session.credential_finders();
    registry.prices = session.prices();
    let events = session.events.clone();
    registry.happened = Some(Rc::new(move || events.take()));
}

/// What a run says of plugins that it goes without.
pub fn problems(session: Option<&Session>) -> Vec<Problem> {
    session.map(Session::problems).unwrap_or_default()
}
