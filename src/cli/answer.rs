//! Answers the scripts in `completions/`, which ask ttop for completions. Besides `args::complete`, the only place that
//! uses clap's dynamic engine, whose interface is not stable yet.

mod line;
mod quote;

use super::{alias, definition_with};
use crate::commands::cost;
use crate::core::text::plain;
use clap_complete::engine;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;

/// Set by the scripts to the name of the shell that asks.
pub const VARIABLE: &str = "TTOP_COMPLETE";

/// Words of the line, one a line: PowerShell cannot hand quotes to a program as they are.
const WORDS: &str = "TTOP_COMPLETE_WORDS";

/// What may follow, for the shell that asks; nothing where anything is wrong, since a message would land in the prompt.
/// What the shell knows of the line follows `--`; without it the variable is just lying around.
pub fn answer(
    words: &[OsString],
    shell: Option<&OsStr>,
    own_aliases: impl FnOnce() -> BTreeMap<String, String>,
) -> Option<Vec<u8>> {
    let shell = shell?.to_str().filter(|shell| !shell.is_empty())?;
    let start = words.iter().position(|word| word == "--")? + 1;
    let answer = Shell::find(shell).and_then(|shell| shell.answer(&words[start..], &alias::all(&own_aliases())));
    Some(answer.unwrap_or_default().into_bytes())
}

/// How a shell hands over its line, and what it does with an answer.
#[derive(Clone, Copy)]
#[expect(clippy::enum_variant_names, reason = "PowerShell is the name of a shell")]
enum Shell {
    /// Gives the line and the part of it that an answer replaces; inserts the answer as it is.
    Bash,
    /// Gives the line; replaces its last word by the answer as it is.
    Nushell,
    /// Gives words in [`WORDS`]; replaces the last by the answer as it is.
    PowerShell,
    /// Gives words without their quotes, and quotes what it inserts: zsh, fish, Elvish.
    Quoting,
}

impl Shell {
    fn find(name: &str) -> Option<Self> {
        match name {
            "bash" => Some(Self::Bash),
            "nushell" => Some(Self::Nushell),
            "powershell" => Some(Self::PowerShell),
            "zsh" | "fish" | "elvish" => Some(Self::Quoting),
            _ => None,
        }
    }

    fn answer(self, given: &[OsString], aliases: &BTreeMap<String, String>) -> Option<String> {
        match self {
            Self::Bash => {
                let [line, replaced] = given else { return None };
                let (line, replaced) = (line.to_str()?, replaced.to_str()?);
                let kept = line::bash(line.strip_suffix(replaced)?)?;
                lines(line::bash(line)?.words, aliases, |value| {
                    Some(quote::bash(value.strip_prefix(kept.last())?, kept.open))
                })
            }
            Self::Nushell => {
                let [line] = given else { return None };
                lines(line::nushell(line.to_str()?)?, aliases, |value| {
                    Some(quote::nushell(value))
                })
            }
            Self::PowerShell => {
                let words = std::env::var(WORDS).ok()?;
                lines(words.split('\n').map(str::to_owned).collect(), aliases, |value| {
                    Some(quote::powershell(value))
                })
            }
            Self::Quoting => {
                let words = given.iter().map(|word| word.to_str().map(str::to_owned));
                lines(words.collect::<Option<_>>()?, aliases, |value| Some(value.to_owned()))
            }
        }
    }
}

/// What may stand in the place of the last word, with its help after a tab; no value that could steer a terminal or
/// break the line it stands on.
fn lines(
    words: Vec<String>,
    aliases: &BTreeMap<String, String>,
    insert: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let typed = words.last()?.clone();
    let before = words
        .len()
        .checked_sub(2)
        .and_then(|at| words.get(at))
        .cloned()
        .unwrap_or_default();
    let words = without_aliases(words.into_iter().map(OsString::from).collect(), aliases);
    let last = words.len() - 1;
    let mut command = alias::add(definition_with(aliases), aliases);
    let here = std::env::current_dir().ok();
    let mut text = String::new();
    for candidate in engine::complete(&mut command, words, last, here.as_deref()).ok()? {
        let Some(value) = candidate.get_value().to_str().filter(|value| plain(value) == **value) else {
            continue;
        };
        // Commands and values first: flags are many, and asked for by their dash.
        if value.starts_with('-') && !typed.starts_with('-') || is_repeated(value, &before) {
            continue;
        }
        let Some(value) = insert(value) else { continue };
        text.push_str(&value);
        if let Some(help) = candidate.get_help() {
            let help = help.to_string();
            let _ = write!(text, "\t{}", plain(help.lines().next().unwrap_or_default()));
        }
        text.push('\n');
    }
    Some(text)
}

/// The line with the alias in it replaced, unless it is the word that is completed.
fn without_aliases(words: Vec<OsString>, aliases: &BTreeMap<String, String>) -> Vec<OsString> {
    let typed = &words[..words.len() - 1];
    let name = typed.iter().skip(1).find_map(|word| {
        let word = word.to_str()?;
        (aliases.contains_key(word) && !alias::is_command(word)).then(|| word.to_owned())
    });
    let has_command = typed
        .iter()
        .skip(1)
        .filter_map(|word| word.to_str())
        .any(alias::is_command);
    let expanded = name
        .filter(|_| !has_command)
        .and_then(|name| alias::expand(&words, &name, aliases).ok()?);
    expanded.unwrap_or(words)
}

