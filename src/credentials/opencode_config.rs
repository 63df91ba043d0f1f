//! Keys in OpenCode's configuration: literal, or named as `{env:NAME}` or `{file:…}`.

use super::Search;
use super::file::{CredentialFile, Object};
use crate::core::credential::{Content, Credential, Details, Fault, Kind, Rank, Secret};
use crate::system::System;
use crate::system::open::{self, Most};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

const SOURCE: &str = "opencode-config";
const RANK: Rank = Rank::OpencodeConfig;
const KIND: Kind = Kind::Api;
/// A file that holds a key and nothing else.
const MAX_KEY_BYTES: u64 = 64 << 10;

/// In OpenCode, later files override earlier ones, so this reads them in reverse. Leaves out project files: a checkout
/// must not bring in credentials.
pub(super) fn find(search: &Search<'_>, found: &mut Vec<Credential>) {
    for (file, folder) in read(search.system) {
        add(search, &file, &folder, found);
    }
}

/// Every file, the one that overrides the others first, with the folder that names in it are relative to.
pub(super) fn read(system: &System) -> Vec<(CredentialFile, PathBuf)> {
    let mut files = Vec::new();
    if let Some(content) = system.var("OPENCODE_CONFIG_CONTENT") {
        let file = CredentialFile {
            origin: "$OPENCODE_CONFIG_CONTENT".to_owned(),
            mode: None,
            is_empty: content.trim().is_empty(),
            root: Object::parse(content.as_bytes()),
        };
        files.push((file, system.config_dir().join("opencode")));
    }
    for path in paths(system) {
        if let Some(file) = CredentialFile::read(&path, system) {
            files.push((file, path.parent().map(PathBuf::from).unwrap_or_default()));
        }
    }
    files
}

fn paths(system: &System) -> Vec<PathBuf> {
    let in_folder = |folder: PathBuf| ["opencode.jsonc", "opencode.json", "config.json"].map(|name| folder.join(name));
    let mut paths = Vec::new();
    paths.extend(system.path_var("OPENCODE_CONFIG_DIR").into_iter().flat_map(in_folder));
    paths.extend(system.path_var("OPENCODE_CONFIG"));
    paths.extend(in_folder(system.config_dir().join("opencode")));
    paths
}

fn add(search: &Search<'_>, file: &CredentialFile, folder: &Path, found: &mut Vec<Credential>) {
    let root = match file.object("opencode", Kind::Unknown, SOURCE, RANK) {
        Ok(root) => root,
        Err(malformed) => return found.push(*malformed),
    };
    for (id, provider) in root.get("provider").and_then(Value::as_object).into_iter().flatten() {
        let Some(provider) = provider.as_object() else { continue };
        let options = provider.get("options").and_then(Value::as_object);
        for (object, key, entry) in [
            (options, "apiKey", format!("provider.{id}.options.apiKey")),
            (Some(provider), "key", format!("provider.{id}.key")),
        ] {
            let Some(value) = object.and_then(|object| written(object, key)) else {
                continue;
            };
            let resolved = resolve(value, folder, search.system);
            found.push(Credential {
                entry: Some(entry),
                is_secret_in_file: resolved.is_in_file,
                note: resolved.note,
                file_mode: resolved.mode.or(file.mode),
                details: Details {
                    variant: Some(id.clone()),
                    ..Details::default()
                },
                ..file.credential(search.owner(id, KIND), KIND, SOURCE, RANK, resolved.content)
            });
        }
    }
}

/// The text under a key, also when it is blank: a key that was meant to be there.
fn written<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str).map(str::trim)
}

/// Where a value leads.
struct Resolved {
    content: Content,
    /// Whether a file holds the secret, this one or the one it names.
    is_in_file: bool,
    mode: Option<u32>,
    /// The variable or file that is named.
    note: Option<String>,
}

fn resolve(value: &str, folder: &Path, system: &System) -> Resolved {
    let named = |kind: &str| value.strip_prefix(kind)?.strip_suffix('}').map(str::trim);
    if let Some(name) = named("{env:") {
        let secret = system.var(name).and_then(Secret::new);
        return Resolved {
            content: secret.map_or(Content::Malformed(Fault::EnvUnset), Content::Secret),
            is_in_file: false,
            mode: None,
            note: Some(format!("${name}")),
        };
    }
    if let Some(name) = named("{file:") {
        let path = folder.join(system.expand(name));
        let (content, mode) = read_key(&path);
        return Resolved {
            content,
            is_in_file: true,
            mode,
            note: Some(super::file::origin(&path, system)),
        };
    }
    Resolved {
        content: Content::of(Secret::new(value), false),
        is_in_file: true,
        mode: None,
        note: None,
    }
}

/// A file whose whole content is the key.
fn read_key(path: &Path) -> (Content, Option<u32>) {
    let unreadable = Content::Malformed(Fault::Unreadable);
    let Ok(metadata) = std::fs::metadata(path) else {
        return (unreadable, None);
    };
    let mode = super::file::mode(&metadata);
    match open::read_text(path, Most(MAX_KEY_BYTES)).map(zeroize::Zeroizing::new) {
        Ok(content) => (Content::of(Secret::new(&content), false), mode),
        Err(_) => (unreadable, mode),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::credential::State;
    use crate::system::Os;
    use std::collections::BTreeMap;

    fn find_in(home: &Path, env: &[(&str, &str)]) -> Vec<Credential> {
        let env: BTreeMap<_, _> = env
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let system = System::new(Os::Linux, home, env);
        let mut found = Vec::new();
        let search = Search {
            system: &system,
            wanted: &[],
            keychain: None,
        };
        find(&search, &mut found);
        found
    }

    #[test]
    fn a_named_file_is_read_beside_the_config() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join(".config/opencode");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("key.txt"), "s\n").expect("written");
        let config =
            r#"{"provider":{"a":{"options":{"apiKey":"{file:key.txt}"}},"b":{"key":"{file:~/none}"},"c":{"key":" "}}}"#;
        std::fs::write(folder.join("opencode.json"), config).expect("written");
        let found = find_in(home.path(), &[]);
        assert_eq!(found[0].state(0), State::NoExpiry);
        assert_eq!(found[0].origin, "~/.config/opencode/opencode.json");
        assert_eq!(found[0].note.as_deref(), Some("~/.config/opencode/key.txt"));
        assert!(matches!(found[1].content, Content::Malformed(Fault::Unreadable)));
        assert!(matches!(found[2].content, Content::Malformed(Fault::MissingSecret)));
    }

    #[test]
    fn the_content_in_a_variable_comes_before_the_files() {
        let home = tempfile::tempdir().expect("a folder");
        let content = r#"{"provider":{"x":{"options":{"apiKey":"{env:X_KEY}"}}}}"#;
        let found = find_in(home.path(), &[("OPENCODE_CONFIG_CONTENT", content), ("X_KEY", "s")]);
        assert_eq!(found[0].origin, "$OPENCODE_CONFIG_CONTENT");
        assert_eq!(found[0].note.as_deref(), Some("$X_KEY"));
        assert!(!found[0].is_exposed());
    }
}
