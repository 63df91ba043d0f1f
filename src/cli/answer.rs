//! Answers the scripts in `completions/`, which ask ttop for completions. Besides `args::complete`, the only place that
//! uses clap's dynamic engine, whose interface is not stable yet.

use super::definition;
use clap_complete::env::Shells;
use std::ffi::{OsStr, OsString};

/// Set by the scripts to the name of the shell that asks.
pub const VARIABLE: &str = "TTOP_COMPLETE";

/// The completions for a shell. Empty on any error, because a message would end up in the prompt. The words of the line
/// follow `--`; without it, the variable is set by accident.
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
    fn says_nothing_where_nobody_asks_or_the_shell_is_unknown() {
        assert_eq!(answer(&["ttop".into()], None), None);
        assert_eq!(answer(&["ttop".into()], Some(OsStr::new("fish"))), None);
        assert_eq!(
            answer(&["ttop".into(), "--".into(), "ttop".into()], Some(OsStr::new("tcsh"))),
            Some(Vec::new())
        );
    }
}
