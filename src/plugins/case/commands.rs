//! Commands of a case: what `ttop config set` answers for a setting of its plugins.

use super::Found;
use super::checks::{list, say};
use crate::plugins::settings::check_typed;
use serde_json::Value;

/// Each command is `[line, exit, text in the message]`; what is no setting of a plugin in the case is another test's.
pub(super) fn check_commands(commands: &Value, found: &[Found], wrong: &mut Vec<String>) {
    for command in list(commands) {
        let line = command[0].as_str().unwrap_or_default();
        let Some((exit, message)) = answer(line, found) else {
            wrong.push(format!("commands: '{line}' sets nothing of a plugin here"));
            continue;
        };
        let is_it = command[1] == exit && message.contains(command[2].as_str().unwrap_or_default());
        say(wrong, is_it, || {
            format!("commands: wanted {command}, got exit {exit} and {message:?}")
        });
    }
}

/// The exit code and the message.
fn answer(line: &str, found: &[Found]) -> Option<(u8, String)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let ["ttop", "config", "set", key, typed] = words[..] else {
        return None;
    };
    let (id, key) = key.strip_prefix("pluginConfig.")?.split_once('.')?;
    let mut declared = found.iter().filter_map(Found::declaration);
    let declaration = declared.find(|declaration| declaration.id == id)?;
    let value = serde_json::from_str(typed).unwrap_or_else(|_| Value::from(typed));
    Some(match check_typed(&declaration.value, id, key, typed, value) {
        Ok(_) => (0, String::new()),
        Err(error) => (1, error.to_string()),
    })
}
