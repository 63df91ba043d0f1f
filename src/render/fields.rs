//! `--fields`: which keys of a row are printed, and in which order.

use super::Row;
use super::keys::{self, Key, Kind, value_at};
use crate::core::bad_request::BadRequest;
use serde_json::{Map, Value};

/// The keys that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    chosen: Vec<Key>,
}

impl Fields {
    /// # Errors
    /// When the rows have no such key: a wrong command line.
    pub fn parse<R: Row>(names: &[String], keys: &[Key]) -> Result<Self, BadRequest> {
        let chosen = names.iter().map(|name| {
            let meant = keys::meant::<R>(keys, name.trim());
            keys::find(keys, meant.as_deref().unwrap_or(name.trim())).cloned()
        });
        Ok(Self {
            chosen: chosen.collect::<Result<_, _>>()?,
        })
    }

    /// The keys that hold one value each.
    pub fn leaves(&self) -> Vec<Key> {
        keys::leaves(&self.chosen)
    }

    /// The part of a row that was asked for, nested as before: fields choose, they never rename.
    pub fn pick(&self, row: &Value) -> Value {
        let mut picked = Map::new();
        for key in &self.chosen {
            put(&mut picked, &key.path, value_at(row, &key.path));
        }
        Value::Object(picked)
    }
}

fn put(object: &mut Map<String, Value>, path: &str, value: &Value) {
    match path.split_once('.') {
        None => drop(object.insert(path.to_owned(), value.clone())),
        Some((outer, inner)) => {
            let place = object.entry(outer).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(object) = place {
                put(object, inner, value);
            }
        }
    }
}

/// What `--fields help` prints: every name that can be asked for, one a line.
pub fn help(keys: &[Key]) -> String {
    let mut text = String::new();
    for key in keys {
        text.push_str(&key.path);
        text.push('\n');
        if let Kind::Object(inner) = &key.kind {
            text.push_str(&help(inner));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rows::CostRow;
    use serde_json::json;

    fn fields(names: &[&str]) -> Fields {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        Fields::parse::<CostRow>(&names, &keys::keys::<CostRow>()).expect("known fields")
    }

    #[test]
    fn picks_in_the_order_asked_for_and_keeps_the_nesting() {
        let row = json!({"modelId": "m", "tokens": {"input": 1, "output": 2}, "cost": null});
        let picked = |names: &[&str]| fields(names).pick(&row).to_string();
        assert_eq!(
            picked(&["cost", "tokens.output", "modelId", "tokens.input"]),
            r#"{"cost":null,"tokens":{"output":2,"input":1},"modelId":"m"}"#
        );
        assert_eq!(picked(&["tokens"]), r#"{"tokens":{"input":1,"output":2}}"#);
    }

    #[test]
    fn an_object_gives_one_column_for_each_of_its_keys() {
        let paths: Vec<_> = fields(&["cost", "tokens"])
            .leaves()
            .into_iter()
            .map(|key| key.path)
            .collect();
        assert_eq!(paths[..3], ["cost", "tokens.input", "tokens.output"]);
        assert_eq!(paths.len(), 6);
    }
}
