//! Aliases: words that stand for a command with flags. A command always wins over an alias of its name.

use super::grammar::TAKEN;
use crate::core::bad_request::BadRequest;
use std::collections::BTreeMap;
use std::ffi::OsString;

/// Aliases that exist without configuration; the configuration may give them another meaning.
const BUILT_IN: [(&str, &str); 5] = [
    ("today", "cost --since today --by model"),
    ("daily", "cost --by day"),
    ("weekly", "cost --by week"),
    ("monthly", "cost --by month"),
    ("blocks", "cost --by block"),
];

/// Every alias and its command line.
pub fn all(own: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let built_in = BUILT_IN.map(|(name, line)| (name.to_owned(), line.to_owned()));
    let own = own.iter().map(|(name, line)| (name.clone(), line.clone()));
    built_in.into_iter().chain(own).collect()
}

/// The command line with the alias `name` in it replaced; `None` without such an alias.
///
/// # Errors
/// When the alias has unbalanced quotes, or starts with another alias.
pub fn expand(
    words: &[OsString],
    name: &str,
    aliases: &BTreeMap<String, String>,
) -> Result<Option<Vec<OsString>>, BadRequest> {
    let position = words.iter().skip(1).position(|word| word == name);
    let (Some(line), Some(position)) = (aliases.get(name), position) else {
        return Ok(None);
    };
    let refuse = |reason: String| {
        let hint = format!("run 'ttop config set aliases.{name} …' with another command");
        Err(BadRequest::new(format!("alias '{name}' {reason}")).with_hint(hint))
    };
    let Some(meant) = shlex::split(line) else {
        return refuse("has unbalanced quotes".to_owned());
    };
    let first = meant.iter().find(|word| !word.starts_with('-'));
    if let Some(first) = first.filter(|first| aliases.contains_key(*first) && !is_command(first)) {
        return refuse(format!(
            "starts with the alias '{first}': an alias stands for a command"
        ));
    }
    let (before, after) = (&words[..=position], &words[position + 2..]);
    let meant = meant.into_iter().map(OsString::from);
    Ok(Some(
        before
            .iter()
            .cloned()
            .chain(meant)
            .chain(after.iter().cloned())
            .collect(),
    ))
}

/// Whether ttop has a command of this name.
pub fn is_command(name: &str) -> bool {
    TAKEN.definition().find_subcommand(name).is_some()
}

/// The definition with a list of aliases at the end of its help.
pub fn list(root: clap::Command, aliases: &BTreeMap<String, String>) -> clap::Command {
    let width = aliases
        .keys()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or_default();
    let visible = aliases.iter().filter(|(name, _)| root.find_subcommand(name).is_none());
    let lines: Vec<String> = visible.map(|(name, line)| format!("  {name:width$}  {line}")).collect();
    let lines = format!("Aliases:\n{}", lines.join("\n"));
    let with = |text: Option<String>| match text {
        Some(text) => format!("{text}\n\n{lines}"),
        None => lines.clone(),
    };
    let short = with(root.get_after_help().map(ToString::to_string));
    let long = with(root.get_after_long_help().map(ToString::to_string));
    root.after_help(short).after_long_help(long)
}

/// The definition with aliases as commands, for completions.
pub fn add(root: clap::Command, aliases: &BTreeMap<String, String>) -> clap::Command {
    aliases
        .iter()
        .fold(root, |root, (name, line)| match root.find_subcommand(name) {
            Some(_) => root,
            None => root.subcommand(clap::Command::new(name.clone()).about(format!("Alias of ttop {line}"))),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(line: &str, own: &[(&str, &str)]) -> Result<Option<String>, String> {
        let own = own.iter().map(|(name, line)| ((*name).to_owned(), (*line).to_owned()));
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let name = words
            .iter()
            .skip(1)
            .find(|word| !word.to_string_lossy().starts_with('-'));
        let name = name.expect("a name").to_string_lossy().into_owned();
        let words = expand(&words, &name, &all(&own.collect())).map_err(|error| error.message)?;
        Ok(words.map(|words| {
            words
                .iter()
                .map(|word| word.to_string_lossy())
                .collect::<Vec<_>>()
                .join("|")
        }))
    }

    #[test]
    fn an_alias_becomes_its_words_and_the_rest_of_the_line_stays() {
        let own = [("acme", "cost --project '~/my acme' --by day"), ("daily", "turns -n 3")];
        assert_eq!(
            expanded("ttop --offline blocks -o json", &[]),
            Ok(Some("ttop|--offline|cost|--by|block|-o|json".to_owned()))
        );
        assert_eq!(
            expanded("ttop acme -q", &own),
            Ok(Some("ttop|cost|--project|~/my acme|--by|day|-q".to_owned()))
        );
        assert_eq!(expanded("ttop daily", &own), Ok(Some("ttop|turns|-n|3".to_owned())));
        assert_eq!(expanded("ttop nothing", &own), Ok(None));
    }

    #[test]
    fn an_alias_of_an_alias_is_refused() {
        for (own, reason) in [
            ([("a", "daily --since 7d")], "starts with the alias 'daily'"),
            ([("a", "a")], "starts with the alias 'a'"),
            ([("a", "cost 'x")], "has unbalanced quotes"),
        ] {
            let error = expanded("ttop a", &own).expect_err("refused");
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn no_built_in_alias_has_the_name_of_a_command_and_each_is_a_command_line() {
        for (name, line) in BUILT_IN {
            assert!(!is_command(name), "{name}");
            let words = format!("ttop {line}");
            let words: Vec<_> = words.split(' ').map(OsString::from).collect();
            assert!(TAKEN.parse(&words).is_ok(), "{line}");
        }
    }
}
