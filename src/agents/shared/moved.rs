//! Folders that a program's own settings name for its records.

use super::batch::Batch;
use super::source::Found;
use super::toml_file::read_toml;
use crate::core::problem::Problem;
use crate::system::System;
use crate::system::jsonc;
use serde_json::Value;
use std::path::{Path, PathBuf};

const HALF: &str = "is not complete: its program is writing it, or was stopped";

/// Returns the folder that settings in JSON name at a pointer such as `/advanced/runtimeOutputDir`.
pub fn by_json(system: &System, settings: &Path, pointer: &str, found: &mut Found) -> Option<PathBuf> {
    follow(settings, found);
    if matches!(jsonc::read_text(system, settings), Ok(Some(text)) if text.trim().is_empty()) {
        found.problems.push(Problem::new(settings.display(), HALF));
        return None;
    }
    let value = jsonc::read(system, settings).unwrap_or_else(|problem| {
        // With a problem, the records there are not taken for deleted while the settings are half written.
        found.problems.push(problem);
        None
    });
    folder(system, value?.pointer(pointer))
}

/// The same for a key in the settings of an editor, in which other programs may have damaged whatever they like.
pub fn by_editor(system: &System, settings: &Path, key: &str, found: &mut Found) -> Option<PathBuf> {
    follow(settings, found);
    let text = jsonc::read_text(system, settings).ok()??;
    if text.contains(key) {
        return by_json(system, settings, &format!("/{key}"), found);
    }
    // The key may be in the half that is not written yet.
    if !text.trim_end().ends_with('}') {
        found.problems.push(Problem::new(settings.display(), HALF));
    }
    None
}

/// The same for settings in TOML.
pub fn by_toml(system: &System, settings: &Path, pointer: &str, found: &mut Found) -> Option<PathBuf> {
    follow(settings, found);
    let mut batch = Batch::default();
    let value: Value = read_toml(settings, &mut batch);
    found.problems.append(&mut batch.problems);
    folder(system, value.pointer(pointer))
}

/// Watches for a change of the settings.
fn follow(settings: &Path, found: &mut Found) {
    if let Some(folder) = settings.parent() {
        found.watch_list_in(folder);
    }
}

/// A relative path depends on the project: it leads nowhere in particular.
fn folder(system: &System, value: Option<&Value>) -> Option<PathBuf> {
    let named = value?.as_str().filter(|named| !named.is_empty())?;
    Some(system.expand(named)).filter(|folder| folder.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;

    #[test]
    fn settings_name_an_absolute_folder_or_one_in_the_home() {
        let dir = tempfile::tempdir().expect("a folder");
        let system = System::new(Os::Linux, dir.path(), Default::default());
        let elsewhere = dir.path().join("elsewhere");
        let [json, toml] = ["settings.json", "config.toml"].map(|name| dir.path().join(name));
        for (named, expected) in [
            (&*elsewhere.to_string_lossy(), Some(elsewhere.clone())),
            ("~/records", Some(dir.path().join("records"))),
            ("records", None),
            ("", None),
        ] {
            std::fs::write(&json, format!("{{// mine\n\"a\": {{\"dir\": {named:?}}},}}")).expect("written");
            std::fs::write(&toml, format!("[a]\ndir = {named:?}\n")).expect("written");
            let mut found = Found::default();
            assert_eq!(by_json(&system, &json, "/a/dir", &mut found), expected, "{named}");
            assert_eq!(by_toml(&system, &toml, "/a/dir", &mut found), expected, "{named}");
            assert_eq!(by_json(&system, &json, "/a/other", &mut found), None);
            assert!(found.problems.is_empty() && found.folders.contains(&dir.path().to_owned()));
        }
    }

    #[test]
    fn missing_settings_name_nothing_and_damaged_ones_are_a_problem_that_quotes_nothing() {
        let dir = tempfile::tempdir().expect("a folder");
        let system = System::new(Os::Linux, dir.path(), Default::default());
        let path = dir.path().join("settings");
        let mut found = Found::default();
        let both = |found: &mut Found| {
            let named = [
                by_json(&system, &path, "/a", found),
                by_toml(&system, &path, "/a", found),
            ];
            (named, found.problems.len())
        };
        assert_eq!(both(&mut found), ([None, None], 0));
        std::fs::write(&path, "{\"a\": canary").expect("written");
        assert_eq!(both(&mut found), ([None, None], 2));
        assert!(!format!("{:?}", found.problems).contains("canary"));
        assert_eq!(by_editor(&system, &path, "other.dir", &mut found), None);
        assert_eq!(found.problems.len(), 3, "cut off before the key");
        std::fs::write(&path, "{\"other.dir\": \"~/tasks\"").expect("written");
        assert_eq!(by_editor(&system, &path, "other.dir", &mut found), None);
        assert_eq!(found.problems.len(), 4);
        std::fs::write(&path, "{\"a\": damaged by another, \"b\": 1}\n").expect("written");
        assert_eq!(by_editor(&system, &path, "other.dir", &mut found), None);
        assert_eq!(found.problems.len(), 4, "of an editor, only settings with the key");
        std::fs::write(&path, "").expect("written");
        assert_eq!(by_json(&system, &path, "/a", &mut found), None);
        assert_eq!(found.problems.len(), 5, "made, and not yet written");
        std::fs::write(&path, "{\"other.dir\": \"~/tasks\"}").expect("written");
        let named = by_editor(&system, &path, "other.dir", &mut found);
        assert_eq!(named.as_deref(), Some(&*dir.path().join("tasks")));
    }
}
