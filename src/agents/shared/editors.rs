//! Editors that run VS Code extensions: where each keeps its extensions' storage, on every system.

use crate::agents::Found;
use crate::agents::shared::moved;
use crate::agents::shared::walk::Walk;
use crate::system::{Os, System};
use std::path::PathBuf;

const SETTINGS: &str = "settings.json";

/// Below the home folder: servers that editors start on remote machines, and sandboxed editors.
const FIXED: [(&str, &str); 12] = [
    (".vscode-server/data/User", "VS Code server"),
    (".vscode-server-insiders/data/User", "VS Code Insiders server"),
    (".vscode-remote/data/User", "VS Code remote container"),
    (".vscodium-server/data/User", "VSCodium server"),
    (".cursor-server/data/User", "Cursor server"),
    (".windsurf-server/data/User", "Windsurf server"),
    (".antigravity-server/data/User", "Antigravity server"),
    (".openvscode-server/data/User", "OpenVSCode server"),
    (".local/share/code-server/User", "code-server"),
    (".var/app/com.visualstudio.code/config/Code/User", "VS Code flatpak"),
    (".var/app/com.vscodium.codium/config/VSCodium/User", "VSCodium flatpak"),
    (".trae-server/data/User", "Trae server"),
];

/// Every `globalStorage` of every editor, with the editor's name. The first is VS Code's own, there or not.
pub fn storages(system: &System, found: &mut Found) -> Vec<(PathBuf, String)> {
    let mut walk = Walk::default();
    let mut storages = Vec::new();
    for (user, editor) in users(system, &mut walk, found) {
        storages.push((user.join("globalStorage"), editor.clone()));
        for profile in walk.folders(&user.join("profiles"), found) {
            storages.push((profile.join("globalStorage"), format!("{editor} profile")));
        }
    }
    storages
}

/// The `User` folder of every editor, with the editor's name. The first is VS Code's own, there or not.
///
/// New forks of VS Code appear every few months and all keep its layout, so any program's folder that has
/// a `User/globalStorage` counts as an editor.
pub fn users(system: &System, walk: &mut Walk, found: &mut Found) -> Vec<(PathBuf, String)> {
    let apps = system.app_dir();
    let mut users = vec![(apps.join("Code/User"), "Code".to_owned())];
    for app in walk.folders(&apps, found) {
        let name = app.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name != "Code" {
            users.push((app.join("User"), name));
        }
    }
    if system.os != Os::Windows {
        let fixed = FIXED
            .iter()
            .map(|(path, name)| (system.home.join(path), (*name).to_owned()));
        users.extend(fixed);
    }
    if let Some(portable) = system.path_var("VSCODE_PORTABLE") {
        users.push((portable.join("user-data/User"), "$VSCODE_PORTABLE".to_owned()));
    }
    let (own, others) = users.split_at(1);
    let others = others.iter().filter(|(user, _)| user.join("globalStorage").is_dir());
    own.iter().chain(others).cloned().collect()
}

/// The folders that settings of an editor, or of one of its profiles, name for an extension's storage; each once.
pub fn named(
    system: &System,
    storages: &[(PathBuf, String)],
    settings: &[&str],
    found: &mut Found,
) -> Vec<(PathBuf, String)> {
    let mut named: Vec<(PathBuf, String)> = Vec::new();
    for (storage, editor) in storages {
        let file = storage.with_file_name(SETTINGS);
        for setting in settings {
            let folder = moved::by_editor(system, &file, setting, found);
            if let Some(folder) = folder.filter(|folder| named.iter().all(|(known, _)| known != folder)) {
                named.push((folder, format!("{SETTINGS} of {editor}")));
            }
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::path::Path;

    fn found_in(os: Os, folders: &[&str], env: &[(&str, &str)]) -> Vec<String> {
        let dir = tempfile::tempdir().expect("a folder");
        for folder in folders {
            std::fs::create_dir_all(dir.path().join(folder)).expect("folders");
        }
        let at_home = |path: &str| dir.path().join(path).display().to_string();
        let env: BTreeMap<String, String> = env
            .iter()
            .map(|(key, path)| ((*key).to_owned(), at_home(path)))
            .collect();
        let system = System::new(os, dir.path(), env);
        let short = |path: &Path| path.strip_prefix(dir.path()).expect("at home").display().to_string();
        storages(&system, &mut Found::default())
            .iter()
            .map(|(path, editor)| format!("{editor}: {}", short(path)))
            .collect()
    }

    #[test]
    fn finds_every_editor_of_each_system() {
        let linux = found_in(
            Os::Linux,
            &[
                ".config/Code/User/globalStorage",
                ".config/Code - Insiders/User/globalStorage",
                ".config/Some Fork/User/globalStorage",
                ".config/git",
                ".config/Code/User/profiles/5f0a",
                ".vscode-server/data/User/globalStorage",
            ],
            &[],
        );
        assert_eq!(
            linux,
            [
                "Code: .config/Code/User/globalStorage",
                "Code profile: .config/Code/User/profiles/5f0a/globalStorage",
                "Code - Insiders: .config/Code - Insiders/User/globalStorage",
                "Some Fork: .config/Some Fork/User/globalStorage",
                "VS Code server: .vscode-server/data/User/globalStorage",
            ]
        );
        let mac = found_in(
            Os::MacOs,
            &["Library/Application Support/Cursor/User/globalStorage"],
            &[("XDG_CONFIG_HOME", "elsewhere")],
        );
        assert_eq!(
            mac,
            [
                "Code: Library/Application Support/Code/User/globalStorage",
                "Cursor: Library/Application Support/Cursor/User/globalStorage",
            ]
        );
        let windows = found_in(
            Os::Windows,
            &[
                "Roaming/Windsurf/User/globalStorage",
                "portable/user-data/User/globalStorage",
            ],
            &[("APPDATA", "Roaming"), ("VSCODE_PORTABLE", "portable")],
        );
        assert_eq!(
            windows,
            [
                "Code: Roaming/Code/User/globalStorage",
                "Windsurf: Roaming/Windsurf/User/globalStorage",
                "$VSCODE_PORTABLE: portable/user-data/User/globalStorage",
            ]
        );
    }

    #[test]
    fn a_moved_config_folder_is_followed() {
        let moved = found_in(
            Os::Linux,
            &["xdg/VSCodium/User/globalStorage"],
            &[("XDG_CONFIG_HOME", "xdg")],
        );
        assert_eq!(moved[1], "VSCodium: xdg/VSCodium/User/globalStorage");
    }
}
