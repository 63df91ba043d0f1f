//! `agents.<id>.roots` of the configuration: folders beside those an agent's own rules lead to, and folders left out.
//!
//! Every agent knows one way to its records: its variables, or its place in the home. ttop therefore searches a configured
//! root twice: as if a variable named it, and as if it were in a home of its own. Records below the root count.

use super::source::{Found, Root};
use crate::agents::Agent;
use crate::system::System;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// Before a root that is not to be read.
const LEFT_OUT: char = '!';
/// Why a configured root is one, for `doctor`.
const BECAUSE: &str = "config";
/// Folders in what an agent's variable names, where the agent's default root is the folder above them.
const INNER: [&str; 2] = ["sessions", "archived_sessions"];

/// The sources of an agent with the roots that the configuration adds, and without those it leaves out.
pub fn sources(agent: &dyn Agent, system: &System) -> Found {
    let mut found = agent.sources(system);
    let Some(roots) = system.agent_roots.get(agent.id()) else {
        return found;
    };
    for root in roots {
        match root.strip_prefix(LEFT_OUT) {
            Some(root) => leave_out(&system.expand(root.trim()), &mut found),
            None => add(agent, &system.expand(root.trim()), system, &mut found),
        }
    }
    found
}

/// The configured roots that lead to nothing, with the remedy.
pub fn wrong_roots(agent: &str, found: &Found) -> Vec<String> {
    let configured = found.roots.iter().filter(|root| root.because == BECAUSE);
    let wrong = configured.filter_map(|root| {
        let is_source = || found.sources.iter().any(|source| source.path == root.path);
        let what = match root.path.is_dir() {
            _ if !root.exists => "does not exist",
            false if !is_source() => "is no folder",
            _ => return None,
        };
        let path = root.path.display();
        Some(format!(
            "agents.{agent}.roots: '{path}' {what}; to correct the list, run: ttop config set agents.{agent}.roots '[\"FOLDER\"]'"
        ))
    });
    wrong.collect()
}

fn leave_out(root: &Path, found: &mut Found) {
    // Every path is below an empty one.
    if root.as_os_str().is_empty() {
        return;
    }
    let target = root.canonicalize().unwrap_or_else(|_| without_dots(root));
    let mut real_paths = RealPaths::default();
    let mut stays = |path: &Path| {
        !path.starts_with(root) && !path.starts_with(&target) && !real_paths.of(path).starts_with(&target)
    };
    found.roots.retain(|known| stays(&known.path));
    found.sources.retain(|source| stays(&source.path));
    found.folders.retain(|folder| stays(folder));
}

/// Real paths, with one lookup per folder instead of one per file.
#[derive(Default)]
struct RealPaths(FxHashMap<PathBuf, PathBuf>);

impl RealPaths {
    /// The path without links; as it is written where nothing exists there.
    fn of(&mut self, path: &Path) -> PathBuf {
        let (Some(folder), Some(name), false) = (path.parent(), path.file_name(), path.is_symlink()) else {
            return path.canonicalize().unwrap_or_else(|_| path.to_owned());
        };
        if let Some(real) = self.0.get(folder) {
            return real.join(name);
        }
        let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let path = real.join(name);
        self.0.insert(folder.to_owned(), real);
        path
    }
}

/// `/home/dev/x/..` as `/home/dev`, also where `x` does not exist.
fn without_dots(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            _ => clean.push(part),
        }
    }
    // The folders that are left may be links.
    clean.canonicalize().unwrap_or(clean)
}

fn add(agent: &dyn Agent, root: &Path, system: &System, found: &mut Found) {
    let mut known: BTreeSet<PathBuf> = found.sources.iter().map(|source| source.path.clone()).collect();
    for view in views(root, system, &found.roots) {
        let seen = agent.sources(&view);
        // Lists of the agent may lead elsewhere.
        let is_new = |path: &Path| path.starts_with(root) || !path.starts_with(&view.home);
        found.sources.extend(
            seen.sources
                .into_iter()
                .filter(|source| is_new(&source.path) && known.insert(source.path.clone())),
        );
        found
            .folders
            .extend(seen.folders.into_iter().filter(|folder| is_new(folder)));
    }
    found.folders.sort();
    found.folders.dedup();
    found.roots.push(Root::new(root, BECAUSE));
}

/// The systems on which an agent's own rules may lead below a root.
fn views(root: &Path, system: &System, defaults: &[Root]) -> Vec<System> {
    let elsewhere = |home: &Path| {
        let mut view = System::new(system.os, home, Default::default());
        view.now = system.now;
        view
    };
    let moved = |folder: &Path| {
        let mut view = elsewhere(folder);
        view.moved = Some(folder.to_owned());
        view
    };
    let mut views = vec![moved(root), elsewhere(root)];
    // One of the folders that lie in what a variable names: `sessions`, `projects`.
    let name = root.file_name();
    let mut inner = defaults.iter().map(|known| known.path.file_name());
    let is_inner = inner.any(|known| known == name) || INNER.iter().any(|known| name == Some(OsStr::new(known)));
    if let Some(parent) = root.parent().filter(|_| is_inner) {
        views.push(moved(parent));
    }
    let bases = [
        system.home.clone(),
        system.data_dir(),
        system.config_dir(),
        system.app_dir(),
        system.local_app_dir(),
    ];
    let mut homes = BTreeSet::new();
    for (at, base) in bases.iter().enumerate() {
        for below in defaults.iter().filter_map(|known| known.path.strip_prefix(base).ok()) {
            for inner in below.ancestors().filter(|inner| !inner.as_os_str().is_empty()) {
                let Some(folder) = without(root, inner) else { continue };
                if homes.insert((at == 0, folder.clone())) {
                    let mut view = elsewhere(&folder);
                    if at > 0 {
                        let value = folder.display().to_string();
                        for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "APPDATA", "LOCALAPPDATA"] {
                            view.env.insert(name.to_owned(), value.clone());
                        }
                    }
                    views.push(view);
                }
            }
        }
    }
    views
}

/// `/backup/home/.codex` without `.codex`.
fn without(path: &Path, end: &Path) -> Option<PathBuf> {
    let mut rest = path;
    for part in end.components().rev() {
        if rest.file_name() != Some(part.as_os_str()) {
            return None;
        }
        rest = rest.parent()?;
    }
    Some(rest.to_owned()).filter(|rest| rest.as_os_str() != OsStr::new(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_loses_an_end_that_it_has() {
        let cut = |path: &str, end: &str| without(Path::new(path), Path::new(end)).map(|it| it.display().to_string());
        assert_eq!(cut("/b/home/.codex", ".codex").as_deref(), Some("/b/home"));
        assert_eq!(
            cut("/b/.pi/agent/sessions", ".pi/agent/sessions").as_deref(),
            Some("/b")
        );
        assert_eq!(cut("/b/.codex2", ".codex"), None);
        assert_eq!(cut("x", "x"), None);
    }
}
