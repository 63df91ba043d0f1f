//! Repairs of a wrong value: the command to suggest, and the value that ttop uses until then.

use super::schema::Node;
use crate::core::shell::quoted;
use serde_json::Value;

/// What ttop does while the value of this key is wrong.
pub(super) fn consequence(node: Node) -> String {
    match node.fallback().or_else(|| node.default()) {
        Some(Value::String(text)) => format!("ttop uses {text}"),
        Some(value @ (Value::Bool(_) | Value::Number(_))) => format!("ttop uses {value}"),
        _ => "ttop ignores it".to_owned(),
    }
}

/// The command that repairs a wrong value: sets what was probably meant, else removes the key.
pub(super) fn of_value(node: Node, path: &[String], wrong: &Value) -> String {
    match meant(node, wrong) {
        Some(value) => format!("ttop config set {} {}", quoted(&path.join(".")), quoted(&value)),
        None => unset(path),
    }
}

/// The command that removes a key.
pub(super) fn unset(path: &[String]) -> String {
    format!("ttop config unset {}", quoted(&path.join(".")))
}

/// The value that a wrong one probably means. Texts of people are not repeated: they may be secret.
fn meant(node: Node, wrong: &Value) -> Option<String> {
    if let ([word], true) = (&node.words()[..], wrong.is_string()) {
        return Some((*word).to_owned());
    }
    let text = match wrong {
        Value::String(text) => text.trim().to_lowercase(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => return None,
    };
    if let Some(word) = nearest(&text, node.words().into_iter()) {
        return Some(word.to_owned());
    }
    let flag = match (node.is_flag(), &*text) {
        (true, "yes" | "on" | "1") => Some(true),
        (true, "no" | "off" | "0") => Some(false),
        _ => None,
    };
    let value = flag.map(Value::Bool).or_else(|| serde_json::from_str(&text).ok())?;
    let is_plain = value.is_number() || value.is_boolean();
    (is_plain && node.check(&value).is_ok()).then(|| value.to_string())
}

/// The name that a misspelled one resembles.
pub(super) fn nearest<'n>(typed: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let plain = |text: &str| text.replace(['_', '-', '.'], "").to_lowercase();
    let typed = plain(typed);
    let near = names.map(|name| (strsim::damerau_levenshtein(&typed, &plain(name)), name));
    let most = (typed.chars().count() / 3).min(3);
    near.filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use crate::system::config::Config;

    #[test]
    fn the_suggested_command_sets_what_was_probably_meant() {
        for (text, repair) in [
            (r#"{"budgets": {"daily": "20"}}"#, "ttop config set budgets.daily 20"),
            (r#"{"budgets": {"daily": "much"}}"#, "ttop config unset budgets.daily"),
            (
                r#"{"budgets": {"currency": "EUR"}}"#,
                "ttop config set budgets.currency USD",
            ),
            (r#"{"offline": "yes"}"#, "ttop config set offline true"),
            (
                r#"{"billing": {"codex": "Plan"}}"#,
                "ttop config set billing.codex plan",
            ),
            (
                r#"{"billing": {"my agent": 5}}"#,
                "ttop config unset 'billing.my agent'",
            ),
            (
                r#"{"display": {"colorScheme": "ligth"}}"#,
                "ttop config set display.colorScheme light",
            ),
            (
                r#"{"alerts": {"sinks": {"x": {"type": "bel"}}}}"#,
                "ttop config set alerts.sinks.x.type bell",
            ),
            (
                r#"{"alerts": {"sinks": {"x": {}}}}"#,
                "ttop config unset alerts.sinks.x",
            ),
            (
                r#"{"budgets": {"rules": [{"every": "day"}]}}"#,
                "ttop config unset budgets.rules",
            ),
            (r#"{"budgets": 5}"#, "ttop config unset budgets"),
            (r#"{"budget": 5}"#, "ttop config unset budget"),
        ] {
            let config = Config::parse(text, "config.json");
            assert_eq!(config.flaws()[0].repair, repair, "{text}");
        }
    }
}
