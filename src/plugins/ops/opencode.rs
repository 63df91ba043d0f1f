//! Credentials that OpenCode keeps, entry by entry.

use super::{Answer, plain};
use crate::plugins::grant::Grants;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Where OpenCode keeps them, and what its config may name.
#[derive(Clone, Debug, Default)]
pub struct OpenCode {
    pub auth: PathBuf,
    pub configs: Vec<PathBuf>,
}

const MOST_BYTES: u64 = 4 << 20;

impl OpenCode {
    /// The entry of that name, as written; `null` when there is none.
    ///
    /// # Errors
    /// When the entry belongs to somebody else.
    pub fn entry(&self, grants: &Grants, env: &BTreeMap<String, String>, name: &str) -> Answer {
        grants.entry(name)?;
        if let Some(entry) = object(&self.auth).get(name).filter(|entry| entry.is_object()) {
            return plain(entry.clone());
        }
        for config in &self.configs {
            let config = object(config);
            let key = config.get("provider").map(|all| &all[name]["options"]["apiKey"]);
            if let Some(key) = key.and_then(Value::as_str).and_then(|key| resolved(key, grants, env)) {
                return plain(serde_json::json!({"type": "api", "key": key}));
            }
        }
        plain(Value::Null)
    }
}

/// `{env:NAME}` is that variable, where the plugin may see it.
fn resolved(key: &str, grants: &Grants, env: &BTreeMap<String, String>) -> Option<String> {
    match key.strip_prefix("{env:").and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => grants.variable(name).ok().and_then(|()| env.get(name).cloned()),
        None if key.starts_with('{') => None,
        None => Some(key.to_owned()),
    }
}

fn object(path: &std::path::Path) -> Map<String, Value> {
    let text = crate::system::open::read_text(path, crate::system::open::Most(MOST_BYTES)).unwrap_or_default();
    match serde_json::from_str(&text) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}
