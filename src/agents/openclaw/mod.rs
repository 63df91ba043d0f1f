//! OpenClaw: a gateway of assistants built on Pi, which writes their sessions as Pi does.

use super::pi::session;
use super::{About, Agent, Batch, Bookmark, Found, Root, Source};
use crate::agents::shared::walk::Walk;
use crate::system::System;
use anyhow::Result;
use std::path::PathBuf;

const ID: &str = "openclaw";
/// Its folder in the home, and those of the names it had before.
const FOLDERS: [&str; 4] = [".openclaw", ".clawdbot", ".moltbot", ".moldbot"];

pub struct OpenClaw;

impl Agent for OpenClaw {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "OpenClaw"
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["openclaw"]),
            turns: "exact",
            limits: About::list(&[
                "reasoning is included in output and not recorded separately",
                "archived sessions are read unless they are compressed",
            ]),
            rules_version: session::RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let mut walk = Walk::default();
        for root in roots(system) {
            for agent in walk.folders(&root.path, &mut found) {
                for path in walk.files(&agent.join("sessions"), 0, &mut found) {
                    if path.file_name().and_then(|name| name.to_str()).is_some_and(is_session) {
                        found.add_file(path, 0);
                    }
                }
            }
            found.roots.push(root);
        }
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        session::read(ID, source, from, into)
    }
}

/// One folder where a variable says so, else those of all its names; the old ones are often links to the new one.
fn roots(system: &System) -> Vec<Root> {
    for name in ["OPENCLAW_STATE_DIR", "CLAWDBOT_STATE_DIR"] {
        if let Some(folder) = system.path_var(name) {
            return vec![Root::new(folder.join("agents"), format!("${name}"))];
        }
    }
    let (home, because): (PathBuf, _) = match system.path_var("OPENCLAW_HOME") {
        Some(home) => (home, "$OPENCLAW_HOME"),
        None => (system.home.clone(), "default"),
    };
    let root = |folder| Root::new(home.join(folder).join("agents"), because);
    FOLDERS.iter().map(root).collect()
}

/// `<id>.jsonl`, and what it is renamed to when a session is deleted or begun anew; not its companions.
fn is_session(name: &str) -> bool {
    let Some((stem, ending)) = name.split_once(".jsonl") else {
        return false;
    };
    let is_archive = (ending.starts_with(".deleted.") || ending.starts_with(".reset.")) && !ending.ends_with(".zst");
    !stem.ends_with(".trajectory") && (ending.is_empty() || is_archive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;

    #[test]
    fn tells_sessions_from_their_companions() {
        for name in [
            "a.jsonl",
            "a.jsonl.deleted.2026-04-13T00-53-49.392Z",
            "a.jsonl.reset.2026",
        ] {
            assert!(is_session(name), "{name}");
        }
        for name in [
            "sessions.json",
            "a.jsonl.lock",
            "a.trajectory.jsonl",
            "a.jsonl.deleted.2026.zst",
            "a.json",
        ] {
            assert!(!is_session(name), "{name}");
        }
    }

    #[test]
    fn honors_its_variables_on_every_system() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = dir.path();
        for folder in [".openclaw", ".clawdbot", "state", "home/.openclaw"] {
            let sessions = home.join(folder).join("agents/main/sessions");
            std::fs::create_dir_all(&sessions).expect("folders");
            std::fs::write(sessions.join("s.jsonl"), "").expect("a file");
        }
        let count = |os, env: &[(&str, &str)]| {
            let value = |(name, value): &(&str, &str)| ((*name).to_owned(), home.join(value).display().to_string());
            let found = OpenClaw.sources(&System::new(os, home, env.iter().map(value).collect()));
            (found.roots.len(), found.sources.len())
        };
        for os in [Os::Linux, Os::MacOs, Os::Windows] {
            assert_eq!(count(os, &[]), (4, 2));
            assert_eq!(count(os, &[("OPENCLAW_HOME", "home")]), (4, 1));
            assert_eq!(
                count(os, &[("OPENCLAW_HOME", "home"), ("OPENCLAW_STATE_DIR", "state")]),
                (1, 1)
            );
        }
    }
}
