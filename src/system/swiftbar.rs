//! SwiftBar's plugin folders, and the mistake it makes in them.

use super::System;
use std::path::PathBuf;

/// SwiftBar's plugin folders, as far as its files show them.
pub fn folders(system: &System) -> Vec<PathBuf> {
    let kept = system.home.join("Library/Application Support/SwiftBar/Plugins");
    let chosen = system.path_var("SWIFTBAR_PLUGINS_PATH");
    let mut folders: Vec<PathBuf> = chosen
        .into_iter()
        .chain([kept, system.home.join(".swiftbar")])
        .collect();
    folders.retain(|folder| folder.is_dir());
    folders
}

/// Folders in place of ttop's script: SwiftBar creates one when it finds an empty script, and shows nothing from then
/// on.
pub fn folders_for_scripts(system: &System) -> Vec<PathBuf> {
    let entries = folders(system)
        .into_iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .flatten();
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("ttop."))
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}
