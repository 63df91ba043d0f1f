//! `budgets.rules` of the configuration: checks that concern several keys or rules.

use serde_json::{Map, Value};

/// Ids of budgets that have none of their own: two budgets of one id would be confused.
const TAKEN: [&str; 7] = [
    "daily",
    "weekly",
    "monthly",
    "tokens-daily",
    "tokens-weekly",
    "tokens-monthly",
    "this-run",
];

/// Checks a rule whose values are right; `ids` are those of the rules before it.
///
/// # Errors
/// What is wrong with the rule.
pub(super) fn check(rule: &Map<String, Value>, ids: &mut Vec<String>) -> Result<(), String> {
    let text = |key: &str| rule.get(key).and_then(Value::as_str);
    let project = text("project").unwrap_or_default();
    if [".", ".."].contains(&project) || project.starts_with("./") || project.starts_with("../") {
        return Err(format!(
            "cannot have the project {project}, which depends on the current directory"
        ));
    }
    let has = |key: &str| rule.get(key).is_some_and(|value| !value.is_null());
    if has("usd") == has("tokens") {
        return Err("needs either usd or tokens".to_owned());
    }
    if let Some(id) = text("id") {
        if ids.iter().any(|known| known == id) {
            return Err("has the id of another rule".to_owned());
        }
        if is_taken(id) {
            return Err(format!("cannot have the id {id}, which is reserved"));
        }
        ids.push(id.to_owned());
    }
    Ok(())
}

fn is_taken(id: &str) -> bool {
    let number = id.strip_prefix("rule-");
    TAKEN.contains(&id) || number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check_all(rules: &Value) -> Result<(), String> {
        let mut ids = Vec::new();
        let rules = rules.as_array().into_iter().flatten();
        rules
            .filter_map(Value::as_object)
            .try_for_each(|rule| check(rule, &mut ids))
    }

    #[test]
    fn rules_that_contradict_themselves_or_others_are_refused() {
        let fine =
            json!([{"id": "acme", "every": "month", "project": "~/acme", "usd": 100}, {"every": "day", "tokens": 5}]);
        assert_eq!(check_all(&fine), Ok(()));
        for (rules, expected) in [
            (json!([{"every": "day"}]), "needs either usd or tokens"),
            (
                json!([{"every": "day", "usd": 1, "tokens": 1}]),
                "needs either usd or tokens",
            ),
            (
                json!([{"id": "a", "every": "day", "usd": 1}, {"id": "a", "every": "week", "usd": 1}]),
                "has the id of another rule",
            ),
            (
                json!([{"every": "day", "usd": 1, "project": "./acme"}]),
                "cannot have the project ./acme, which depends on the current directory",
            ),
        ] {
            assert_eq!(check_all(&rules), Err(expected.to_owned()));
        }
        for id in ["daily", "tokens-monthly", "rule-2", "this-run"] {
            let expected = check_all(&json!([{"id": id, "every": "day", "usd": 1}]));
            assert_eq!(expected, Err(format!("cannot have the id {id}, which is reserved")));
        }
        assert_eq!(check_all(&json!([{"id": "rule-b", "every": "day", "usd": 1}])), Ok(()));
    }
}
