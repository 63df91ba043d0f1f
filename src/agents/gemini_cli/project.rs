//! The project and parent of a session file, derived from its path.

use crate::system::open::{self, Most};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// `{"projects":{"/home/dev/acme-api":"acme-api"}}`.
#[derive(Default, Deserialize)]
struct Projects {
    projects: BTreeMap<String, String>,
}

/// The path of the project of `tmp/<project>/chats/…`: the content of `.project_root`, else the path in `projects.json`
/// with this short name or this hash. A hash that no known path has stays unresolved.
pub(super) fn of(session: &Path, hash: Option<&str>) -> Option<String> {
    let folder = session.ancestors().find(|folder| folder.ends_with("chats"))?.parent()?;
    if let Some(path) = open::read_path(&folder.join(".project_root")) {
        return Some(path);
    }
    let name = folder.file_name()?.to_str()?;
    let known = open::read(&folder.parent()?.parent()?.join("projects.json"), Most::SETTINGS).ok()?;
    let Projects { projects } = serde_json::from_slice(&known).unwrap_or_default();
    let by_name = projects.iter().find(|(_, short)| *short == name);
    let found = by_name.or_else(|| {
        projects.iter().find(|(path, _)| {
            let sum = hash_of(path);
            sum == name || Some(sum.as_str()) == hash
        })
    });
    found.map(|(path, _)| path.clone())
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
