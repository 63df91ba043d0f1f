//! Cursor: conversations in the editor's database, of which only some replies have counts.

mod conversations;
mod live;
mod mark;
mod program;
mod survey;
mod workspace;

use super::{About, Agent, Batch, Bookmark, Found, Live, Root, Source};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::system::System;
use anyhow::Result;

const ID: &str = "cursor";
const RULES_VERSION: u32 = 2;
/// Kinds of sources: the database of all conversations, or that of a workspace, which holds their folders.
const CONVERSATIONS: u8 = 0;
const WORKSPACE: u8 = 1;
/// What names the folder of a workspace.
const FOLDER: u8 = 2;
const DATABASE: &str = "state.vscdb";

pub(super) struct Cursor;

impl Agent for Cursor {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Cursor"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["cursor", "cursor-agent"]),
            turns: "partial",
            limits: About::list(&[
                "input and output are stored for some replies only, cache and reasoning never: totals are a lower bound",
                "it is undocumented whether input covers one request or a complete turn, and whether it includes cached tokens",
                "in Auto mode the model is not recorded",
                "the cents that Cursor sums up by conversation and model (usageData) are not read: they do not tell what the plan includes",
                "cursor-agent stores no counts; only Cursor's servers have exact usage",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let user = || system.app_dir().join("Cursor").join("User");
        let user = system.moved.clone().unwrap_or_else(user);
        let (global, workspaces) = (user.join("globalStorage"), user.join("workspaceStorage"));
        found.roots.push(Root::new(&global, "default"));
        found.roots.push(Root::new(&workspaces, "default"));
        found.add_database(global.join(DATABASE), CONVERSATIONS);
        for workspace in Walk::default().folders(&workspaces, &mut found) {
            found.add_database(workspace.join(DATABASE), WORKSPACE);
            found.add_file(workspace.join("workspace.json"), FOLDER);
        }
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        match source.kind {
            WORKSPACE => workspace::read(source, into),
            FOLDER => workspace::read_folder(source, into),
            _ => conversations::read(source, from, into),
        }
    }

    fn live(&self) -> Option<Box<dyn Live + '_>> {
        Some(Box::new(live::LiveCursorCli))
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;
    use std::collections::BTreeMap;

    #[test]
    fn finds_its_databases_on_every_system() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = dir.path();
        for (os, folder) in [
            (Os::Linux, ".config"),
            (Os::MacOs, "Library/Application Support"),
            (Os::Windows, "AppData/Roaming"),
        ] {
            let user = home.join(folder).join("Cursor/User");
            for file in ["globalStorage", "workspaceStorage/0a", "workspaceStorage/0b"] {
                std::fs::create_dir_all(user.join(file)).expect("folders");
                std::fs::write(user.join(file).join(DATABASE), "").expect("a file");
            }
            std::fs::write(user.join("globalStorage/state.vscdb-wal"), "log").expect("a file");
            let found = Cursor.sources(&System::new(os, home, BTreeMap::new()));
            let kinds: Vec<_> = found
                .sources
                .iter()
                .map(|source| (source.kind, source.wal.size))
                .collect();
            assert_eq!(kinds, [(CONVERSATIONS, 3), (WORKSPACE, 0), (WORKSPACE, 0)]);
            assert!(found.sources.iter().all(|source| source.path.starts_with(&user)));
        }
    }
}
