//! Where OpenCode, or an agent that kept its storage, leaves records and configuration.

use super::{Family, json};
use crate::agents::source::{Found, Root, Source};
use crate::core::problem::Problem;
use crate::system::System;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Kinds of sources.
pub const DATABASE: u8 = 0;
pub const STORAGE: u8 = 1;

/// Every database and the `storage/` folder. Which channel is in use cannot be known, so all databases are read.
pub fn find_sources(family: &Family, system: &System) -> Found {
    let root = (family.root)(system);
    let mut found = Found::default();
    let mut databases = list_databases(&root.path, family.stem, &mut found.problems);
    let named = family
        .database_var
        .and_then(|name| named_database(name, &root.path, system));
    if let Some(root) = named {
        databases.push(root.path.clone());
        found.roots.push(root);
    }
    databases.sort();
    databases.dedup();
    for path in databases {
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => found.sources.extend(Source::find_database(&path, DATABASE)),
            Ok(_) => found.problems.push(Problem::new(path.display(), "not a regular file")),
            // Named in the environment and not made yet, or gone meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => found.problems.push(Problem::new(path.display(), error)),
        }
    }
    // A link to another database here is no second one.
    let mut real = Vec::new();
    found.sources.retain(|source| {
        let path = fs::canonicalize(&source.path).unwrap_or_else(|_| source.path.clone());
        let is_new = !real.contains(&path);
        real.push(path);
        is_new
    });
    found.sources.extend(json::find(&root.path.join("storage"), STORAGE));
    found.roots.insert(0, root);
    found
}

/// `<stem>*.db` in a folder: `opencode.db`, and `opencode-<channel>.db` of other channels than the usual ones.
fn list_databases(folder: &Path, stem: &str, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                problems.push(Problem::new(folder.display(), error));
            }
            return Vec::new();
        }
    };
    let is_database = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy());
        name.is_some_and(|name| name.starts_with(stem) && name.ends_with(".db"))
    };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(is_database)
        .collect()
}

/// `$OPENCODE_DB`: a path, relative ones inside the data folder; `:memory:` leaves nothing to read.
fn named_database(name: &str, data: &Path, system: &System) -> Option<Root> {
    let path = system.var(name).filter(|value| *value != ":memory:")?;
    Some(Root::new(data.join(path), format!("${name}")))
}

/// OpenCode's data folder.
pub fn data_root(system: &System) -> Root {
    let because = if system.path_var("XDG_DATA_HOME").is_some() {
        "$XDG_DATA_HOME"
    } else {
        "default"
    };
    Root::new(system.data_dir().join("opencode"), because)
}

/// Every place of OpenCode's own configuration, whether or not a file is there, in the order it merges them: later ones
/// win.
pub fn config_paths(system: &System) -> Vec<PathBuf> {
    const NAMES: [&str; 3] = ["config.json", "opencode.json", "opencode.jsonc"];
    let mut paths: Vec<PathBuf> = NAMES.map(|name| system.config_dir().join("opencode").join(name)).into();
    paths.extend(system.var("OPENCODE_CONFIG").map(PathBuf::from));
    if let Some(folder) = system.var("OPENCODE_CONFIG_DIR") {
        paths.extend(NAMES[1..].iter().map(|name| Path::new(folder).join(name)));
    }
    paths
}

/// What tells that OpenCode is installed: `database`, else `config`, else `auth file`.
pub fn installed(system: &System) -> Option<&'static str> {
    let data = data_root(system);
    let has_database = !list_databases(&data.path, super::OPENCODE.stem, &mut Vec::new()).is_empty()
        || named_database("OPENCODE_DB", &data.path, system).is_some_and(|root| root.exists);
    if has_database {
        Some("database")
    } else if config_paths(system).iter().any(|path| path.is_file()) {
        Some("config")
    } else if data.path.join("auth.json").is_file() {
        Some("auth file")
    } else {
        None
    }
}
