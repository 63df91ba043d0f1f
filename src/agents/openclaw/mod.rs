//! OpenClaw: a gateway of assistants built on Pi, which writes their sessions as Pi does.

mod database;
mod program;

use super::pi::session::{self, State};
use super::{About, Agent, Batch, Bookmark, Found, Root, Scope, Source};
use crate::agents::shared::jsonl_reader::Line;
use crate::agents::shared::lenient::{lossy, reason};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::torn_line;
use crate::agents::shared::walk::Walk;
use crate::agents::shared::zstd::{MOST_BYTES, unpack};
use crate::core::problem::Problem;
use crate::core::turn::Presence;
use crate::system::{System, open};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

const ID: &str = "openclaw";
/// Kinds of sources: a log, a compressed one, the database of an agent.
const LOG: u8 = 0;
const PACKED: u8 = 1;
const DATABASE: u8 = 2;
/// Its folder in the home, and those of the names it had before.
const FOLDERS: [&str; 4] = [".openclaw", ".clawdbot", ".moltbot", ".moldbot"];

pub(super) struct OpenClaw;

impl Agent for OpenClaw {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "OpenClaw"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["openclaw"]),
            turns: "exact",
            limits: About::list(&["before 2026 reasoning is included in output and not recorded separately"]),
            rules_version: session::RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let mut walk = Walk::default();
        for root in roots(system) {
            for agent in walk.folders(&root.path, &mut found) {
                for path in walk.files(&agent.join("sessions"), 0, &mut found) {
                    if let Some(kind) = path.file_name().and_then(|name| name.to_str()).and_then(kind_of) {
                        found.add_file(path, kind);
                    }
                }
                found.add_database(agent.join("agent/openclaw-agent.sqlite"), DATABASE);
            }
            found.roots.push(root);
        }
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        match source.kind {
            DATABASE => database::read(source, into),
            PACKED => read_packed(source, into),
            _ => session::read(ID, source, from, into),
        }
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&super::pi::KNOWN)
    }
}

/// The homes that it gives to Gemini CLI, one for each login.
pub(super) fn gemini_homes(system: &System, walk: &mut Walk, found: &mut Found) -> Vec<PathBuf> {
    let mut homes = Vec::new();
    for root in roots(system) {
        for agent in walk.folders(&root.path, found) {
            homes.extend(walk.folders(&agent.join("agent/google-gemini-cli-home/profiles"), found));
        }
    }
    homes
}

/// Reads a compressed log whole.
fn read_packed(source: &Source, into: &mut Batch) -> Result<Bookmark> {
    let describe = || format!("could not read {}", source.path.display());
    let (file, _) = open::open(&source.path).with_context(describe)?;
    let text = unpack(file, MOST_BYTES).with_context(|| source.path.display().to_string())?;
    let (mut state, mut offset) = (State::default(), 0);
    for (number, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let read = torn_line::read(line.trim_ascii(), |record, at| {
            let (text, offset) = (lossy(record), offset + at as u64);
            if text.is_empty() {
                return Ok(());
            }
            let read = state.read(ID, &source.path, &Line { text: &text, offset }, into);
            read.map_err(|error| reason(&error))
        });
        if let Err(reason) = read {
            let place = format!("{}:{}", source.path.display(), number + 1);
            into.problem(Problem::new(place, reason));
        }
        offset += line.len() as u64;
    }
    into.replace(Scope::Source, Presence::Gone);
    Ok(Bookmark::read_whole(source, session::RULES_VERSION))
}

/// One folder where a variable names it, else those of all its names and of its profiles; the old ones are often links to
/// the new one.
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
    let profiles = profiles(&home).into_iter().map(|agents| Root::new(agents, "a profile"));
    FOLDERS.iter().map(root).chain(profiles).collect()
}

/// `--profile work` keeps everything in `~/.openclaw-work`, `--dev` in `~/.openclaw-dev`.
fn profiles(home: &Path) -> Vec<PathBuf> {
    let is_profile = |name: &str| name.starts_with(".openclaw-");
    let entries = std::fs::read_dir(home).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_profile))
        .map(|entry| entry.path().join("agents"))
        .filter(|agents| agents.is_dir())
        .collect();
    folders.sort();
    folders
}

/// `<id>.jsonl`, and what it is renamed to when a session is deleted or begun anew; not its companions.
fn kind_of(name: &str) -> Option<u8> {
    let (stem, ending) = name.split_once(".jsonl")?;
    let (ending, kind) = match ending.strip_suffix(".zst") {
        Some(ending) => (ending, PACKED),
        None => (ending, LOG),
    };
    let is_log = ending.is_empty() || ending.starts_with(".deleted.") || ending.starts_with(".reset.");
    // Trajectories and checkpoints repeat a session.
    (is_log && !stem.ends_with(".trajectory")).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;

    #[test]
    fn distinguishes_sessions_from_their_companions() {
        for name in [
            "a.jsonl",
            "a.jsonl.deleted.2026-04-13T00-53-49.392Z",
            "a.jsonl.reset.2026",
        ] {
            assert_eq!(kind_of(name), Some(LOG), "{name}");
        }
        assert_eq!(kind_of("a.jsonl.deleted.2026.zst"), Some(PACKED));
        for name in ["sessions.json", "a.jsonl.lock", "a.trajectory.jsonl", "a.json"] {
            assert_eq!(kind_of(name), None, "{name}");
        }
    }

    #[test]
    fn honors_its_variables_on_every_system() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = dir.path();
        for folder in [".openclaw", ".clawdbot", "state", "home/.openclaw", ".openclaw-work"] {
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
            assert_eq!(count(os, &[]), (5, 3));
            assert_eq!(count(os, &[("OPENCLAW_HOME", "home")]), (4, 1));
            assert_eq!(
                count(os, &[("OPENCLAW_HOME", "home"), ("OPENCLAW_STATE_DIR", "state")]),
                (1, 1)
            );
        }
    }
}
