//! Changes settings: finds a typed key, parses a typed value, and writes both into the configuration file.

use super::Engine;
use crate::core::bad_request::BadRequest;
use crate::render::keys::similar;
use crate::system::config::schema::{Node, keys, names, schema};
use crate::system::config::{Config, TEMPLATE, remove_value, set, write_value};
use crate::system::jsonc;
use crate::system::replace::replace;
use anyhow::{Context as _, Result, anyhow};
use serde_json::Value;
use std::path::PathBuf;

/// The schema that a new configuration has beside it for editors; the template names it.
const SCHEMA_FILE: &str = "config.schema.json";

impl Engine {
    /// Changes one value in the configuration file, and uses it from now on.
    ///
    /// # Errors
    /// When the key is unknown, the value is none of its kind, or the file cannot be written.
    pub fn set_setting(&mut self, key: &str, typed: &str) -> Result<()> {
        let names = find_key(key)?;
        let path: Vec<&str> = names.iter().map(String::as_str).collect();
        write_value(&self.system, &path, &parse_value(key, &path, typed)?)?;
        self.config = Config::load(&self.system);
        Ok(())
    }

    /// Removes a key from the configuration file.
    ///
    /// # Errors
    /// When the key is neither known nor in the file, or the file cannot be written.
    pub fn remove_setting(&self, key: &str) -> Result<()> {
        if !remove_value(&self.system, key)? {
            find_key(key)?;
        }
        Ok(())
    }

    /// Writes a commented configuration file, with consents to use the logins of these providers, and its schema beside
    /// it. Returns its path.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn create_config(&self, consents: &[String]) -> Result<PathBuf> {
        let path = Config::path(&self.system);
        let mut text = TEMPLATE.to_owned();
        for provider in consents {
            let login = ["providers", provider, "login"];
            text = set(&text, &login, &Value::Bool(true)).map_err(|mistake| anyhow!("{mistake}"))?;
        }
        // Relative, so that editors find it wherever the folder is.
        let schema_path = path.with_file_name(SCHEMA_FILE);
        let schema_text = serde_json::to_string_pretty(schema())? + "\n";
        for (path, text) in [(&schema_path, &schema_text), (&path, &text)] {
            let written = replace(path, text.as_bytes());
            written.with_context(|| format!("could not write {}", self.system.tilde(path)))?;
        }
        Ok(path)
    }
}

/// Splits a typed key into names.
///
/// # Errors
/// When there is no such key.
pub fn find_key(key: &str) -> Result<Vec<String>, BadRequest> {
    names(key).ok_or_else(|| {
        let keys = keys();
        let near = similar(key, keys.iter().map(|key| &*key.path));
        let hint = match near[..] {
            [] => "run 'ttop config show' for the list of keys".to_owned(),
            _ => format!("did you mean {}?", near.join(", ")),
        };
        BadRequest::new(format!("unknown key '{key}'")).with_hint(hint)
    })
}

/// Parses a typed value: JSON, or plain text for a key that holds text.
///
/// # Errors
/// When the value is none of the key's kind.
pub fn parse_value(key: &str, path: &[&str], typed: &str) -> Result<Value, BadRequest> {
    let json = jsonc::parse(typed).ok().filter(|_| !typed.trim().is_empty());
    let text = || Value::String(typed.to_owned());
    let value = match Node::at(path) {
        Some(node) if node.is_text() => json.filter(Value::is_string).unwrap_or_else(text),
        Some(node) if node.is_list() => json.unwrap_or_else(|| Value::Array(vec![text()])),
        _ => json.unwrap_or_else(text),
    };
    match Node::at(path).map(|node| node.check(&value)) {
        Some(Err(reason)) => Err(BadRequest::new(format!("{key} {reason}"))),
        _ => Ok(value),
    }
}
