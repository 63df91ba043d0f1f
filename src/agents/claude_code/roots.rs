//! Where Claude Code keeps its transcripts.

use crate::agents::shared::source::Root;
use crate::system::System;
use std::path::{Path, PathBuf};

/// Every folder that may hold transcripts, whether or not it exists.
pub(super) fn roots(system: &System) -> Vec<Root> {
    let mut roots = Vec::new();
    if let Some(moved) = &system.moved {
        return vec![Root::new(projects(moved), "config")];
    }
    // The program itself takes one folder; a list is a convention of its readers.
    let list = system.var("CLAUDE_CONFIG_DIR").unwrap_or_default();
    let folders: Vec<_> = list
        .split(',')
        .map(str::trim)
        .filter(|folder| !folder.is_empty())
        .collect();
    match folders.as_slice() {
        [] => {
            let xdg = system.config_dir().join("claude/projects");
            let because = if system.path_var("XDG_CONFIG_HOME").is_some() {
                "$XDG_CONFIG_HOME"
            } else {
                "default"
            };
            roots.push(Root::new(xdg, because));
            roots.push(Root::new(system.home.join(".claude/projects"), "default"));
            roots.extend(beside_default(system));
        }
        named => {
            let named = named.iter().map(|folder| projects(&system.expand(folder)));
            roots.extend(named.map(|folder| Root::new(folder, "$CLAUDE_CONFIG_DIR")));
        }
    }
    // The desktop app: `<session>/.claude/projects` some folders further down.
    for tree in ["local-agent-mode-sessions", "claude-code-sessions"] {
        roots.push(Root::new(system.app_dir().join("Claude").join(tree), "desktop app"));
    }
    roots
}

/// `~/.claude-work`: folders of further accounts, `alias cw='CLAUDE_CONFIG_DIR=~/.claude-work claude'`. Where ttop runs,
/// that variable is not set.
fn beside_default(system: &System) -> Vec<Root> {
    let entries = std::fs::read_dir(&system.home).into_iter().flatten().flatten();
    let is_account = |name: &str| name.starts_with(".claude-");
    let folders = entries.filter(|entry| entry.file_name().to_str().is_some_and(is_account));
    let mut projects: Vec<_> = folders
        .map(|entry| entry.path().join("projects"))
        .filter(|projects| projects.is_dir())
        .collect();
    projects.sort();
    let roots = projects
        .into_iter()
        .map(|projects| Root::new(projects, "beside the default"));
    roots.collect()
}

/// The config folder or its `projects` folder may be named.
fn projects(folder: &Path) -> PathBuf {
    if folder.file_name().is_some_and(|name| name == "projects") {
        folder.to_owned()
    } else {
        folder.join("projects")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;

    fn paths(os: Os, env: &[(&str, &str)]) -> Vec<String> {
        let env = env
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let system = System::new(os, "/home/dev", env);
        roots(&system)
            .iter()
            .map(|root| root.path.display().to_string())
            .collect()
    }

    #[test]
    fn looks_in_both_default_places_and_the_desktop_apps() {
        assert_eq!(
            paths(Os::MacOs, &[]),
            [
                "/home/dev/.config/claude/projects",
                "/home/dev/.claude/projects",
                "/home/dev/Library/Application Support/Claude/local-agent-mode-sessions",
                "/home/dev/Library/Application Support/Claude/claude-code-sessions",
            ]
        );
    }

    #[test]
    fn folders_of_further_accounts_lie_beside_the_default_one() {
        let home = tempfile::tempdir().expect("a folder");
        for folder in [
            ".claude-work/projects",
            ".claude-b/projects",
            ".claude-empty",
            ".claudette/projects",
        ] {
            std::fs::create_dir_all(home.path().join(folder)).expect("folders");
        }
        let found = |env: &[(&str, &str)]| {
            let env = env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            let roots = roots(&System::new(Os::Linux, home.path(), env.collect()));
            let because = |root: &&Root| root.because == "beside the default";
            let paths = roots.iter().filter(because).map(|root| root.path.clone());
            paths.collect::<Vec<_>>()
        };
        let expected = [".claude-b/projects", ".claude-work/projects"].map(|path| home.path().join(path));
        assert_eq!(found(&[]), expected);
        assert!(found(&[("CLAUDE_CONFIG_DIR", "~/.claude")]).is_empty());
    }

    #[test]
    fn the_variable_may_name_several_folders() {
        let list = [("CLAUDE_CONFIG_DIR", "~/.claude, /srv/claude/projects ,")];
        assert_eq!(
            paths(Os::Linux, &list)[..2],
            ["/home/dev/.claude/projects", "/srv/claude/projects"]
        );
        assert_eq!(paths(Os::Linux, &list).len(), 4);
        assert_eq!(paths(Os::Linux, &[("CLAUDE_CONFIG_DIR", " , ")]), paths(Os::Linux, &[]));
    }
}
