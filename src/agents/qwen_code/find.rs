//! Finds the chats of Qwen Code, archived ones too, and the lists of its requests.

use crate::agents::shared::moved;
use crate::agents::shared::source::meta_path;
use crate::agents::shared::walk::Walk;
use crate::agents::{Found, Root};
use crate::system::System;
use std::path::PathBuf;

const SETTINGS: &str = "settings.json";
/// Kinds of sources: the log of a session, that of a subagent, and the list of all requests.
pub(super) const CHAT: u8 = 0;
pub(super) const SUBAGENT: u8 = 1;
pub(super) const LEDGER: u8 = 2;

pub(super) fn sources(system: &System) -> Found {
    let mut found = Found::default();
    let homes = homes(system, &mut found);
    for (home, because) in &homes {
        found.roots.push(Root::new(home.join("projects"), *because));
        found.roots.push(Root::new(home.join("usage"), *because));
    }
    let mut walk = Walk::default();
    for (home, _) in &homes {
        for project in walk.folders(&home.join("projects"), &mut found) {
            let chats = project.join("chats");
            for folder in [chats.join("archive"), chats] {
                for path in walk.files(&folder, 0, &mut found) {
                    if path.extension().is_some_and(|ending| ending == "jsonl") {
                        found.add_file(path, CHAT);
                    }
                }
            }
            for path in walk.files(&project.join("subagents"), 1, &mut found) {
                if path.extension().is_some_and(|ending| ending == "jsonl") {
                    let meta = meta_path(&path);
                    found.add_described(path, SUBAGENT, &[meta]);
                }
            }
        }
    }
    // Behind the logs: whoever reads both at once finds each request in its log first.
    for (home, _) in &homes {
        for path in walk.files(&home.join("usage"), 0, &mut found) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with("token-usage-") && name.ends_with(".jsonl") {
                found.add_file(path, LEDGER);
            }
        }
    }
    found
}

/// The folders that hold records, and what leads there. Where settings move the records, earlier ones stay in the home.
fn homes(system: &System, found: &mut Found) -> Vec<(PathBuf, &'static str)> {
    if let Some(runtime) = system.path_var("QWEN_RUNTIME_DIR") {
        return vec![(runtime, "$QWEN_RUNTIME_DIR")];
    }
    let (home, because) = match system.path_var("QWEN_HOME") {
        Some(home) => (home, "$QWEN_HOME"),
        None => (system.home.join(".qwen"), "default"),
    };
    let moved = moved::by_json(system, &home.join(SETTINGS), "/advanced/runtimeOutputDir", found);
    let moved = moved.filter(|folder| *folder != home).map(|folder| (folder, SETTINGS));
    std::iter::once((home, because)).chain(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;

    #[test]
    fn honors_its_variables_on_every_system() {
        let dir = tempfile::tempdir().expect("a folder");
        for root in [".qwen", "home", "runtime"] {
            let chats = dir.path().join(root).join("projects/p/chats");
            std::fs::create_dir_all(&chats).expect("folders");
            std::fs::write(chats.join(format!("{root}.jsonl")), "").expect("a file");
            std::fs::write(chats.join("other.json"), "").expect("a file");
        }
        let names = |os, variables: &[&str]| {
            let value = |name: &&str| {
                dir.path()
                    .join(name[5..].split('_').next().expect("a word").to_lowercase())
            };
            let env = variables
                .iter()
                .map(|name| ((*name).to_owned(), value(name).display().to_string()));
            let found = sources(&System::new(os, dir.path(), env.collect()));
            assert_eq!(found.sources.len(), 1);
            found.sources[0]
                .path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        };
        for os in [Os::Linux, Os::MacOs, Os::Windows] {
            assert_eq!(names(os, &[]), ".qwen");
            assert_eq!(names(os, &["QWEN_HOME"]), "home");
            assert_eq!(names(os, &["QWEN_HOME", "QWEN_RUNTIME_DIR"]), "runtime");
        }
    }
}
