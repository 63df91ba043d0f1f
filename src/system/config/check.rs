//! Checking a config against the known keys: wrong values are errors with their place, unknown keys are named.

use super::keys::{FLAT, KEYS, Place, place};
use super::sinks;
use crate::core::problem::Problem;
use crate::system::jsonc::{Mistake, parse_tree, place_of};
use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use serde_json::Value;

/// The value of a config's text, and the unknown keys in it: `file` names it.
///
/// # Errors
/// The first mistake: no JSON, or a known key with a value it cannot have.
pub fn check(text: &str, file: &str) -> Result<(Value, Vec<Problem>), Mistake> {
    let Some(tree) = parse_tree(text)? else {
        return Ok((Value::Object(Default::default()), Vec::new()));
    };
    let mut checker = Checker {
        text,
        file,
        unknown: Vec::new(),
    };
    checker.object(&tree, &mut Vec::new())?;
    let unknown = checker.unknown;
    Ok((Value::from(tree), unknown))
}

struct Checker<'t> {
    text: &'t str,
    file: &'t str,
    unknown: Vec<Problem>,
}

impl<'t> Checker<'t> {
    fn object<'a>(&mut self, value: &'a ast::Value<'t>, path: &mut Vec<&'a str>) -> Result<(), Mistake> {
        let ast::Value::Object(object) = value else {
            return Err(self.mistake(value.range().start, path, "must be an object"));
        };
        for property in &object.properties {
            let start = property.range.start;
            path.push(property.name.as_str());
            self.property(&property.value, path, start)?;
            path.pop();
        }
        Ok(())
    }

    fn property<'a>(
        &mut self,
        value: &'a ast::Value<'t>,
        path: &mut Vec<&'a str>,
        start: usize,
    ) -> Result<(), Mistake> {
        let flat = match path[..] {
            [name] => FLAT
                .iter()
                .find(|(flat, _)| *flat == name)
                .map(|(_, path)| path.split('.').collect::<Vec<_>>()),
            _ => None,
        };
        match place(flat.as_deref().unwrap_or(path)) {
            Place::Key(key) => match key.kind.check(&Value::from(value.clone())) {
                Ok(()) => Ok(()),
                Err(reason) => Err(self.mistake(value.range().start, path, &reason)),
            },
            Place::Group => {
                self.object(value, path)?;
                let checked = match path[..] {
                    ["alerts", "sinks", _] => sinks::check(&Value::from(value.clone())),
                    ["alerts"] => check_thresholds(&Value::from(value.clone())),
                    _ => Ok(()),
                };
                checked.map_err(|reason| self.mistake(value.range().start, path, &reason))
            }
            // Editors look there for completions.
            Place::Unknown if path[..] == ["$schema"] => Ok(()),
            Place::Unknown => {
                let (line, column) = place_of(self.text, start);
                let place = format!("{}:{line}:{column}", self.file);
                self.unknown
                    .push(Problem::new(place, format_args!("unknown key {}", path.join("."))));
                Ok(())
            }
        }
    }

    fn mistake(&self, offset: usize, path: &[&str], reason: &str) -> Mistake {
        let (line, column) = place_of(self.text, offset);
        let reason = match path {
            [] => format!("the configuration {reason}"),
            path => format!("{} {reason}", path.join(".")),
        };
        Mistake { line, column, reason }
    }
}

/// A critical value is also a warning, so the warning threshold must not be higher.
fn check_thresholds(alerts: &Value) -> Result<(), String> {
    let percent = |key: &str| {
        let default = || {
            KEYS.iter()
                .find(|known| known.path == format!("alerts.{key}"))?
                .default
                .parse()
                .ok()
        };
        alerts[key].as_f64().or_else(default).unwrap_or_default()
    };
    let (warning, critical) = (percent("warningPercent"), percent("criticalPercent"));
    if warning > critical {
        return Err(format!(
            "must not have a warningPercent ({warning}) above criticalPercent ({critical})"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_named_with_their_place() {
        let text = "{\n  \"budgets\": {\"dayly\": 5},\n  \"providers\": {\"x\": {\"login\": true, \"key\": 1}},\n \"$schema\": \"x\"}";
        let (value, unknown) = check(text, "config.json").expect("a config");
        assert_eq!(value["providers"]["x"]["login"], true);
        let told: Vec<String> = unknown.iter().map(Problem::to_string).collect();
        assert_eq!(
            told,
            [
                "config.json:2:15: unknown key budgets.dayly",
                "config.json:3:38: unknown key providers.x.key"
            ]
        );
    }

    #[test]
    fn wrong_values_are_mistakes_with_their_place() {
        for (text, told) in [
            (
                "{\"budgets\":\n {\"daily\": \"hunter2\"}}",
                "line 2, column 12: budgets.daily must be a number of at least 0, or null for none",
            ),
            (
                "{\"budgets\": {\"currency\": \"EUR\"}}",
                "line 1, column 26: budgets.currency must be USD; ttop does not convert currencies",
            ),
            ("{\"budgets\": 5}", "line 1, column 13: budgets must be an object"),
            (
                "{\"colorScheme\": \"pink\"}",
                "line 1, column 17: colorScheme must be one of auto, light, dark",
            ),
            (
                "{\"alerts\": {\"sinks\":\n {\"team\": {\"type\": \"webhook\"}}}}",
                "line 2, column 11: alerts.sinks.team needs a url, because it is a webhook",
            ),
            (
                "{\"alerts\": {\"sinks\":\n {\"team\": {\"type\": \"pager\"}}}}",
                "line 2, column 20: alerts.sinks.team.type must be one of desktop, bell, command, webhook",
            ),
            (
                "{\"alerts\": {\"warningPercent\": 101}}",
                "line 1, column 31: alerts.warningPercent must be a number from 0 to 100",
            ),
            (
                "{\"alerts\":\n {\"warningPercent\": 96}}",
                "line 2, column 2: alerts must not have a warningPercent (96) above criticalPercent (95)",
            ),
            (
                "{\"budgets\": {\"tokens\": {\"daily\": 0.5}}}",
                "line 1, column 34: budgets.tokens.daily must be a whole number of at least 0, or null for none",
            ),
            (
                "{\"budgets\": {\"rules\":\n [{\"id\": \"daily\", \"every\": \"week\", \"usd\": 5}]}}",
                "line 2, column 2: budgets.rules has a mistake in rule 1: its id cannot be daily, which is reserved",
            ),
            ("[]", "line 1, column 1: the configuration must be an object"),
            (
                "{\"a\" 1}",
                "line 1, column 6: expected colon after the string or word in object property",
            ),
        ] {
            let mistake = check(text, "config.json").expect_err(text).to_string();
            assert_eq!(mistake, told);
        }
    }

    #[test]
    fn nothing_but_comments_is_an_empty_config() {
        for text in ["", "// later", "{}"] {
            let (value, unknown) = check(text, "config.json").expect("a config");
            assert_eq!((value, unknown), (serde_json::json!({}), vec![]));
        }
    }
}
