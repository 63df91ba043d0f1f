//! Completions: what the shells' scripts in `completions/` ask ttop for. The one place that uses clap's dynamic
//! engine, whose interface is not stable yet.

use super::definition;
use crate::agents::agents;
use crate::commands::schema::RowKind;
use crate::ledger::Ledger;
use crate::render::{keys, number};
use crate::system::System;
use anyhow::Result;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};

/// Set by the scripts to the name of the shell that asks.
pub const VARIABLE: &str = "TTOP_COMPLETE";
/// Sessions offered at once, the newest ones.
const MOST_SESSIONS: u32 = 200;

/// What a shell is told, when it asks; nothing where anything is wrong, since a message would land in the prompt.
/// The words of the line follow `--`; without it the variable is just lying around.
pub fn answer(words: &[OsString], shell: Option<&OsStr>) -> Option<Vec<u8>> {
    let shell = shell?.to_str().filter(|shell| !shell.is_empty())?;
    let mut told = Vec::new();
    let start = words.iter().position(|word| word == "--")? + 1;
    let shells = Shells::builtins();
    if let Some(shell) = shells.completer(shell).filter(|_| start < words.len()) {
        let mut command = definition();
        command.build();
        let cwd = std::env::current_dir().ok();
        if shell
            .write_complete(&mut command, words[start..].to_vec(), cwd.as_deref(), &mut told)
            .is_err()
        {
            told.clear();
        }
    }
    Some(told)
}

pub fn sessions() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let typed = typed.to_string_lossy().into_owned();
        let latest = CompletionCandidate::new("latest").help(Some("the session used last".into()));
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
                    described(&session.id, &format!("{title} ({} ago)", age.unwrap_or_default()))
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
        agents()
            .iter()
            .map(|agent| described(agent.id(), agent.name()))
            .collect()
    })
}

pub fn times() -> ArgValueCandidates {
    const TIMES: [(&str, &str); 9] = [
        ("today", "since midnight"),
        ("yesterday", "since the midnight before"),
        ("week", "since Monday"),
        ("month", "since the first"),
        ("year", "since January 1"),
        ("7d", "7 days with today"),
        ("30d", "30 days with today"),
        ("2h", "2 hours ago"),
        ("30min", "30 minutes ago"),
    ];
    ArgValueCandidates::new(|| in_order(TIMES.iter().map(|(time, help)| described(time, help)).collect()))
}

pub fn days() -> ArgValueCandidates {
    ArgValueCandidates::new(|| ["today", "yesterday"].map(CompletionCandidate::new).into())
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
    candidates().unwrap_or_default()
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

    fn told(line: &[&str]) -> String {
        let words: Vec<OsString> = ["ttop", "--"].iter().chain(line).map(OsString::from).collect();
        String::from_utf8(answer(&words, Some(OsStr::new("fish"))).expect("asked")).expect("UTF-8")
    }

    #[test]
    fn offers_commands_flags_and_values() {
        assert!(told(&["ttop", "sess"]).starts_with("sessions\t"));
        assert!(told(&["ttop", "sessions", "--pres"]).starts_with("--presence"));
        assert!(told(&["ttop", "sessions", "--presence", "g"]).starts_with("gone"));
        assert!(told(&["ttop", "sessions", "--since", "y"]).starts_with("yesterday\t"));
        assert!(told(&["ttop", "cost", "--by", "day,mod"]).starts_with("day,model"));
    }

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

    #[test]
    fn says_nothing_where_nobody_asks_or_the_shell_is_unknown() {
        assert_eq!(answer(&["ttop".into()], None), None);
        assert_eq!(answer(&["ttop".into()], Some(OsStr::new("fish"))), None);
        assert_eq!(
            answer(&["ttop".into(), "--".into(), "ttop".into()], Some(OsStr::new("tcsh"))),
            Some(Vec::new())
        );
    }
}
