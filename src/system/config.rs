//! The user's config: JSON with comments.

use serde_json::Value;

/// The config as read; keys are asked for by their dotted path.
#[derive(Clone, Debug, Default)]
pub struct Config {
    root: Value,
}

impl Config {
    pub fn from_value(root: Value) -> Self {
        Self { root }
    }

    /// The value at a path such as `["providers", "anthropic", "login"]`.
    pub fn value(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(&self.root, |value, key| value.get(key))
    }

    pub fn text(&self, path: &[&str]) -> Option<&str> {
        self.value(path)?.as_str()
    }

    pub fn number(&self, path: &[&str]) -> Option<f64> {
        self.value(path)?.as_f64()
    }

    pub fn flag(&self, path: &[&str]) -> Option<bool> {
        self.value(path)?.as_bool()
    }
}
