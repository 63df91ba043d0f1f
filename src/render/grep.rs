//! `--grep`: rows with a text in any text column.

use serde_json::Value;

/// Texts of which a row must have one; letter case is ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grep {
    needles: Vec<String>,
}

impl Grep {
    pub fn new(texts: &[String]) -> Self {
        Self {
            needles: texts.iter().map(|text| text.to_lowercase()).collect(),
        }
    }

    /// Whether there is nothing to look for, so every row passes.
    pub fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// Whether a row has one of the texts.
    pub fn matches(&self, row: &Value) -> bool {
        match row {
            Value::String(text) => {
                let text = text.to_lowercase();
                self.needles.iter().any(|needle| text.contains(needle))
            }
            Value::Array(items) => items.iter().any(|item| self.matches(item)),
            Value::Object(keys) => keys.values().any(|value| self.matches(value)),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn any_text_counts_and_numbers_do_not() {
        let row = json!({"name": "ÜBER parser", "models": ["openai/gpt-5.5"], "turns": 42});
        let has =
            |texts: &[&str]| Grep::new(&texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>()).matches(&row);
        assert!(has(&["über"]) && has(&["GPT-5"]) && has(&["nothing", "Parser"]));
        assert!(!has(&["42"]) && !has(&["models"]));
    }
}
