//! What a plugin was trusted with, masked in what it tells.

use super::ops::log::mask;
use serde_json::Value;

/// Values that no message may hold.
#[derive(Clone, Debug, Default)]
pub struct Mask(Vec<String>);

impl Mask {
    pub fn new(values: Vec<String>) -> Self {
        Self(values)
    }

    /// Adds every text of a credential but its source.
    #[must_use]
    pub fn with(mut self, credentials: &Value) -> Self {
        self.add(credentials);
        self
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.0.push(text.clone()),
            Value::Array(list) => list.iter().for_each(|value| self.add(value)),
            Value::Object(map) => map
                .iter()
                .filter(|(key, _)| *key != "source")
                .for_each(|(_, value)| self.add(value)),
            _ => {}
        }
    }

    pub fn text(&self, text: &str) -> String {
        mask(text.to_owned(), &self.0)
    }

    /// Masks every text of a value.
    pub fn hide(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(list) => list.iter_mut().for_each(|value| self.hide(value)),
            Value::Object(map) => map.values_mut().for_each(|value| self.hide(value)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_text_of_a_credential_is_left_in_what_a_plugin_tells() {
        let credentials =
            json!({"source": "external", "oauth": {"accessToken": "CANARY-token", "refreshToken": "CANARY-refresh"}});
        let mask = Mask::new(vec!["CANARY-env".to_owned()]).with(&credentials);
        let mut told = json!({"error": "401 for CANARY-token", "limits": {"items": [{"label": "CANARY-refresh of external"}]}, "n": 1});
        mask.hide(&mut told);
        assert_eq!(
            told,
            json!({"error": "401 for ***", "limits": {"items": [{"label": "*** of external"}]}, "n": 1})
        );
        assert_eq!(mask.text("with CANARY-env"), "with ***");
    }
}
