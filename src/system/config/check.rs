//! Checking a configuration file against its schema: a wrong value is left out, and reported with its place and repair.

use super::flaw::Flaw;
use super::repair;
use super::schema::{FLAT, Node};
use super::{rules, sinks};
use crate::core::problem::Problem;
use crate::system::jsonc::{Mistake, parse_tree, place_of};
use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use serde_json::{Map, Value};

/// A configuration without its wrong values, and the flaws that were found.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub root: Map<String, Value>,
    pub flaws: Vec<Flaw>,
}

/// Checks the text of a configuration; `file` names it in problems.
///
/// # Errors
/// Where the text is no JSON, or no object.
pub(super) fn check(text: &str, file: &str) -> Result<Checked, Mistake> {
    let object = match parse_tree(text)? {
        None => return Ok(Checked::default()),
        Some(ast::Value::Object(object)) => object,
        Some(other) => {
            let (line, column) = place_of(text, other.range().start);
            let reason = "the configuration must be an object".to_owned();
            return Err(Mistake { line, column, reason });
        }
    };
    let mut checker = Checker {
        text,
        file,
        path: Vec::new(),
        index: None,
        ids: Vec::new(),
        flaws: Vec::new(),
    };
    let root = checker.object(Node::root(), &object).unwrap_or_default();
    Ok(Checked {
        root: unfold(root),
        flaws: checker.flaws,
    })
}

struct Checker<'t> {
    text: &'t str,
    file: &'t str,
    path: Vec<String>,
    /// The depth of the path at which a list is, and the element that is checked.
    index: Option<(usize, usize)>,
    ids: Vec<String>,
    flaws: Vec<Flaw>,
}

impl<'t> Checker<'t> {
    /// The value without its wrong parts; `None` where nothing is left.
    fn value(&mut self, node: Node, value: &ast::Value<'t>) -> Option<Value> {
        match value {
            ast::Value::Object(object) if node.for_value("object").is_group() => {
                self.object(node.for_value("object"), object).map(Value::Object)
            }
            ast::Value::Array(array) if node.for_value("array").is_list() => self.list(node, array),
            _ => self.scalar(node, value),
        }
    }

    fn scalar(&mut self, node: Node, value: &ast::Value<'t>) -> Option<Value> {
        let plain = Value::from(value.clone());
        let Err(reason) = node.check(&plain) else {
            return Some(plain);
        };
        let repair = repair::of_value(node, &self.path, &plain);
        self.add(value.range().start, &reason, node, Some(repair));
        node.fallback().cloned()
    }

