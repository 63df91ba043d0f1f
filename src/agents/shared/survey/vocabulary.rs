//! What a reader knows of its agent's records: the places of types and usage, and the names it expects there.

use serde_json::Value;

/// The names that a reader knows.
#[derive(Clone, Copy, Debug)]
pub struct Vocabulary {
    /// Paths of the agent's version in a record.
    pub version: &'static [&'static str],
    /// Places where every name counts.
    pub words: &'static [Words],
    /// Further counts of tokens that are no usage, or that repeat it.
    pub counts: &'static [&'static str],
    /// `table.column` for each column of a database with tokens or money.
    pub columns: &'static [&'static str],
}

/// One place: the names of an object's fields, or the values of a text.
///
/// `at` is `[table.column:][key=value/]path`: the cell of a database, a condition on the record, and keys with dots
/// between them. `[]` enters an array, `*` any value of an object, and `@` parses a text as JSON.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    pub what: &'static str,
    pub at: &'static str,
    pub known: &'static [&'static str],
}

impl Words {
    pub const fn new(what: &'static str, at: &'static str, known: &'static [&'static str]) -> Self {
        Self { what, at, known }
    }

    /// The cell of a database that the place is in; empty for files.
    pub fn cell(&self) -> &'static str {
        self.at.split_once(':').map_or("", |(cell, _)| cell)
    }

    /// Hands out the names at this place in a record.
    pub fn find(&self, place: &str, record: &Value, each: &mut dyn FnMut(&str)) {
        if self.cell() != place {
            return;
        }
        let rest = self.at.split_once(':').map_or(self.at, |(_, rest)| rest);
        let path = match rest.split_once('/') {
            Some((condition, path)) => {
                let (key, value) = condition.split_once('=').unwrap_or((condition, ""));
                if record.get(key).and_then(Value::as_str) != Some(value) {
                    return;
                }
                path
            }
            None => rest,
        };
        find(record, path, &mut |value| match value {
            Value::String(name) if !name.is_empty() => each(name),
            Value::Object(fields) => fields
                .iter()
                .filter(|(_, value)| has_content(value))
                .for_each(|(name, _)| each(name)),
            _ => {}
        });
    }
}

impl Vocabulary {
    pub const EMPTY: Self = Self {
        version: &[],
        words: &[],
        counts: &[],
        columns: &[],
    };

    pub fn has_count(&self, name: &str) -> bool {
        self.counts.contains(&name) || self.words.iter().any(|words| words.known.contains(&name))
    }
}

/// Hands out the values at a path.
pub(super) fn find(value: &Value, path: &str, each: &mut dyn FnMut(&Value)) {
    if path.is_empty() {
        return each(value);
    }
    let (key, rest) = path.split_once('.').unwrap_or((path, ""));
    match (key, value) {
        ("[]", Value::Array(items)) => items.iter().for_each(|item| find(item, rest, each)),
        ("*", Value::Object(fields)) => fields.values().for_each(|value| find(value, rest, each)),
        ("@", Value::String(text)) => {
            if let Ok(value) = serde_json::from_str(text) {
                find(&value, rest, each);
            }
        }
        (_, Value::Object(fields)) => {
            if let Some(value) = fields.get(key) {
                find(value, rest, each);
            }
        }
        _ => {}
    }
}

/// Null, zero, false and empty values carry no usage.
fn has_content(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// Whether a field counts tokens or money. Limits and sizes of the context do not.
pub(super) fn is_count(name: &str, value: &Value) -> bool {
    const NO_USAGE: [&str; 8] = [
        "max",
        "limit",
        "window",
        "budget",
        "threshold",
        "remaining",
        "context",
        "reserve",
    ];
    /// Parts of many words: of `operator` and `permission`.
    const WHOLE_WORDS: [&str; 2] = ["per", "left"];
    let words = words_of(name);
    let name = name.to_ascii_lowercase();
    value.as_f64().is_some_and(|count| count != 0.0)
        && (name.contains("token") || is_money(&name))
        && !name.ends_with("ms")
        && !NO_USAGE.iter().any(|word| name.contains(word))
        && !words.iter().any(|word| WHOLE_WORDS.contains(&&**word))
}

/// The words of a name, in lower case: `tokensPerSecond` and `tokens_per_second` have three.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (at, character) in name.char_indices() {
        let follows_small = name[..at].ends_with(|before: char| before.is_ascii_lowercase() || before.is_ascii_digit());
        if !character.is_ascii_alphanumeric() || character.is_ascii_uppercase() && follows_small {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_ascii_alphanumeric()) {
            word.push(character.to_ascii_lowercase());
        }
    }
    words
}

/// Whether a name in lower case is that of money: `totalCostUSD`, `cost_usd`, `factoryCredits`.
fn is_money(name: &str) -> bool {
    ["cost", "usd", "credits"].iter().any(|end| name.ends_with(end))
}

/// Whether a column of a database counts tokens or money.
pub(super) fn is_usage_column(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let counts_tokens = name.contains("token") && !name.contains("max") && !name.contains("limit");
    counts_tokens || is_money(&name)
}

/// Whether a field holds what a person, a model or a tool wrote: any keys may be inside.
pub(super) fn is_free_form(name: &str) -> bool {
    const FREE: [&str; 28] = [
        "args",
        "argument",
        "arguments",
        "attachment",
        "body",
        "content",
        "diff",
        "env",
        "file",
        "functioncall",
        "functionresponse",
        "input",
        "metadata",
        "output",
        "parameters",
        "params",
        "parts",
        "patch",
        "payload_text",
        "plan",
        "prompt",
        "raw",
        "result",
        "schema",
        "text",
        "tool_calls",
        "tools",
        "tooluseresult",
    ];
    let name = name.to_ascii_lowercase();
    FREE.contains(&&*name) || name.ends_with("result") || name.ends_with("schema")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(at: &'static str, place: &str, record: &Value) -> Vec<String> {
        let mut names = Vec::new();
        Words::new("", at, &[]).find(place, record, &mut |name| names.push(name.to_owned()));
        names
    }

    #[test]
    fn places_are_found_in_every_spelling() {
        let record = json!({
            "say": "usage", "text": "{\"a\":1,\"b\":0}", "list": [{"c": {"d": 1}}, {"c": {"e": 1}}], "map": {"x": {"f": 1}}
        });
        assert_eq!(names("say", "", &record), ["usage"]);
        assert_eq!(names("say=usage/text.@", "", &record), ["a"]);
        assert!(names("say=other/text.@", "", &record).is_empty());
        assert_eq!(names("list.[].c", "", &record), ["d", "e"]);
        assert_eq!(names("map.*", "", &record), ["f"]);
        assert_eq!(names("t.c:say=usage/map", "t.c", &record), ["x"]);
        assert!(names("t.c:map", "", &record).is_empty());
    }

    #[test]
    fn free_form_names_are_no_records() {
        for name in [
            "args",
            "attachment",
            "content",
            "functioncall",
            "input",
            "output",
            "text",
            "toolUseResult",
            "tools",
        ] {
            assert!(is_free_form(name), "{name}");
        }
        assert!(!is_free_form("usage") && !is_free_form("message"));
    }
}
