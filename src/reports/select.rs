//! Selecting: resolves filters into packs and turns to read.

use super::{Sessions, Usage};
use crate::core::filter::{AmbiguousSession, TurnFilter};
use crate::ledger::pack::PackEntry;
use crate::ledger::query::Selection;
use crate::prices::model_name;
use anyhow::Result;
use rustc_hash::FxHashSet;

/// The turns of a report.
pub struct Selected {
    pub packs: Selection,
    /// By row of the names; `None` = all.
    models: Option<Vec<bool>>,
    /// The same of origins.
    origins: Option<Vec<bool>>,
    /// Bit = position of the presence.
    presences: u8,
}

impl Selected {
    pub fn all() -> Self {
        Self {
            packs: Selection::ALL,
            models: None,
            origins: None,
            presences: u8::MAX,
        }
    }

    /// Narrows the choice to these sessions.
    pub fn only(&mut self, sessions: &Sessions) {
        self.packs.sessions = Some(sessions.all().map(|session| session.row).collect());
    }

    pub fn takes(&self, entry: &PackEntry) -> bool {
        let is_among = |wanted: &Option<Vec<bool>>, row: u32| {
            let is_wanted = |rows: &Vec<bool>| rows.get(row as usize).copied().unwrap_or(false);
            wanted.as_ref().is_none_or(is_wanted)
        };
        (self.packs.start..self.packs.end).contains(&entry.numbers.timestamp)
            && is_among(&self.models, entry.model)
            && is_among(&self.origins, entry.origin)
            && self.presences & 1 << entry.numbers.presence as u8 != 0
    }
}

impl Usage<'_> {
    /// Turns filters into a selection. The caller loads `sessions` if [`needs_sessions`] is true.
    ///
    /// # Errors
    /// When a session prefix is ambiguous, or the ledger is damaged.
    pub fn select(&self, filter: &TurnFilter, sessions: Option<&Sessions>) -> Result<Selected> {
        let names = self.ledger.names();
        let mut selected = Selected::all();
        (selected.packs.start, selected.packs.end) = (filter.range.start, filter.range.end);
        if !filter.agents.matches_all() {
            let wanted = |row: &u32| names.agent(*row).is_some_and(|id| filter.agents.matches(Some(id)));
            selected.packs.agents = Some((0..names.len() as u32).filter(wanted).collect());
        }
        if !(filter.models.matches_all() && filter.providers.matches_all()) {
            let models = filter
                .models
                .clone()
                .or_words(self.ledger.models().map(|(_, model)| model));
            let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let wanted = |row: u32| {
                let (provider, model) = names.model(row);
                filter.providers.matches(known(provider).as_deref())
                    && (models.matches(known(model).as_deref()) || models.matches_name(|| model_name(provider, model)))
            };
            selected.models = Some((0..names.len() as u32).map(wanted).collect());
        }
        if !(filter.branches.matches_all() && filter.subagents.matches_all()) {
            let wanted = |row: u32| {
                let origin = names.origin(row);
                filter.branches.matches(super::text(origin.branch).as_deref())
                    && filter.subagents.matches(super::text(origin.subagent).as_deref())
            };
            selected.origins = Some((0..names.len() as u32).map(wanted).collect());
        }
        if !filter.presence.is_empty() {
            selected.presences = filter
                .presence
                .iter()
                .fold(0, |bits, presence| bits | 1 << *presence as u8);
        }
        if let Some(sessions) = sessions.filter(|_| needs_sessions(filter)) {
            selected.packs.sessions = Some(self.choose(filter, sessions, &selected)?);
        }
        Ok(selected)
    }

    fn choose(&self, filter: &TurnFilter, sessions: &Sessions, others: &Selected) -> Result<FxHashSet<i64>> {
        let mut filter = filter.clone();
        if filter.asks_for_here() {
            filter.settle_projects(sessions.all().filter_map(|session| session.project.as_deref()));
        }
        let is_agent = |agent: u32| {
            others
                .packs
                .agents
                .as_ref()
                .is_none_or(|agents| agents.contains(&agent))
        };
        let mut rows: FxHashSet<i64> = sessions
            .all()
            .filter(|session| is_agent(session.agent) && filter.is_project(session.project.as_deref()))
            .map(|session| session.row)
            .collect();
        if filter.sessions.is_empty() {
            return Ok(rows);
        }
        let narrows_turns = others.packs.start != i64::MIN
            || others.packs.end != i64::MAX
            || others.models.is_some()
            || others.origins.is_some()
            || others.presences != u8::MAX;
        if narrows_turns {
            let mut with_turns = FxHashSet::default();
            self.each(others, |turn| {
                with_turns.insert(turn.key.session);
                Ok(())
            })?;
            rows.retain(|row| with_turns.contains(row));
        }
        let left = || {
            sessions
                .all()
                .filter(|session| rows.contains(&session.row))
                .map(|session| (&*session.id, session.updated_at.unwrap_or(i64::MIN)))
        };
        let candidates: Vec<_> = left().collect();
        let chosen = filter
            .choose_sessions(candidates.iter().copied())
            .map_err(usage_error)?;
        if let Some(chosen) = chosen {
            rows.retain(|row| sessions.of(*row).is_some_and(|session| chosen.contains(&*session.id)));
        }
        Ok(rows)
    }
}

fn usage_error(error: AmbiguousSession) -> anyhow::Error {
    let hint = error.hint();
    crate::core::bad_request::BadRequest::new(error.to_string())
        .with_hint(hint)
        .into()
}

/// Whether a filter can only be answered with the sessions at hand.
pub(crate) fn needs_sessions(filter: &TurnFilter) -> bool {
    !filter.projects.is_empty() || !filter.sessions.is_empty()
}
