//! The config as it may be seen: people paste it into issues, and it may hold webhook URLs and plugins' keys.

use super::schema::Node;
use crate::system::http::origin_of;
use serde_json::Value;

/// Replaces a text that may be secret.
const HIDDEN: &str = "…";

/// The words of a sink that are no secret.
const PLAIN_NAMES: [&str; 7] = ["agent", "enabled", "events", "format", "kind", "minSeverity", "type"];

/// A copy of the value at a path in which URLs are scheme and host only, and texts whose meaning ttop does not know
/// are hidden. Numbers, true and false stay.
pub fn shown(path: &[&str], value: &Value) -> Value {
    let above = (0..path.len()).filter_map(|depth| Node::at(&path[..depth]));
    let is_secret = above.into_iter().any(Node::is_secret);
    shown_at(Node::at(path), is_secret, value)
}

fn shown_at(node: Option<Node>, is_secret: bool, value: &Value) -> Value {
    let Some(node) = node else { return hidden(value) };
    let is_secret = is_secret || node.is_secret();
    match value {
        Value::Object(map) if node.is_group() => {
            let below = |(name, value): (&String, &Value)| (name.clone(), shown_at(node.child(name), is_secret, value));
            Value::Object(map.iter().map(below).collect())
        }
        value if is_secret || node.is_group() => hidden(value),
        value => plain(value),
    }
}

/// A configuration as text, with a comment behind each key that ttop accepts and ignores, or does not know.
pub fn annotated(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut path: Vec<&str> = Vec::new();
    let lines = text.lines().map(|line| {
        let depth = (line.len() - line.trim_start().len()) / 2;
        let name = line
            .trim_start()
            .strip_prefix('"')
            .and_then(|rest| rest.split_once("\": "));
        let Some((name, _)) = name.filter(|_| depth > 0) else {
            return format!("{line}\n");
        };
        path.truncate(depth - 1);
        path.push(name);
        let mark = match Node::at(&path) {
            _ if path.len() != depth => "",
            Some(node) if node.has_no_effect() => "  // no effect in ttop",
            None if Node::at(&path[..depth - 1]).is_some_and(Node::is_group) => "  // unknown key",
            _ => "",
        };
        format!("{line}{mark}\n")
    });
    lines.collect()
}

/// A known value: only URLs are cut.
fn plain(value: &Value) -> Value {
    map_texts(value, None, &|_, text| {
        if text.contains("://") {
            origin_of(text)
        } else {
            text.to_owned()
        }
    })
}

/// Redacts a value of an unknown key, except parts that cannot be secret.
fn hidden(value: &Value) -> Value {
    map_texts(value, None, &|name, text| {
        let is_reference = text.starts_with("{env:") || text.starts_with("{file:");
        if text.contains("://") {
            origin_of(text)
        } else if is_reference || name.is_some_and(|name| PLAIN_NAMES.contains(&name)) {
            text.to_owned()
        } else {
            HIDDEN.to_owned()
        }
    })
}

/// Replaces every text, given the key of the text or of its list.
fn map_texts(value: &Value, name: Option<&str>, replace: &dyn Fn(Option<&str>, &str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(replace(name, text)),
        Value::Array(list) => list.iter().map(|value| map_texts(value, name, replace)).collect(),
        Value::Object(map) => {
            let each = |(name, value): (&String, &Value)| (name.clone(), map_texts(value, Some(name), replace));
            Value::Object(map.iter().map(each).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_without_effect_are_marked() {
        let value = json!({"display": {"sidebarCollapsed": true, "sparkline": {"style": "block"}}, "offline": false});
        let text = annotated(&value);
        let marked: Vec<&str> = text.lines().filter(|line| line.contains("// no effect")).collect();
        assert_eq!(
            marked,
            [
                "    \"sidebarCollapsed\": true,  // no effect in ttop",
                "      \"style\": \"block\"  // no effect in ttop"
            ]
        );
        assert_eq!(crate::system::jsonc::parse(&text), Ok(value));
        let text = annotated(&json!({"budgets": {"dialy": 3, "daily": 2}, "pluginConfig": {"x": {"y": 1}}}));
        let marked: Vec<&str> = text.lines().filter(|line| line.contains("// unknown key")).collect();
        assert_eq!(marked, ["    \"dialy\": 3,  // unknown key"]);
    }

    #[test]
    fn nothing_that_may_be_secret_is_shown() {
        let config = json!({
            "budgets": {"daily": 20, "rules": [{"id": "acme", "project": "~/acme"}]},
            "providers": {"x": {"baseUrl": "https://me:hunter2@proxy.example/hunter2", "apiKey": "hunter2"}},
            "alerts": {"sinks": {"slack": {"type": "webhook", "url": "https://hooks.example/T0/hunter2?x=hunter2",
                "events": ["budget"], "enabled": true}, "own": {"command": ["notify", "--token", "hunter2"]},
                "ref": {"url": "{env:SLACK_URL}"}}},
            "pluginConfig": {"slack": {"token": "hunter2", "retries": 3}},
            "unheardOf": {"deep": ["hunter2"]},
        });
        let shown = shown(&[], &config);
        assert!(!shown.to_string().contains("hunter2"), "{shown}");
        assert_eq!(shown["budgets"], config["budgets"]);
        assert_eq!(shown["providers"]["x"]["baseUrl"], "https://proxy.example");
        assert_eq!(
            shown["alerts"]["sinks"],
            json!({"slack": {"type": "webhook", "url": "https://hooks.example", "events": ["budget"], "enabled": true},
                "own": {"command": ["…", "…", "…"]}, "ref": {"url": "{env:SLACK_URL}"}})
        );
        assert_eq!(shown["pluginConfig"]["slack"]["retries"], 3);
    }
}
