//! Answers the scripts in `completions/`, which ask ttop for completions. Besides `args::complete`, the only place that
//! uses clap's dynamic engine, whose interface is not stable yet.

mod line;
mod quote;

use super::definition;
use crate::core::text::plain;
use clap_complete::engine;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;

/// Set by the scripts to the name of the shell that asks.
pub const VARIABLE: &str = "TTOP_COMPLETE";

/// Words of the line, one a line: PowerShell cannot hand quotes to a program as they are.
const WORDS: &str = "TTOP_COMPLETE_WORDS";

/// What may follow, for the shell that asks; nothing where anything is wrong, since a message would land in the prompt.
/// What the shell knows of the line follows `--`; without it the variable is just lying around.
pub fn answer(words: &[OsString], shell: Option<&OsStr>) -> Option<Vec<u8>> {
    let shell = shell?.to_str().filter(|shell| !shell.is_empty())?;
    let start = words.iter().position(|word| word == "--")? + 1;
    let answer = Shell::find(shell).and_then(|shell| shell.answer(&words[start..]));
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

    fn answer(self, given: &[OsString]) -> Option<String> {
        match self {
            Self::Bash => {
                let [line, replaced] = given else { return None };
                let (line, replaced) = (line.to_str()?, replaced.to_str()?);
                let kept = line::bash(line.strip_suffix(replaced)?)?;
                lines(line::bash(line)?.words, |value| {
                    Some(quote::bash(value.strip_prefix(kept.last())?, kept.open))
                })
            }
            Self::Nushell => {
                let [line] = given else { return None };
                lines(line::nushell(line.to_str()?)?, |value| Some(quote::nushell(value)))
            }
            Self::PowerShell => {
                let words = std::env::var(WORDS).ok()?;
                lines(words.split('\n').map(str::to_owned).collect(), |value| {
                    Some(quote::powershell(value))
                })
            }
            Self::Quoting => {
                let words = given.iter().map(|word| word.to_str().map(str::to_owned));
                lines(words.collect::<Option<_>>()?, |value| Some(value.to_owned()))
            }
        }
    }
}

/// What may stand in the place of the last word, with its help after a tab; no value that could steer a terminal or
/// break the line it stands on.
fn lines(words: Vec<String>, insert: impl Fn(&str) -> Option<String>) -> Option<String> {
    let last = words.len().checked_sub(1)?;
    let mut command = definition();
    let words = words.into_iter().map(OsString::from).collect();
    let here = std::env::current_dir().ok();
    let mut text = String::new();
    for candidate in engine::complete(&mut command, words, last, here.as_deref()).ok()? {
        let Some(value) = candidate.get_value().to_str().filter(|value| plain(value) == **value) else {
            continue;
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn answer_to(line: &[&str]) -> String {
        let words: Vec<OsString> = ["ttop", "--"].iter().chain(line).map(OsString::from).collect();
        String::from_utf8(answer(&words, Some(OsStr::new("fish"))).expect("asked")).expect("UTF-8")
    }

    #[test]
    fn offers_commands_flags_and_values() {
        assert!(answer_to(&["ttop", "sess"]).starts_with("sessions\t"));
        assert!(answer_to(&["ttop", "sessions", "--pres"]).starts_with("--presence"));
        assert!(answer_to(&["ttop", "sessions", "--presence", "g"]).starts_with("gone"));
        assert!(answer_to(&["ttop", "sessions", "--since", "y"]).starts_with("yesterday\t"));
        assert!(answer_to(&["ttop", "cost", "--by", "day,mod"]).starts_with("day,model"));
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
