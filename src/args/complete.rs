//! Completions of flag values: ids, models and projects of the ledger, times, keys of rows.

use crate::agents::built_in;
use crate::ledger::Ledger;
use crate::render::kinds::RowKind;
use crate::render::theme::BUILT_IN;
use crate::render::{keys, number};
use crate::system::System;
use crate::system::config::{Config, schema};
use anyhow::Result;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};
use std::collections::BTreeSet;
use std::ffi::OsStr;

/// Sessions offered at once, the newest ones.
const MOST_SESSIONS: u32 = 200;

pub(crate) fn sessions() -> ArgValueCompleter {
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
                    let title = session.title.unwrap_or_default();
                    let used = match session.updated_at {
                        Some(at) => format!(
                            "{title} ({} ago)",
                            number::duration(system.now.saturating_sub(at).max(0))
                        ),
                        None => title,
                    };
                    described(&session.id, used.trim_start())
                })
                .collect())
        }));
        in_order(offered)
    })
}

pub(crate) fn models() -> ArgValueCandidates {
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

pub(crate) fn subagents() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        from_ledger(|ledger, _| {
            let kinds: BTreeSet<&str> = ledger.subagents().collect();
            Ok(kinds.into_iter().map(CompletionCandidate::new).collect())
        })
    })
}

pub(crate) fn branches() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        from_ledger(|ledger, _| {
            let branches: BTreeSet<&str> = ledger.branches().collect();
            Ok(branches.into_iter().map(CompletionCandidate::new).collect())
        })
    })
}

/// Names of imported ledgers.
pub(crate) fn imports() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        from_ledger(|ledger, _| Ok(ledger.imports()?.into_iter().map(CompletionCandidate::new).collect()))
    })
}

/// Names of the sinks that the configuration has.
pub(crate) fn sinks() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let system = System::from_process();
        let sinks = system.map(|system| Config::load(&system).effective(&["alerts", "sinks"]));
        let names = sinks
            .ok()
            .and_then(|sinks| Some(sinks.as_object()?.keys().cloned().collect::<Vec<_>>()));
        names
            .unwrap_or_default()
            .into_iter()
            .map(CompletionCandidate::new)
            .collect()
    })
}

pub(crate) fn themes() -> ArgValueCandidates {
    ArgValueCandidates::new(|| BUILT_IN.iter().map(|theme| described(&theme.id, &theme.name)).collect())
}

/// IANA time zones.
pub(crate) fn zones() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let zones = jiff::tz::db().available();
        zones.map(|zone| CompletionCandidate::new(zone.to_string())).collect()
    })
}

/// Lengths of time.
pub(crate) fn durations() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        in_order(
            ["2s", "5s", "30s", "1min", "10min", "1h"]
                .map(CompletionCandidate::new)
                .into(),
        )
    })
}

pub(crate) fn providers() -> ArgValueCandidates {
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

pub(crate) fn projects() -> ArgValueCandidates {
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

pub(crate) fn agent_ids() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        built_in()
            .iter()
            .map(|agent| described(agent.id(), agent.name()))
            .collect()
    })
}

pub(crate) fn times() -> ArgValueCandidates {
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

pub(crate) fn days() -> ArgValueCandidates {
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

/// How many days trends cover.
pub(crate) fn trend_days() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let days = [
            ("7", "a week"),
            ("30", "a month"),
            ("90", "a quarter"),
            ("365", "a year"),
        ];
        in_order(days.map(|(days, help)| described(days, help)).into())
    })
}

/// The keys of the rows that the command on the line prints.
pub(crate) fn fields() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let keys = keys_of_line(line_words().into_iter());
        let objects = keys.iter().filter(|key| matches!(key.kind, keys::Kind::Object(_)));
        let all = keys::leaves(&keys).into_iter().chain(objects.cloned());
        in_order(all.map(|key| CompletionCandidate::new(key.path)).collect())
    })
}

pub(crate) fn sort_keys() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let leaves = keys::leaves(&keys_of_line(line_words().into_iter()));
        let both = leaves
            .into_iter()
            .flat_map(|key| [key.path.clone(), format!("{}:desc", key.path)]);
        in_order(both.map(CompletionCandidate::new).collect())
    })
}

/// Words that a command knows.
pub(crate) fn words(all: fn() -> Vec<String>) -> ArgValueCandidates {
    ArgValueCandidates::new(move || all().into_iter().map(CompletionCandidate::new).collect())
}

/// The keys of the configuration, with the names that the file and the ledger have for `*`.
pub(crate) fn config_keys() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let config = System::from_process()
            .map(|system| Config::load(&system))
            .unwrap_or_default();
        let providers = from_ledger(|ledger, _| {
            let all: BTreeSet<&str> = ledger.models().map(|(provider, _)| provider).collect();
            Ok(all
                .into_iter()
                .filter(|id| !id.is_empty())
                .map(CompletionCandidate::new)
                .collect())
        });
        let providers = || {
            providers
                .iter()
                .map(|one| one.get_value().to_string_lossy().into_owned())
        };
        let mut offered = Vec::new();
        for key in schema::keys() {
            let Some((group, rest)) = key.path.split_once(".*") else {
                offered.push(described(&key.path, key.about));
                continue;
            };
            let path: Vec<&str> = group.split('.').collect();
            let set = config.effective(&path);
            let set = set
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(_, value)| rest.is_empty() || value.is_object());
            let mut names: BTreeSet<String> = set.map(|(name, _)| name.clone()).collect();
            match group {
                "providers" => names.extend(providers()),
                "billing" => names.extend(providers().chain(built_in().iter().map(|agent| agent.id().to_owned()))),
                _ => {}
            }
            let keys = names.iter().filter(|_| !rest.contains('*'));
            offered.extend(keys.map(|name| described(&format!("{group}.{name}{rest}"), key.about)));
        }
        in_order(offered)
    })
}

/// The values that the key on the line may have, its default first.
pub(crate) fn config_values() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let line = line_words();
        let key = line
            .iter()
            .position(|word| word == "set")
            .and_then(|at| line.get(at + 1));
        let names = key.and_then(|key| schema::names(key)).unwrap_or_default();
        let path: Vec<&str> = names.iter().map(String::as_str).collect();
        let Some(node) = schema::Node::at(&path) else {
            return Vec::new();
        };
        let default = node.default().filter(|value| !value.is_null() && !value.is_object());
        let mut values: Vec<String> = default
            .into_iter()
            .map(|value| value.to_string().replace('"', ""))
            .collect();
        let flags = ["true", "false"].into_iter().filter(|_| node.is_flag());
        for word in node.words().into_iter().chain(flags) {
            if !values.iter().any(|value| value == word) {
                values.push(word.to_owned());
            }
        }
        in_order(values.into_iter().map(CompletionCandidate::new).collect())
    })
}

/// The words of the line that a shell hands over: each by itself, all in one, or in the environment.
fn line_words() -> Vec<String> {
    let words = std::env::args().chain(std::env::var("TTOP_COMPLETE_WORDS"));
    words
        .flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect()
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
