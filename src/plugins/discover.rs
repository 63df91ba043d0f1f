//! Where plugins come from: the plugins folder, packages, paths of the config, and the flag. Nothing is run here.

use super::host::{Source, Way};
use super::npm;
use crate::system::System;
use crate::system::config::Config;
use std::path::{Path, PathBuf};

/// The user's plugins folder.
pub fn folder(system: &System) -> PathBuf {
    system.config_dir().join("tokentop/plugins")
}

/// What ttop keeps of plugins.
pub fn data(system: &System) -> PathBuf {
    system.data_dir().join("tokentop/plugins")
}

/// Whether anything could be loaded at all: one look at a folder, and three lists.
pub fn is_anything_configured(system: &System, config: &Config, flags: &[String]) -> bool {
    let (local, npm) = (&config.plugins.local, &config.plugins.npm);
    !flags.is_empty() || !local.is_empty() || !npm.is_empty() || folder(system).is_dir()
}

/// Every source, the weakest first.
pub fn sources(system: &System, config: &Config, flags: &[String]) -> Vec<Source> {
    let mut all = in_folder(&folder(system));
    for name in config.plugins.npm.clone() {
        all.push(Source {
            path: npm::home_of(&data(system), &name),
            label: name,
            way: Way::Npm,
        });
    }
    let base = system.config_dir().join("tokentop");
    all.extend(
        config
            .plugins
            .local
            .iter()
            .map(|path| at(system, &base, path.clone(), Way::Local)),
    );
    all.extend(
        flags
            .iter()
            .map(|path| at(system, &system.cwd, path.clone(), Way::Flag)),
    );
    all
}

/// A path as the user wrote it.
pub fn at(system: &System, base: &Path, label: String, way: Way) -> Source {
    Source {
        path: base.join(system.expand(&label)),
        label,
        way,
    }
}

/// Files that end in `.ts` or `.js`, and folders; hidden ones and others are passed over.
fn in_folder(folder: &Path) -> Vec<Source> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<Source> = entries
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            let is_plugin = !name.starts_with('.') && (path.is_dir() || name.ends_with(".ts") || name.ends_with(".js"));
            is_plugin.then(|| Source {
                label: path.display().to_string(),
                path,
                way: Way::Folder,
            })
        })
        .collect();
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}
