//! Gemini CLI: one log per session, before that one JSON object per session, in a folder per project.

mod legacy;
mod live;
mod log;
mod message;
pub(in crate::agents) mod program;
mod project;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Live, Root, Source, openclaw};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::system::System;
use anyhow::Result;
use project::Projects;
use std::path::Path;

/// Its id in rows and folders.
const ID: &str = "gemini-cli";
/// Version of the reading rules.
const RULES_VERSION: u32 = 3;
/// Kinds of sources: an append-only log, or a whole session that is written anew with each message.
const LOG: u8 = 0;
const LEGACY: u8 = 1;
/// How deep subagents of subagents are looked for below `chats/`.
const CHATS_DEPTH: usize = 4;

pub(super) struct GeminiCli;

impl Agent for GeminiCli {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Gemini CLI"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["gemini"]),
            turns: "exact",
            limits: About::list(&[
                "failed and retried requests and utility calls (router, loop check, compression, next speaker) are not recorded: totals are a lower bound",
                "Gemini CLI sometimes deletes session files: sessions deleted before ttop read them are missing",
                "older versions record only a hash of the project: its path is known if projects.json lists it",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        // The variable moves the home that holds `.gemini`, not `.gemini` itself.
        let (home, because) = match system.path_var("GEMINI_CLI_HOME") {
            Some(home) => (home, "$GEMINI_CLI_HOME"),
            None => (system.home.clone(), "default"),
        };
        let mut walk = Walk::default();
        add_home(&home, because, &mut walk, &mut found);
        for home in openclaw::gemini_homes(system, &mut walk, &mut found) {
            add_home(&home, "OpenClaw", &mut walk, &mut found);
        }
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        if source.kind == LEGACY {
            legacy::read(source, into)
        } else {
            log::read(source, from, into)
        }
    }

    fn live(&self) -> Option<Box<dyn Live + '_>> {
        Some(Box::new(live::LiveGeminiCli))
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

/// Adds the chats of a home.
fn add_home(home: &Path, because: &'static str, walk: &mut Walk, found: &mut Found) {
    let root = home.join(".gemini").join("tmp");
    found.roots.push(Root::new(&root, because));
    found.watch_list_in(&home.join(".gemini"));
    let projects = Projects::beside(&root);
    for project in walk.folders(&root, found) {
        let known = projects.known_of(&project);
        for path in walk.files(&project.join("chats"), CHATS_DEPTH, found) {
            // The exact ending: `x.jsonl.tmp-4711` and `x.jsonl.unreadable-1772442000000` are rewrites.
            let kind = match path.extension().and_then(|ending| ending.to_str()) {
                Some("jsonl") => LOG,
                Some("json") => LEGACY,
                _ => continue,
            };
            if let Some(source) = found.add_file(path, kind) {
                source.set_list_entry(known.as_deref());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;
    use std::collections::BTreeMap;
    use std::path::Path;

    fn sources(os: Os, home: &Path, env: &[(&str, &Path)]) -> Vec<String> {
        let env: BTreeMap<_, _> = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.display().to_string()))
            .collect();
        let found = GeminiCli.sources(&System::new(os, home, env));
        assert!(found.problems.is_empty());
        let name = |source: &Source| source.path.file_name().expect("a name").to_string_lossy().into_owned();
        found.sources.iter().map(name).collect()
    }

    #[test]
    fn looks_only_below_chats_on_every_system() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = dir.path();
        for file in [
            ".gemini/tmp/p/chats/session-1.jsonl",
            ".gemini/tmp/p/chats/session-1.json",
            ".gemini/tmp/p/chats/session-1.jsonl.tmp-7",
            ".gemini/tmp/p/chats/session-1.jsonl.unreadable-7",
            ".gemini/tmp/p/chats/0a/sub.jsonl",
            ".gemini/tmp/p/logs.json",
            ".gemini/tmp/p/logs/x.jsonl",
            "elsewhere/.gemini/tmp/q/chats/moved.jsonl",
            ".openclaw/agents/main/agent/google-gemini-cli-home/profiles/0a1b/.gemini/tmp/r/chats/asked.jsonl",
        ] {
            let path = home.join(file);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(path, "").expect("a file");
        }
        for os in [Os::Linux, Os::MacOs, Os::Windows] {
            let usual = ["sub.jsonl", "session-1.json", "session-1.jsonl", "asked.jsonl"];
            assert_eq!(sources(os, home, &[]), usual);
            let moved = home.join("elsewhere");
            assert_eq!(
                sources(os, home, &[("GEMINI_CLI_HOME", &moved)]),
                ["moved.jsonl", "asked.jsonl"]
            );
        }
    }
}
