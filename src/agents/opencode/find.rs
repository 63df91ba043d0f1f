//! Where OpenCode, or an agent that kept its storage, leaves records and configuration.

use super::{Family, json};
use crate::agents::shared::source::{Found, Root, Source};
use crate::core::problem::Problem;
use crate::system::System;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Kinds of sources.
pub(super) const DATABASE: u8 = 0;
pub(super) const STORAGE: u8 = 1;

/// Every database and the `storage/` folder. Which channel is in use cannot be known, so all databases are read.
pub(super) fn find_sources(family: &Family, system: &System) -> Found {
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
    let storage = json::find(&root.path.join("storage"), STORAGE, &mut found.problems);
    found.sources.extend(storage);
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
pub(super) fn data_root(system: &System) -> Root {
    if let Some(moved) = &system.moved {
        return Root::new(moved, "config");
    }
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

/// Evidence that OpenCode is installed: `database`, else `config`, else `auth file`.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;

    fn system(home: &Path, env: &[(&str, &str)]) -> System {
        let env = env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        System::new(Os::Linux, home, env.collect())
    }

    #[test]
    fn config_files_come_in_the_order_they_are_merged() {
        let env = [("OPENCODE_CONFIG", "/a/mine.json"), ("OPENCODE_CONFIG_DIR", "/b")];
        let paths = config_paths(&system(Path::new("/home/dev"), &env));
        let shown: Vec<_> = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let expected = [
            "/home/dev/.config/opencode/config.json",
            "/home/dev/.config/opencode/opencode.json",
            "/home/dev/.config/opencode/opencode.jsonc",
            "/a/mine.json",
            "/b/opencode.json",
            "/b/opencode.jsonc",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_database_precedes_a_config_and_that_an_auth_file() {
        let dir = tempfile::tempdir().expect("a folder");
        let write = |path: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(path, "").expect("written");
        };
        let installed = || installed(&system(dir.path(), &[]));
        assert_eq!(installed(), None);
        write(".local/share/opencode/auth.json");
        assert_eq!(installed(), Some("auth file"));
        write(".config/opencode/opencode.jsonc");
        assert_eq!(installed(), Some("config"));
        write(".local/share/opencode/opencode-dev.db");
        assert_eq!(installed(), Some("database"));
    }
}