    /// A list of words is useless when one of them is wrong. A list of objects is not: null takes the place of one.
    fn list(&mut self, node: Node, array: &ast::Array<'t>) -> Option<Value> {
        let list = node.for_value("array");
        let item = list.item().filter(|item| item.is_group());
        let Some(item) = item else {
            let plain = Value::from(ast::Value::Array(array.clone()));
            let wrong = |element: &&ast::Value<'t>| {
                let item = list.item();
                item.is_some_and(|item| item.check(&Value::from((*element).clone())).is_err())
            };
            let wrong = array.elements.iter().find(wrong);
            if wrong.is_none() && node.check(&plain).is_ok() {
                return Some(plain);
            }
            let start = wrong.map_or(array.range.start, |element| element.range().start);
            let repair = repair::of_value(node, &self.path, &plain);
            self.add(start, &format!("must be {}", node.meaning()), node, Some(repair));
            return None;
        };
        let mut left = Vec::new();
        let outer = self.index;
        self.ids.clear();
        for (at, element) in array.elements.iter().enumerate() {
            self.index = outer.or(Some((self.path.len(), at)));
            left.push(self.value(item, element).unwrap_or_default());
        }
        self.index = outer;
        Some(Value::Array(left))
    }

    fn object(&mut self, node: Node, object: &ast::Object<'t>) -> Option<Map<String, Value>> {
        let before = self.flaws.len();
        let mut map = Map::new();
        for property in &object.properties {
            let name = property.name.as_str();
            // Editors look there for completions.
            if self.path.is_empty() && name == "$schema" {
                continue;
            }
            let value = match node.child(name).or_else(|| self.flat(name)) {
                Some(child) => self.named(node, child, property),
                None => {
                    self.unknown(node, property);
                    Some(Value::from(property.value.clone()))
                }
            };
            match value {
                Some(value) => map.insert(name.to_owned(), value),
                None => map.remove(name),
            };
        }
        for key in node
            .required()
            .filter(|key| !object.properties.iter().any(|one| one.name.as_str() == *key))
        {
            let meaning = node.child(key).map(Node::meaning).unwrap_or_default();
            self.add(object.range.start, &format!("needs {key}: {meaning}"), node, None);
        }
        if self.mistakes_since(before) == 0 {
            self.cross_check(node, object, &mut map);
        }
        if node.is_all_or_nothing() && self.mistakes_since(before) > 0 {
            let consequence = format!("ttop ignores {}", self.name());
            let flaws = self.flaws[before..].iter_mut().filter(|flaw| !flaw.is_unknown());
            flaws.for_each(|flaw| flaw.consequence.clone_from(&consequence));
            return None;
        }
        Some(map)
    }

    fn named(&mut self, node: Node, child: Node, property: &ast::ObjectProp<'t>) -> Option<Value> {
        let name = property.name.as_str();
        self.path.push(name.to_owned());
        let value = match node.check_name(name) {
            Ok(()) => self.value(child, &property.value),
            Err(reason) => {
                self.add(property.range.start, &reason, child, None);
                None
            }
        };
        self.path.pop();
        value
    }

    fn flat(&self, name: &str) -> Option<Node> {
        let (_, path) = FLAT.iter().find(|(flat, _)| self.path.is_empty() && *flat == name)?;
        Node::at(&path.split('.').collect::<Vec<_>>())
    }

    fn unknown(&mut self, node: Node, property: &ast::ObjectProp<'t>) {
        let name = property.name.as_str();
        let near = repair::nearest(name, node.children().map(|(known, _)| known));
        self.path.push(name.to_owned());
        let key = self.name();
        let mut flaw = self.flaw(property.range.start, String::new());
        let suggestion = near.map(|near| {
            let meant = [&self.path[..self.path.len() - 1], &[near.to_owned()]].concat();
            let text = format!("; did you mean {}?", meant.join("."));
            flaw.meant = Some(meant);
            text
        });
        flaw.problem.reason = format!("unknown key {key}{}", suggestion.unwrap_or_default());
        if node.is_closed() {
            flaw.consequence = "ttop ignores it".to_owned();
        } else {
            flaw.meant.get_or_insert_default();
        }
        self.flaws.push(flaw);
        self.path.pop();
    }

    /// Checks that concern several keys.
    fn cross_check(&mut self, node: Node, object: &ast::Object<'t>, map: &mut Map<String, Value>) {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let checked = match path[..] {
            ["alerts", "sinks", _] => sinks::check(map),
            ["budgets", "rules"] if self.index.is_some() => rules::check(map, &mut self.ids),
            ["remotes"] if self.index.is_some() => unique_name(map, &mut self.ids),
            ["alerts"] => return self.check_thresholds(node, object, map),
            _ => Ok(()),
        };
        if let Err(reason) = checked {
            self.add(object.range.start, &reason, node, None);
        }
    }

    /// A critical value is also a warning, so the warning threshold must not be higher.
    fn check_thresholds(&mut self, node: Node, object: &ast::Object<'t>, alerts: &mut Map<String, Value>) {
        let names = ["warningPercent", "criticalPercent"];
        let percents = names.map(|name| {
            let default = || node.child(name).and_then(Node::default);
            alerts
                .get(name)
                .or_else(default)
                .and_then(Value::as_f64)
                .unwrap_or_default()
        });
        if percents[0] <= percents[1] {
            return;
        }
        let property = object.properties.iter().find(|one| names.contains(&one.name.as_str()));
        let Some(property) = property else { return };
        let [warning, critical] = percents;
        self.path.push(property.name.as_str().to_owned());
        let reason = format!("must keep warningPercent ({warning}) at or below criticalPercent ({critical})");
        self.add(property.value.range().start, &reason, node, None);
        if let Some(flaw) = self.flaws.last_mut() {
            flaw.consequence = "ttop uses 80 and 95".to_owned();
        }
        self.path.pop();
        names.iter().for_each(|name| drop(alerts.remove(*name)));
    }

    fn mistakes_since(&self, before: usize) -> usize {
        self.flaws[before..].iter().filter(|flaw| !flaw.is_unknown()).count()
    }

    fn add(&mut self, offset: usize, reason: &str, node: Node, repair: Option<String>) {
        let reason = format!("{} {reason}", self.name());
        let mut flaw = self.flaw(offset, reason);
        flaw.consequence = repair::consequence(node);
        if let Some(repair) = repair.filter(|_| self.index.is_none()) {
            flaw.repair = repair;
        }
        self.flaws.push(flaw);
    }

    fn flaw(&self, offset: usize, reason: String) -> Flaw {
        let (line, column) = place_of(self.text, offset);
        let known = self.index.map_or(&self.path[..], |(depth, _)| &self.path[..depth]);
        Flaw {
            path: self.path.clone(),
            problem: Problem::new(format_args!("{}:{line}:{column}", self.file), reason),
            consequence: String::new(),
            repair: repair::unset(known),
            meant: None,
        }
    }

    /// The key that is checked, as in `budgets.rules[0].every`.
    fn name(&self) -> String {
        match self.index {
            Some((depth, at)) => {
                let (list, rest) = self.path.split_at(depth);
                let rest: String = rest.iter().map(|name| format!(".{name}")).collect();
                format!("{}[{at}]{rest}", list.join("."))
            }
            None => self.path.join("."),
        }
    }
}

