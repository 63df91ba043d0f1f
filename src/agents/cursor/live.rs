//! Cursor's command line while it runs: transcripts without times, so their time of change has to do.

use crate::agents::Agent;
use crate::agents::shared::lenient::{Text, part};
use crate::agents::shared::listings::Inventory;
use crate::agents::shared::live::content::{blocks, text_of};
use crate::agents::shared::live::story::Story;
use crate::agents::shared::live::transcripts::{Origin, Transcripts};
use crate::agents::shared::source::{Found, Root};
use crate::core::process::{End, Message};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Cursor's command line while it runs.
pub(super) struct LiveCursorCli;

impl Transcripts for LiveCursorCli {
    fn agent(&self) -> &dyn Agent {
        &super::Cursor
    }

    /// `~/.cursor/projects/<folder>/agent-transcripts/<chat>/<chat>.jsonl`, before that without the chat's folder.
    fn found(&self, inventory: &Inventory<'_>) -> Arc<Found> {
        let entries = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten();
        let root = inventory.home.join(".cursor/projects");
        let mut found = Found::default();
        let folders = entries(root.clone()).map(|project| project.path().join("agent-transcripts"));
        for entry in folders.flat_map(entries) {
            let path = entry.path();
            match self.is_transcript(&path) {
                true => found.add_file(path, 0),
                false => found.add_file(path.join(entry.file_name()).with_extension("jsonl"), 0),
            };
        }
        found.roots.push(Root::new(root, "default"));
        Arc::new(found)
    }

    fn is_transcript(&self, path: &Path) -> bool {
        path.extension().is_some_and(|ending| ending == "jsonl")
    }

    fn origin(&self, path: &Path, _: &str, folders: &[PathBuf]) -> Option<Origin> {
        let project = path
            .ancestors()
            .find(|folder| folder.ends_with("agent-transcripts"))?
            .parent()?;
        let encoded = project.file_name()?.to_str()?.trim_matches('-');
        Some(Origin {
            id: path.file_stem()?.to_str()?.to_owned(),
            folder: folders.iter().find(|folder| encode(folder) == encoded).cloned(),
            created_at: None,
            is_run: false,
        })
    }

    fn tell(&self, record: &str, modified: i64, story: &mut Story) {
        let Ok(record) = serde_json::from_str::<Record>(record) else {
            return;
        };
        let Some(role) = record.role else { return };
        let message: Said = part(record.message).unwrap_or_default();
        let is_user = &*role == "user";
        if is_user {
            story.prompted(modified);
        } else {
            // Whether it goes on is not recorded: it does while the file is written to.
            story.ended(modified, End::ToolCalls);
        }
        story.said(Message {
            role: role.to_string(),
            text: text_of(&blocks(message.content)),
            ..Message::default()
        });
    }
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    role: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

/// `/home/dev/acme-api` → `home-dev-acme-api`
fn encode(folder: &Path) -> String {
    let text = folder.to_string_lossy();
    let encoded: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    encoded.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::process::{Facts, Last};
    use crate::system::System;

    fn facts(records: &[&str]) -> Facts {
        let mut story = Story::default();
        for record in records {
            LiveCursorCli.tell(record, 7, &mut story);
        }
        story.into_facts()
    }

    #[test]
    fn the_newest_role_is_all_that_is_known() {
        let user = r#"{"role":"user","message":{"content":[{"type":"text","text":"go"}]}}"#;
        let reply = r#"{"role":"assistant","message":{"content":[{"type":"text","text":"ok"}]}}"#;
        assert_eq!(facts(&[user]).last, Some(Last::Asked { at: 7 }));
        let at = Last::Ended {
            at: 7,
            how: End::ToolCalls,
        };
        assert_eq!(facts(&[user, reply, "{"]).last, Some(at));
    }

    #[test]
    fn finds_both_layouts_and_the_folder_among_those_in_question() {
        let dir = tempfile::tempdir().expect("a folder");
        let system = System::new(crate::system::Os::Linux, dir.path(), Default::default());
        let chats = dir.path().join(".cursor/projects/w-my-api/agent-transcripts");
        std::fs::create_dir_all(chats.join("b")).expect("folders");
        std::fs::write(chats.join("a.jsonl"), "").expect("written");
        std::fs::write(chats.join("b/b.jsonl"), "").expect("written");
        let found = LiveCursorCli
            .found(&Inventory::alone(&system))
            .sources
            .clone()
            .into_iter();
        let mut files: Vec<PathBuf> = found.map(|source| source.path).collect();
        files.sort();
        assert_eq!(files, [chats.join("a.jsonl"), chats.join("b/b.jsonl")]);
        let folders = [PathBuf::from("/w/other"), PathBuf::from("/w/my-api")];
        let origin = LiveCursorCli.origin(&files[1], "", &folders).expect("an origin");
        assert_eq!(
            (origin.id.as_str(), origin.folder),
            ("b", Some(PathBuf::from("/w/my-api")))
        );
    }
}
