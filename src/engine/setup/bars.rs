//! A segment in the bars that the user has: tmux, Waybar, starship, Claude Code's status line.

use super::change::{Change, Files, Offer, with_paragraph};
use crate::system::System;
use crate::system::config::set;
use crate::system::jsonc;
use anyhow::{Result, anyhow};
use serde_json::{Value, json};
use std::path::PathBuf;

const STARSHIP: &str = "# Today's cost and the plan limit\n[custom.ttop]\n\
                        command = \"ttop bar-status starship --segments today,limit\"\nwhen = true\nshell = [\"sh\"]\n\
                        style = \"dimmed\"\nformat = \"[$output]($style) \"\n";

/// Makes the new text of a file; the same text where the bar is taken.
type Add = fn(&str) -> Result<String>;

/// A segment in each bar that is here and has none.
///
/// # Errors
/// When a file of a bar cannot be read.
pub fn bars(system: &System, files: &Files) -> Result<Vec<Offer>> {
    let mut offers = Vec::new();
    let config = system.config_dir();
    let all: [(&str, Option<PathBuf>, Add); 4] = [
        ("a segment in tmux", tmux(system), tmux_text),
        (
            "a segment in Waybar",
            first(&[config.join("waybar/config.jsonc"), config.join("waybar/config")]),
            waybar_text,
        ),
        (
            "a segment in starship",
            first(&[config.join("starship.toml")]),
            starship_text,
        ),
        (
            "Claude Code's status line",
            first(&[system.home.join(".claude/settings.json")]),
            claude_text,
        ),
    ];
    for (purpose, path, add) in all {
        let Some(path) = path else { continue };
        let before = files.read(system, &path)?;
        let text = before.clone().unwrap_or_default();
        if text.contains("ttop bar-status") {
            continue;
        }
        match add(&text) {
            Ok(after) if after == text => {}
            Ok(after) => offers.push(Offer::Change(Change {
                purpose: purpose.to_owned(),
                path,
                before,
                after,
                then: "",
            })),
            Err(reason) => {
                let file = system.tilde(&path);
                offers.push(Offer::Note(format!(
                    "{file}: {reason}; 'ttop bar-status --help' lists the lines of each bar"
                )));
            }
        }
    }
    Ok(offers)
}

fn first(paths: &[PathBuf]) -> Option<PathBuf> {
    paths.iter().find(|path| path.is_file()).cloned()
}

/// The configuration of tmux, or the one that it would read where it runs without one.
fn tmux(system: &System) -> Option<PathBuf> {
    let usual = system.home.join(".tmux.conf");
    let found = first(&[usual.clone(), system.config_dir().join("tmux/tmux.conf")]);
    found.or_else(|| system.var("TMUX").map(|_| usual))
}

/// Adds to the right side what is there already, at the end: tmux reads the file in order.
fn tmux_text(text: &str) -> Result<String> {
    let length = match text.contains("status-right-length") {
        true => "",
        false => "set -g status-right-length 120\n",
    };
    let lines = format!("# What agents cost, and who waits\nset -ag status-right ' #(ttop bar-status tmux)'\n{length}");
    Ok(with_paragraph(text, &lines))
}

fn starship_text(text: &str) -> Result<String> {
    Ok(match text.contains("[custom.ttop]") {
        true => text.to_owned(),
        false => with_paragraph(text, STARSHIP),
    })
}

/// Adds the module, and its name to the right side.
fn waybar_text(text: &str) -> Result<String> {
    const MODULE: &str = "custom/ttop";
    let root = jsonc::parse(text).map_err(|mistake| anyhow!("{mistake}"))?;
    if !root.is_object() {
        return Err(anyhow!("it has several bars"));
    }
    let module = json!({"exec": "ttop bar-status waybar", "return-type": "json", "interval": 5});
    let text = set(text, &[MODULE], &module).map_err(|mistake| anyhow!("{mistake}"))?;
    let mut right = root["modules-right"].as_array().cloned().unwrap_or_default();
    if !right.contains(&Value::from(MODULE)) {
        right.insert(0, MODULE.into());
    }
    set(&text, &["modules-right"], &right.into()).map_err(|mistake| anyhow!("{mistake}"))
}

/// A status line that is there stays.
fn claude_text(text: &str) -> Result<String> {
    let root = match text.trim() {
        "" => json!({}),
        _ => jsonc::parse(text).map_err(|mistake| anyhow!("{mistake}"))?,
    };
    if !root["statusLine"].is_null() {
        return Ok(text.to_owned());
    }
    let line = json!({"type": "command", "command": "ttop bar-status claude"});
    set(text, &["statusLine"], &line).map_err(|mistake| anyhow!("{mistake}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_has_stays() {
        let tmux = "set -g status-right '#H'\nset -g status-right-length 200\n";
        let after = tmux_text(tmux).expect("text");
        let line = "set -ag status-right ' #(ttop bar-status tmux)'\n";
        assert!(after.starts_with(tmux) && after.ends_with(line), "{after}");
        let waybar = "{\n  // mine\n  \"modules-right\": [\"clock\"],\n  \"height\": 30\n}\n";
        let after = waybar_text(waybar).expect("text");
        assert!(after.contains("// mine"), "{after}");
        let root = jsonc::parse(&after).expect("JSON");
        assert_eq!(root["modules-right"], json!(["custom/ttop", "clock"]));
        assert_eq!(root["height"], 30);
        let claude = "{\"statusLine\": {\"type\": \"command\", \"command\": \"mine\"}}";
        assert_eq!(claude_text(claude).expect("text"), claude);
        assert!(waybar_text("[{}, {}]").is_err());
    }
}
