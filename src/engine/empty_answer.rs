//! Explains a report without rows: no agent here, nothing in this time, or filters that match nothing.

use super::Engine;
use super::filters::quoted;
use crate::core::filter::TurnFilter;
use crate::core::filter_text::FilterText;
use crate::core::period::Range;
use crate::core::time::Time;
use crate::render::number;
use crate::reports::{Sessions, Usage};
use anyhow::Result;

/// The last turn that a report would have had without its time range.
struct LastTurn {
    at: i64,
    agent_id: String,
}

impl Engine {
    /// Why a report of turns is empty, and the command that shows something; for one that is not, why `--grep` left
    /// nothing of it.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn explain_empty(
        &self,
        command: &str,
        noun: &str,
        filters: &FilterText,
        is_empty: bool,
    ) -> Result<Vec<String>> {
        match is_empty {
            true => self.explain_no_turns(command, noun, filters),
            false => Ok(no_match(filters)),
        }
    }

    fn explain_no_turns(&self, command: &str, noun: &str, filters: &FilterText) -> Result<Vec<String>> {
        let usage = self.usage()?;
        let sessions = Sessions::load(usage.ledger)?;
        let anything = last_turn(&usage, &TurnFilter::default(), &sessions)?;
        let Some(anything) = anything else {
            // With a filter, only its agents were read.
            return Ok(match filters.agent.is_empty() {
                true => self.explain_no_agent(&sessions),
                false => vec![format!(
                    "no {noun} match {}; what there is: ttop cost --by agent,model",
                    quoted(filters)
                )],
            });
        };
        let filter = self.filter(filters)?;
        if filter.range != Range::ALL {
            let any_time = TurnFilter {
                range: Range::ALL,
                ..filter
            };
            if let Some(last) = last_turn(&usage, &any_time, &sessions)? {
                return self
                    .explain_no_time(command, noun, filters, &last)
                    .map(|line| vec![line]);
            }
        }
        let others = quoted(&FilterText {
            since: None,
            until: None,
            on: None,
            ..filters.clone()
        });
        if others.is_empty() {
            return Ok(vec![format!("no {noun}")]);
        }
        let day = self.day_of(anything.at)?;
        Ok(vec![format!(
            "no {noun} match {others}; what there is: ttop cost --by agent,model --since {day}"
        )])
    }

    /// Where nothing was ever read.
    fn explain_no_agent(&self, sessions: &Sessions) -> Vec<String> {
        let agents = self.registry.agents.len();
        let line = match sessions.all().next() {
            Some(_) => "no turns: agents were found here, but none of their sessions has a reply yet".to_owned(),
            None => format!("no agent found on this machine (ttop knows {agents}; ttop doctor lists the places)"),
        };
        vec![line, "a sample of the answer: ttop --demo".to_owned()]
    }

    fn explain_no_time(&self, command: &str, noun: &str, filters: &FilterText, last: &LastTurn) -> Result<String> {
        let day = self.day_of(last.at)?;
        let age = self.system.now.saturating_sub(last.at);
        let age = match age {
            0.. => format!(", {} ago", number::duration(age)),
            _ => String::new(),
        };
        let span = quoted(&FilterText {
            since: filters.since.clone(),
            until: filters.until.clone(),
            on: filters.on.clone(),
            ..FilterText::default()
        });
        let others = quoted(&FilterText {
            since: Some(day.clone()),
            until: None,
            on: None,
            ..filters.clone()
        });
        Ok(format!(
            "no {noun} in this time ({span}); the last was on {day} ({}{age}): ttop {command} {others}",
            last.agent_id
        ))
    }

    fn day_of(&self, at: i64) -> Result<String> {
        let local = self.system.zone()?.to_datetime(Time(at).timestamp());
        Ok(local.date().to_string())
    }
}

/// The sentence for an answer that had no rows, or the filters that left none.
pub fn empty_or(nothing: &str, had_rows: bool, filters: &FilterText) -> Vec<String> {
    match (had_rows, no_match(filters)) {
        (true, lines) if !lines.is_empty() => lines,
        _ => vec![nothing.to_owned()],
    }
}

/// What an answer lacks if its rows were there before the filters.
pub fn no_match(filters: &FilterText) -> Vec<String> {
    match quoted(filters) {
        flags if flags.is_empty() => Vec::new(),
        flags => vec![format!("no rows match {flags}")],
    }
}

fn last_turn(usage: &Usage<'_>, filter: &TurnFilter, sessions: &Sessions) -> Result<Option<LastTurn>> {
    let selected = usage.select(filter, Some(sessions))?;
    let mut last: Option<(i64, u32)> = None;
    usage.ledger.visit(&selected.packs, |head, columns| {
        for entry in (0..columns.len())
            .filter(|at| columns.is_counted(*at))
            .map(|at| columns.turn(at))
        {
            let time = entry.numbers.timestamp;
            if selected.takes(&entry) && last.is_none_or(|(at, _)| at < time) {
                last = Some((time, head.key.agent));
            }
        }
        Ok(())
    })?;
    Ok(last.map(|(at, agent)| LastTurn {
        at,
        agent_id: usage.agent_id(agent).to_string(),
    }))
}
