//! GitHub Copilot CLI: an event log per session, with exact counts only where a segment was shut down in order.

mod events;
mod live;
mod origin;
mod program;
mod record;
mod segment;
mod survey;
mod usage;
mod workspace;

use super::{About, Agent, Batch, Bookmark, Found, Live, Root, Source};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::system::System;
use anyhow::Result;

const ID: &str = "copilot-cli";
const RULES_VERSION: u32 = 6;
/// Kinds of sources: an event log, or the description of its workspace.
const EVENTS: u8 = 0;
const WORKSPACE: u8 = 1;

pub struct CopilotCli;

impl Agent for CopilotCli {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Copilot CLI"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["copilot"]),
            turns: "exact",
            limits: About::list(&[
                "before 1.0.102 counts are written once per model when the session ends: turns of a running or crashed session have output only, and those of 1.0.80 to 1.0.92 nothing",
                "before 1.0.102 a row covers several requests, so price tiers by request size do not apply, and keys of another provider are not recorded",
                "sessions of 2025 in history-session-state/*.json contain no counts",
                "requests that /rewind took back are no longer in the log: they count if ttop read it before; session-store.db is not read",
                "premium requests are a separate billing unit and are not converted to dollars",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let (home, because) = match system.path_var("COPILOT_HOME") {
            Some(home) => (home, "$COPILOT_HOME"),
            None => (system.home.join(".copilot"), "default"),
        };
        let mut walk = Walk::default();
        for name in ["session-state", "history-session-state"] {
            let root = home.join(name);
            found.roots.push(Root::new(&root, because));
            for path in walk.files(&root, 1, &mut found) {
                let is_flat = path.parent() == Some(&root);
                let kind = match path.file_name().and_then(|name| name.to_str()) {
                    Some("events.jsonl") => EVENTS,
                    Some("workspace.yaml") => WORKSPACE,
                    // Before each session had a folder.
                    Some(name) if is_flat && name.ends_with(".jsonl") => EVENTS,
                    _ => continue,
                };
                found.add_file(path, kind);
            }
        }
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        if source.kind == WORKSPACE {
            workspace::read(source, into)
        } else {
            events::read(source, from, into)
        }
    }

    fn live(&self) -> Option<Box<dyn Live + '_>> {
        Some(Box::new(live::LiveCopilotCli))
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
    fn finds_folders_and_flat_logs_on_every_system() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = dir.path();
        for file in [
            ".copilot/session-state/0a/events.jsonl",
            ".copilot/session-state/0a/workspace.yaml",
            ".copilot/session-state/0a/files/events.jsonl",
            ".copilot/session-state/0a/other.jsonl",
            ".copilot/session-state/0b.jsonl",
            ".copilot/history-session-state/0c.jsonl",
            ".copilot/history-session-state/0d.json",
            ".copilot/otel/0e.jsonl",
            "moved/session-state/0f/events.jsonl",
        ] {
            let path = home.join(file);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(path, "").expect("a file");
        }
        let found = |os, env: BTreeMap<String, String>| {
            let found = CopilotCli.sources(&System::new(os, home, env));
            let name = |source: &Source| source.path.strip_prefix(home).expect("below").display().to_string();
            found.sources.iter().map(name).collect::<Vec<_>>()
        };
        for os in [Os::Linux, Os::MacOs, Os::Windows] {
            assert_eq!(found(os, BTreeMap::new()).len(), 4);
            let env = [("COPILOT_HOME".to_owned(), home.join("moved").display().to_string())];
            assert_eq!(found(os, env.into()).len(), 1);
        }
    }
}
