//! The providers that OpenCode knows, and which of them are switched off there.

use super::file::Object;
use super::{opencode, opencode_config};
use crate::system::System;
use serde_json::Value;
use std::collections::BTreeSet;

/// Built-in providers; its files may add more.
const BUILT_IN: [&str; 7] = [
    "anthropic",
    "antigravity",
    "github-copilot",
    "google",
    "openai",
    "opencode",
    "openrouter",
];

/// A provider by the id that OpenCode has for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: String,
    pub is_enabled: bool,
}

/// In order of their ids. Unreadable files add nothing; `creds` reports them.
pub fn known_to_opencode(system: &System) -> Vec<Known> {
    let store = opencode::read(system).and_then(|file| file.root.ok());
    let files = opencode_config::read(system).into_iter();
    let configs: Vec<Object> = files.filter_map(|(file, _)| file.root.ok()).collect();
    // The file that overrides the others speaks for all of a list.
    let listed = |key: &str| -> Option<Vec<&str>> {
        let list = configs.iter().find_map(|config| config.get(key)?.as_array())?;
        Some(list.iter().filter_map(Value::as_str).collect())
    };
    let (only, without) = (
        listed("enabled_providers"),
        listed("disabled_providers").unwrap_or_default(),
    );
    let entries = || configs.iter().filter_map(|config| config.get("provider")?.as_object());
    let is_enabled = |id: &str| {
        let own = entries().find_map(|entries| entries.get(id)?.get("enabled")?.as_bool());
        own != Some(false) && !without.contains(&id) && only.as_ref().is_none_or(|only| only.contains(&id))
    };
    let stored = store.iter().flat_map(|store| store.keys()).map(String::as_str);
    let configured = entries().flat_map(|entries| entries.keys()).map(String::as_str);
    let ids: BTreeSet<&str> = BUILT_IN
        .into_iter()
        .chain(stored)
        .chain(configured)
        .chain(without.iter().copied())
        .chain(only.iter().flatten().copied())
        .collect();
    let known = |id: &str| Known {
        id: id.to_owned(),
        is_enabled: is_enabled(id),
    };
    ids.into_iter().map(known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;

    #[test]
    fn its_files_name_more_and_switch_off() {
        let home = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = home.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("written");
        };
        write(
            ".local/share/opencode/auth.json",
            r#"{"deepseek": {"type": "api", "key": "k"}}"#,
        );
        write(
            ".config/opencode/opencode.jsonc",
            "{ // mine\n\"disabled_providers\": [\"openai\"], \"provider\": {\"my-llm\": {\"enabled\": false}}, }",
        );
        write(
            ".config/opencode/opencode.json",
            r#"{"disabled_providers": ["google"]}"#,
        );
        let known = known_to_opencode(&System::new(Os::Linux, home.path(), Default::default()));
        let off: Vec<_> = known
            .iter()
            .filter(|one| !one.is_enabled)
            .map(|one| one.id.as_str())
            .collect();
        assert_eq!(off, ["my-llm", "openai"]);
        assert_eq!(known.len(), BUILT_IN.len() + 2);
        assert!(known.iter().any(|one| one.id == "deepseek" && one.is_enabled));
    }
}
