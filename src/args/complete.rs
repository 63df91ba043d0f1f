//! Completions of flag values: ids, models and projects of the ledger, times, keys of rows.

use crate::agents::built_in;
use crate::ledger::Ledger;
use crate::render::kinds::RowKind;
use crate::render::{keys, number};
use crate::system::System;
use anyhow::Result;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};
use std::collections::BTreeSet;
use std::ffi::OsStr;

/// Sessions offered at once, the newest ones.
const MOST_SESSIONS: u32 = 200;

pub fn sessions() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let typed = typed.to_string_lossy().into_owned();
        let latest = CompletionCandidate::new("latest").help(Some("the most recent session".into()));
        let mut offered: Vec<_> = std::iter::once(latest)
            .filter(|_| "latest".starts_with(&typed))
            .collect();
        offered.extend(from_ledger(|ledger, system| {
            let sessions = ledger.recent_sessions(&typed, MOST_SESSIONS)?;
            Ok(sessions
                .into_iter()
                .map(|session| {
                    let age = session
                        .updated_at
                        .map(|at| number::duration(system.now.saturating_sub(at).max(0)));
                    let title = session.title.unwrap_or_default();
                    let used = format!("{title} ({} ago)", age.unwrap_or_default());
                    described(&session.id, used.trim_start())
                })
                .collect())
        }));
        in_order(offered)
    })
}

pub fn models() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        from_ledger(|ledger, _| {
            let models: BTreeSet<&str> = ledger
                .models()
                .map(|(_, model)| model)
                .filter(|model| !model.is_empty())
                .collect();
            Ok(models.into_iter().map(CompletionCandidate::new).collect())
        })
    })
}

pub fn providers() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        from_ledger(|ledger, _| {
            let providers: BTreeSet<&str> = ledger
                .models()
                .map(|(provider, _)| provider)
                .filter(|id| !id.is_empty())
                .collect();
            Ok(providers.into_iter().map(CompletionCandidate::new).collect())
        })
    })
}

pub fn projects() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let here = described(".", "the project of this directory");
        let known = from_ledger(|ledger, _| {
            Ok(ledger
                .project_paths()?
                .into_iter()
                .map(CompletionCandidate::new)
                .collect())
        });
        in_order(std::iter::once(here).chain(known).collect())
    })
}

pub fn agent_ids() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        built_in()
            .iter()
            .map(|agent| described(agent.id(), agent.name()))
            .collect()
    })
}

pub fn times() -> ArgValueCandidates {
    const TIMES: [(&str, &str); 11] = [
        ("today", "since midnight"),
        ("yesterday", "since midnight yesterday"),
        ("week", "since Monday"),
        ("month", "since the first of the month"),
        ("year", "since January 1"),
        ("monday", "since the latest Monday"),
        ("last-month", "since the first of last month"),
        ("7d", "7 days, including today"),
        ("30d", "30 days, including today"),
        ("2h", "2 hours ago"),
        ("30min", "30 minutes ago"),
    ];
    ArgValueCandidates::new(|| in_order(TIMES.iter().map(|(time, help)| described(time, help)).collect()))
}

pub fn days() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        [
            "today",
            "yesterday",
            "monday",
            "week",
            "month",
            "last-week",
            "last-month",
        ]
        .map(CompletionCandidate::new)
        .into()
    })
}

/// The keys of the rows that the command on the line prints.
pub fn fields() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let keys = keys_of_line(std::env::args());
        let objects = keys.iter().filter(|key| matches!(key.kind, keys::Kind::Object(_)));
        let all = keys::leaves(&keys).into_iter().chain(objects.cloned());
        in_order(all.map(|key| CompletionCandidate::new(key.path)).collect())
    })
}

pub fn sort_keys() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let leaves = keys::leaves(&keys_of_line(std::env::args()));
        let both = leaves
            .into_iter()
            .flat_map(|key| [key.path.clone(), format!("{}:desc", key.path)]);
        in_order(both.map(CompletionCandidate::new).collect())
    })
}

fn keys_of_line(words: impl Iterator<Item = String>) -> Vec<keys::Key> {
    let row = words
        .skip_while(|word| word != "--")
        .skip(2)
        .find_map(|word| RowKind::find(&word));
    row.or_else(|| RowKind::find("cost"))
        .map(|row| (row.keys)())
        .unwrap_or_default()
}

/// Candidates from the committed ledger; none where it cannot be read, and nothing is read from the agents.
fn from_ledger(offer: impl FnOnce(&Ledger, &System) -> Result<Vec<CompletionCandidate>>) -> Vec<CompletionCandidate> {
    let candidates = || {
        let system = System::from_process()?;
        offer(&Ledger::open(&system)?, &system)
    };
    let mut candidates = candidates().unwrap_or_default();
    // A name that others chose must not be taken for a flag.
    candidates.retain(|candidate| !candidate.get_value().as_encoded_bytes().starts_with(b"-"));
    candidates
}

fn described(value: &str, help: &str) -> CompletionCandidate {
    CompletionCandidate::new(value).help(Some(crate::render::text::plain(help).into_owned().into()))
}

fn in_order(candidates: Vec<CompletionCandidate>) -> Vec<CompletionCandidate> {
    candidates
        .into_iter()
        .enumerate()
        .map(|(at, candidate)| candidate.display_order(Some(at)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_those_of_the_command() {
        let line = |words: &[&str]| {
            let words = words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
            keys_of_line(words.into_iter()).first().map(|key| key.path.clone())
        };
        assert_eq!(
            line(&["ttop", "--", "ttop", "turns", "--fields", ""]).as_deref(),
            Some("turnId")
        );
        assert_eq!(line(&["ttop", "--", "ttop", "--fields", ""]).as_deref(), Some("period"));
    }
}