/// Whether the last part of a list repeats an earlier one: `day,day`, or a second period of `--by`.
fn is_repeated(value: &str, flag_before: &str) -> bool {
    let (flag, list) = match value.split_once('=') {
        Some((flag, list)) if flag.starts_with("--") => (flag, list),
        _ => (flag_before, value),
    };
    let Some((earlier, last)) = list.rsplit_once(',') else {
        return false;
    };
    let is_period = |word: &str| flag == "--by" && cost::is_period(word);
    earlier
        .split(',')
        .any(|word| word == last || is_period(word) && is_period(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer_to(line: &[&str]) -> String {
        let words: Vec<OsString> = ["ttop", "--"].iter().chain(line).map(OsString::from).collect();
        String::from_utf8(answer(&words, Some(OsStr::new("fish")), BTreeMap::new).expect("asked")).expect("UTF-8")
    }

    #[test]
    fn offers_commands_flags_and_values() {
        assert!(answer_to(&["ttop", "sess"]).starts_with("sessions\t"));
        assert!(answer_to(&["ttop", "sessions", "--pres"]).starts_with("--presence"));
        assert!(answer_to(&["ttop", "sessions", "--presence", "g"]).starts_with("gone"));
        assert!(answer_to(&["ttop", "sessions", "--since", "y"]).starts_with("yesterday\t"));
        assert!(answer_to(&["ttop", "cost", "--by", "day,mod"]).starts_with("day,model"));
        assert!(answer_to(&["ttop", "daily", "--pres"]).starts_with("--presence"));
        assert!(answer_to(&["ttop", "dai"]).starts_with("daily\tAlias of ttop cost --by day"));
        assert!(answer_to(&["ttop", "config", "get", "budgets.da"]).starts_with("budgets.daily\t"));
        assert!(answer_to(&["ttop", "prices", "show", "claude-son"]).starts_with("claude-sonnet"));
        assert!(answer_to(&["ttop", "man", "sess"]).starts_with("sessions"));
    }

    /// Values that only the user knows: amounts, texts, names of their own.
    const FREE: [&str; 19] = [
        "allow_host",
        "at",
        "daily",
        "grep",
        "host",
        "jq",
        "last",
        "limit",
        "listen",
        "max",
        "max_width",
        "messages",
        "monthly",
        "name",
        "template",
        "tokens",
        "usd",
        "weekly",
        "id",
    ];

    #[test]
    fn every_value_that_can_be_offered_is() {
        fn check(command: &clap::Command, path: &str) {
            for arg in command
                .get_arguments()
                .filter(|arg| arg.get_action().takes_values() && !arg.is_hide_set())
            {
                let is_offered = !arg.get_possible_values().is_empty()
                    || arg.get_value_hint() != clap::ValueHint::Unknown
                    || arg.get::<engine::ArgValueCandidates>().is_some()
                    || arg.get::<engine::ArgValueCompleter>().is_some();
                let id = arg.get_id().as_str();
                assert!(is_offered || FREE.contains(&id), "{path}: {id} has no completions");
            }
            for inner in command.get_subcommands() {
                check(inner, &format!("{path} {}", inner.get_name()));
            }
        }
        check(&definition_with(&BTreeMap::new()), "ttop");
    }

    #[test]
    fn offers_flags_only_after_a_dash() {
        for line in [&["ttop", ""][..], &["ttop", "cost", ""], &["ttop", "config", "get", ""]] {
            assert!(!answer_to(line).lines().any(|value| value.starts_with('-')), "{line:?}");
        }
        for line in [
            &["ttop", "-"][..],
            &["ttop", "cost", "--"],
            &["ttop", "config", "get", "-"],
        ] {
            assert!(answer_to(line).lines().all(|value| value.starts_with('-')), "{line:?}");
        }
    }

    #[test]
    fn offers_each_part_of_a_list_once() {
        let by = answer_to(&["ttop", "cost", "--by", "day,"]);
        assert!(
            by.contains("day,model") && !by.contains("day,day") && !by.contains("day,week"),
            "{by}"
        );
        let by = answer_to(&["ttop", "cost", "--by=model,"]);
        assert!(by.contains("model,day") && !by.contains("model,model"), "{by}");
        let fields = answer_to(&["ttop", "cost", "--fields", "cost,"]);
        assert!(
            fields.contains("cost,period") && !fields.contains("cost,cost\n"),
            "{fields}"
        );
    }

    #[test]
    fn says_nothing_where_nobody_asks_or_the_shell_is_unknown() {
        assert_eq!(answer(&["ttop".into()], None, BTreeMap::new), None);
        assert_eq!(answer(&["ttop".into()], Some(OsStr::new("fish")), BTreeMap::new), None);
        assert_eq!(
            answer(
                &["ttop".into(), "--".into(), "ttop".into()],
                Some(OsStr::new("tcsh")),
                BTreeMap::new
            ),
            Some(Vec::new())
        );
    }
}