/// Rows name a remote, so two must not share a name.
fn unique_name(remote: &Map<String, Value>, names: &mut Vec<String>) -> Result<(), String> {
    let name = remote.get("name").and_then(Value::as_str).unwrap_or_default();
    if names.iter().any(|known| known == name) {
        return Err("has the name of another remote".to_owned());
    }
    names.push(name.to_owned());
    Ok(())
}

/// Flat keys of TokenTop's documents become the ones they mean, unless those are set too.
fn unfold(mut root: Map<String, Value>) -> Map<String, Value> {
    for (flat, path) in FLAT {
        let (Some(value), Some((group, name))) = (root.remove(flat), path.split_once('.')) else {
            continue;
        };
        let group = root.entry(group).or_insert_with(|| Map::new().into());
        if let Some(group) = group.as_object_mut() {
            group.entry(name).or_insert(value);
        }
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reasons(text: &str) -> Vec<String> {
        let checked = check(text, "config.json").expect("JSON");
        checked.flaws.iter().map(|flaw| flaw.problem.to_string()).collect()
    }

    #[test]
    fn unknown_keys_are_named_with_their_place() {
        let text = "{\n  \"budgets\": {\"dayly\": 5},\n  \"providers\": {\"x\": {\"login\": true, \"key\": 1}},\n \"$schema\": \"x\"}";
        let checked = check(text, "config.json").expect("a config");
        assert_eq!(checked.root["providers"]["x"]["login"], true);
        assert_eq!(
            reasons(text),
            [
                "config.json:2:15: unknown key budgets.dayly; did you mean budgets.daily?",
                "config.json:3:38: unknown key providers.x.key"
            ]
        );
    }

    #[test]
    fn every_wrong_value_is_reported_with_its_place_and_the_rest_is_kept() {
        let text = "{\"budgets\":\n {\"daily\": \"hunter2\", \"weekly\": 5},\n \"offline\": \"no\", \"colorScheme\": \"pink\"}";
        let checked = check(text, "config.json").expect("JSON");
        assert_eq!(
            Value::Object(checked.root),
            json!({"budgets": {"weekly": 5}, "offline": true})
        );
        assert_eq!(
            reasons(text),
            [
                "config.json:2:12: budgets.daily must be a number of at least 0, or null for none",
                "config.json:3:13: offline must be true or false",
                "config.json:3:34: colorScheme must be one of auto, light, dark",
            ]
        );
    }

    #[test]
    fn each_kind_of_mistake_has_its_words() {
        for (text, expected) in [
            (
                "{\"budgets\": {\"currency\": \"EUR\"}}",
                "1:26: budgets.currency must be USD; budgets are in US dollars",
            ),
            ("{\"budgets\": 5}", "1:13: budgets must be an object"),
            (
                "{\"alerts\": {\"sinks\":\n {\"team\": {\"type\": \"webhook\"}}}}",
                "2:11: alerts.sinks.team needs a url, because it is a webhook",
            ),
            (
                "{\"alerts\": {\"sinks\":\n {\"team\": {\"type\": \"pager\"}}}}",
                "2:20: alerts.sinks.team.type must be one of desktop, bell, command, webhook, plugin",
            ),
            (
                "{\"alerts\": {\"sinks\": {\"x\": {\"type\": \"command\", \"command\": []}}}}",
                "1:59: alerts.sinks.x.command must be a list with a program and its arguments",
            ),
            (
                "{\"alerts\": {\"warningPercent\": 101}}",
                "1:31: alerts.warningPercent must be a number from 0 to 100",
            ),
            (
                "{\"alerts\":\n {\"warningPercent\": 96}}",
                "2:21: alerts.warningPercent must keep warningPercent (96) at or below criticalPercent (95)",
            ),
            (
                "{\"budgets\": {\"tokens\": {\"daily\": 0.5}}}",
                "1:34: budgets.tokens.daily must be a whole number of at least 0, or null for none",
            ),
            (
                "{\"budgets\": {\"rules\":\n [{\"id\": \"daily\", \"every\": \"week\", \"usd\": 5}]}}",
                "2:3: budgets.rules[0] cannot have the id daily, which is reserved",
            ),
            (
                "{\"budgets\": {\"rules\": [{\"every\": \"day\", \"usd\": 1}, {\"every\": \"year\", \"usd\": 1}]}}",
                "1:62: budgets.rules[1].every must be one of day, month, week",
            ),
            (
                "{\"budgets\": {\"rules\": [{\"usd\": 1}]}}",
                "1:24: budgets.rules[0] needs every: one of day, month, week",
            ),
            (
                "{\"budgets\": {\"rules\": [{\"every\": \"day\", \"usd\": 1, \"modle\": \"x\"}]}}",
                "1:51: unknown key budgets.rules[0].modle; did you mean budgets.rules.model?",
            ),
            (
                "{\"projects\": {\"a\": [\"x\", 1]}}",
                "1:26: projects.a must be a list of strings",
            ),
            (
                "{\"prices\": {\"overrides\": {\"noslash\": {\"input\": 1, \"output\": 1}}}}",
                "1:27: prices.overrides.noslash must be named provider/model",
            ),
            (
                "{\"prices\": {\"overrides\": {\"a/b\": {\"input\": 1}}}}",
                "1:34: prices.overrides.a/b needs output: a number from 0 to 1000000",
            ),
            (
                "{\"prices\": {\"overrides\": {\"a/b\": \"hunter2\"}}}",
                "1:34: prices.overrides.a/b must be an object or a list of objects",
            ),
            (
                "{\"prices\": {\"overrides\": {\"a/b\": [{\"input\": 1, \"output\": 2, \"from\": \"hunter2\"}]}}}",
                "1:69: prices.overrides.a/b[0].from must be a day or an RFC 3339 time",
            ),
        ] {
            assert_eq!(reasons(text), [format!("config.json:{expected}")], "{text}");
        }
    }

    #[test]
    fn what_is_no_object_has_no_values() {
        for (text, expected) in [
            ("[]", "line 1, column 1: the configuration must be an object"),
            (
                "{\"a\" 1}",
                "line 1, column 6: expected colon after the string or word in object property",
            ),
        ] {
            let mistake = check(text, "config.json").expect_err(text).to_string();
            assert_eq!(mistake, expected);
        }
    }

    #[test]
    fn nothing_but_comments_is_an_empty_configuration() {
        for text in ["", "// later", "{}"] {
            let checked = check(text, "config.json").expect("a config");
            assert!(checked.root.is_empty() && checked.flaws.is_empty());
        }
    }

    #[test]
    fn an_object_with_a_mistake_is_left_out_where_half_of_it_would_mislead() {
        let text =
            "{\"alerts\": {\"sinks\": {\"a\": {\"type\": \"bell\", \"enabled\": \"no\"}, \"b\": {\"type\": \"bell\"}}},
            \"budgets\": {\"rules\": [{\"every\": \"day\", \"usd\": \"x\"}, {\"every\": \"day\", \"usd\": 2}]}}";
        let checked = check(text, "config.json").expect("JSON");
        assert_eq!(checked.root["alerts"]["sinks"], json!({"b": {"type": "bell"}}));
        assert_eq!(
            checked.root["budgets"]["rules"],
            json!([null, {"every": "day", "usd": 2}])
        );
        let consequences: Vec<&str> = checked.flaws.iter().map(|flaw| &*flaw.consequence).collect();
        assert_eq!(
            consequences,
            ["ttop ignores alerts.sinks.a", "ttop ignores budgets.rules[0]"]
        );
    }
}
