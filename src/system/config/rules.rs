//! `budgets.rules` of the configuration: parses and checks rules.

use serde_json::{Map, Value};

/// The keys of a rule; it needs either `usd` or `tokens`.
const KEYS: [&str; 9] = [
    "id",
    "every",
    "agent",
    "provider",
    "model",
    "project",
    "usd",
    "tokens",
    "includePlan",
];

/// What budgets are called that have no id of their own: one of that name would be taken for another one.
const TAKEN: [&str; 7] = [
    "daily",
    "weekly",
    "monthly",
    "tokens-daily",
    "tokens-weekly",
    "tokens-monthly",
    "this-run",
];

/// # Errors
/// What is wrong with the list or one of its rules.
pub fn check(value: &Value) -> Result<(), String> {
    let rules = value.as_array().ok_or("must be a list of budgets")?;
    let mut ids = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        let wrong = |reason: String| format!("has a mistake in rule {}: {reason}", at + 1);
        let rule = rule
            .as_object()
            .ok_or_else(|| wrong("it must be an object".to_owned()))?;
        check_rule(rule).map_err(wrong)?;
        let id = rule.get("id").and_then(Value::as_str);
        if id.is_some_and(|id| ids.contains(&id)) {
            return Err(wrong("its id is already used".to_owned()));
        }
        if let Some(id) = id.filter(|id| is_taken(id)) {
            return Err(wrong(format!("its id cannot be {id}, which is reserved")));
        }
        ids.extend(id);
    }
    Ok(())
}

fn is_taken(id: &str) -> bool {
    let number = id.strip_prefix("rule-");
    TAKEN.contains(&id) || number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn check_rule(rule: &Map<String, Value>) -> Result<(), String> {
    if let Some(unknown) = rule.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("unknown key {unknown} (known: {})", KEYS.join(", ")));
    }
    let every = rule.get("every").and_then(Value::as_str);
    if !every.is_some_and(|every| ["day", "week", "month"].contains(&every)) {
        return Err("every must be one of day, week, month".to_owned());
    }
    for key in ["id", "agent", "provider", "model", "project"] {
        if rule
            .get(key)
            .is_some_and(|value| value.as_str().is_none_or(str::is_empty))
        {
            return Err(format!("{key} must be text"));
        }
    }
    let project = rule.get("project").and_then(Value::as_str).unwrap_or_default();
    if [".", ".."].contains(&project) || project.starts_with("./") || project.starts_with("../") {
        return Err(format!(
            "project cannot be {project}, which depends on the current directory"
        ));
    }
    if rule.get("includePlan").is_some_and(|value| !value.is_boolean()) {
        return Err("includePlan must be true or false".to_owned());
    }
    let is_amount = |value: &Value| value.as_f64().is_some_and(|amount| amount >= 0.0);
    match (rule.get("usd"), rule.get("tokens")) {
        (None, Some(count)) if is_amount(count) && !is_whole(count) => Err("tokens must be a whole number".to_owned()),
        (Some(amount), None) | (None, Some(amount)) if is_amount(amount) => Ok(()),
        (None, None) | (Some(_), Some(_)) => Err("it needs either usd or tokens".to_owned()),
        _ => Err("usd or tokens must be a number of at least 0".to_owned()),
    }
}

/// Whether it is a number without a fraction.
pub fn is_whole(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_say_what_is_wrong_with_them() {
        let fine =
            json!([{"id": "acme", "every": "month", "project": "~/acme", "usd": 100}, {"every": "day", "tokens": 5}]);
        assert_eq!(check(&fine), Ok(()));
        for (rules, told) in [
            (json!({}), "must be a list of budgets"),
            (json!([1]), "has a mistake in rule 1: it must be an object"),
            (
                json!([{"every": "year", "usd": 1}]),
                "has a mistake in rule 1: every must be one of day, week, month",
            ),
            (
                json!([{"every": "day"}]),
                "has a mistake in rule 1: it needs either usd or tokens",
            ),
            (
                json!([{"every": "day", "usd": -1}]),
                "has a mistake in rule 1: usd or tokens must be a number of at least 0",
            ),
            (
                json!([{"every": "day", "usd": 1, "model": 5}]),
                "has a mistake in rule 1: model must be text",
            ),
            (
                json!([{"id": "a", "every": "day", "usd": 1}, {"id": "a", "every": "week", "usd": 1}]),
                "has a mistake in rule 2: its id is already used",
            ),
            (
                json!([{"every": "day", "tokens": 0.5}]),
                "has a mistake in rule 1: tokens must be a whole number",
            ),
            (
                json!([{"every": "day", "usd": 1, "project": "./acme"}]),
                "has a mistake in rule 1: project cannot be ./acme, which depends on the current directory",
            ),
        ] {
            assert_eq!(check(&rules), Err(told.to_owned()));
        }
        for id in ["daily", "tokens-monthly", "rule-2", "this-run"] {
            let told = check(&json!([{"id": id, "every": "day", "usd": 1}]));
            let wrong = format!("has a mistake in rule 1: its id cannot be {id}, which is reserved");
            assert_eq!(told, Err(wrong));
        }
        assert_eq!(check(&json!([{"id": "rule-b", "every": "day", "usd": 1}])), Ok(()));
        let unknown = check(&json!([{"every": "day", "usd": 1, "modle": "x"}]));
        assert!(unknown.is_err_and(|told| told.starts_with("has a mistake in rule 1: unknown key modle")));
    }
}
