//! The project and parent of a session file, derived from its path.

use crate::system::open::{self, Most};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The projects that `projects.json` lists: `{"projects":{"/home/dev/acme-api":"acme-api"}}`.
#[derive(Default)]
pub(super) struct Projects {
    /// Names by path.
    projects: BTreeMap<String, String>,
    /// Paths by hash; most folders have names.
    hashes: OnceCell<BTreeMap<String, String>>,
    /// The list as it was read.
    text: String,
}

impl Projects {
    /// The list beside `tmp`; nothing where it is missing or damaged.
    pub(super) fn beside(tmp: &Path) -> Self {
        #[derive(Default, Deserialize)]
        struct List {
            projects: BTreeMap<String, String>,
        }
        let text = open::read(&tmp.with_file_name("projects.json"), Most::SETTINGS).unwrap_or_default();
        let List { projects } = serde_json::from_slice(&text).unwrap_or_default();
        Self {
            projects,
            hashes: OnceCell::new(),
            text: String::from_utf8_lossy(&text).into_owned(),
        }
    }

    /// The listed path with the name of this folder, or this hash. A hash that no known path has stays unresolved.
    fn path_of(&self, folder: &Path, hash: Option<&str>) -> Option<&str> {
        let name = folder.file_name()?.to_str()?;
        if let Some((path, _)) = self.projects.iter().find(|(_, known)| *known == name) {
            return Some(path);
        }
        let hashed = || self.projects.keys().map(|path| (hash_of(path), path.clone())).collect();
        let by_hash = self.hashes.get_or_init(hashed);
        let mut hashes = [Some(name), hash].into_iter().flatten();
        hashes.find_map(|hash| by_hash.get(hash)).map(String::as_str)
    }

    /// What is known of a project's path before its sessions are read: where the folder's name does not lead to it, a hash in
    /// a session may lead to any of the list.
    pub(super) fn known_of(&self, folder: &Path) -> Option<Cow<'_, str>> {
        let any = || (!self.projects.is_empty()).then_some(&*self.text);
        let listed = || self.path_of(folder, None).or_else(any).map(Cow::Borrowed);
        noted_in(folder).map(Cow::Owned).or_else(listed)
    }
}

/// The path that a project's folder notes itself.
fn noted_in(folder: &Path) -> Option<String> {
    open::read_path(&folder.join(".project_root"))
}

/// The path of the project of `tmp/<project>/chats/…`.
pub(super) fn of(session: &Path, hash: Option<&str>) -> Option<String> {
    let folder = session.ancestors().find(|folder| folder.ends_with("chats"))?.parent()?;
    noted_in(folder).or_else(|| {
        let projects = Projects::beside(folder.parent()?);
        projects.path_of(folder, hash).map(str::to_owned)
    })
}

/// The session that started a subagent: `chats/<its id>/<subagent>.jsonl`.
pub(super) fn parent_session(session: &Path) -> Option<String> {
    let folder = session.parent().filter(|folder| !folder.ends_with("chats"))?;
    folder.ancestors().find(|above| above.ends_with("chats"))?;
    Some(folder.file_name()?.to_str()?.to_owned())
}

fn hash_of(path: &str) -> String {
    Sha256::digest(path).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("text takes any text");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_project_by_file_name_or_hash_and_never_guesses() {
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path();
        let hash = hash_of("/home/dev/acme-api");
        assert_eq!(hash, "6689668a49dc648b376787d8cde1d55e418968e916b4efa79d849fba7fb28a1f");
        for project in ["acme", "rooted", "fork", &hash] {
            std::fs::create_dir_all(root.join("tmp").join(project).join("chats/0a")).expect("folders");
        }
        std::fs::write(
            root.join("projects.json"),
            r#"{"projects":{"/home/dev/acme-api":"acme"}}"#,
        )
        .expect("written");
        std::fs::write(root.join("tmp/rooted/.project_root"), "/home/dev/rooted\n").expect("written");
        let of = |project: &str, hash| of(&root.join("tmp").join(project).join("chats/0a/s.jsonl"), hash);
        assert_eq!(of("acme", None).as_deref(), Some("/home/dev/acme-api"));
        assert_eq!(of(&hash, None).as_deref(), Some("/home/dev/acme-api"));
        assert_eq!(of("fork", Some(&hash)).as_deref(), Some("/home/dev/acme-api"));
        assert_eq!(of("rooted", None).as_deref(), Some("/home/dev/rooted"));
        assert_eq!(of("fork", Some("00")), None);
    }

    #[test]
    fn a_folder_below_chats_names_the_parent() {
        assert_eq!(
            parent_session(Path::new("/t/p/chats/0a/s.jsonl")).as_deref(),
            Some("0a")
        );
        assert_eq!(parent_session(Path::new("/t/p/chats/s.jsonl")), None);
    }
}
