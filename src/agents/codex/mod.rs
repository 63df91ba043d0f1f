//! Codex: rollout files in JSONL, of the command line program, the app and the editor extensions.

mod limits;
mod lineage;
mod live;
mod meta;
mod names;
mod program;
mod record;
mod rollout;
mod survey;
mod thread;
mod unnamed;
mod usage;

use super::{About, Agent, Batch, Bookmark, Found, Live, Root, Source};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::core::problem::Problem;
use crate::system::System;
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};

pub(super) struct Codex;

const RULES_VERSION: u32 = 13;

/// Kinds of sources.
const ROLLOUT: u8 = 0;
const INDEX: u8 = 1;
const DATABASE: u8 = 2;
/// Found, but not read.
const OTHER: u8 = 3;

impl Agent for Codex {
    fn id(&self) -> &'static str {
        "codex"
    }

    fn name(&self) -> &'static str {
        "Codex"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["codex"]),
            turns: "exact",
            limits: About::list(&[
                "sessions started with --ephemeral are not written to disk",
                "requests for thread names and interrupted streams are not written to disk",
                "images that a model made are billed by what is not recorded: the cost is a lower bound",
                "old rollouts without a turn_context do not name their model",
                "versions before about 0.131 copy the parent's records into a fork; without turn ids or the parent's \
                 file, ttop treats records written at once as the copy",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let mut walk = Walk::default();
        for (home, because) in homes(system) {
            let root = Root::new(home, because);
            if root.exists {
                for store in ["sessions", "archived_sessions"] {
                    walk.find(&root.path.join(store), &rollout_kind, &mut found);
                }
                found
                    .sources
                    .extend(Source::find(root.path.join("session_index.jsonl"), INDEX));
                found
                    .sources
                    .extend(newest_database(&root.path).and_then(|path| Source::find_database(path, DATABASE)));
            }
            found.roots.push(root);
        }
        for source in found.sources.iter().filter(|source| source.kind == OTHER) {
            let reason = "only rollouts whose names end in .jsonl or .jsonl.zst are read";
            found.problems.push(Problem::new(source.path.display(), reason));
        }
        found.sources.retain(|source| source.kind != OTHER);
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        match source.kind {
            INDEX => names::read_index(source, from, into, RULES_VERSION),
            DATABASE => names::read_database(source, into, RULES_VERSION),
            _ => rollout::read(source, from, into, RULES_VERSION),
        }
    }

    fn live(&self) -> Option<Box<dyn Live + '_>> {
        Some(Box::new(live::LiveCodex))
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

/// The program itself takes one folder; a list is a convention of its readers.
fn homes(system: &System) -> Vec<(PathBuf, &'static str)> {
    if let Some(moved) = &system.moved {
        return vec![(moved.clone(), "config")];
    }
    match system.var("CODEX_HOME") {
        Some(list) => {
            let folders = list.split(',').map(str::trim).filter(|folder| !folder.is_empty());
            folders.map(|folder| (system.expand(folder), "$CODEX_HOME")).collect()
        }
        None => vec![(system.home.join(".codex"), "default")],
    }
}

fn rollout_kind(path: &Path) -> Option<u8> {
    let name = path.file_name()?.to_str()?;
    if !name.starts_with("rollout-") {
        None
    } else if name.ends_with(".jsonl") || name.ends_with(".jsonl.zst") {
        Some(ROLLOUT)
    } else {
        name.contains(".jsonl.").then_some(OTHER)
    }
}

/// `state_<n>.sqlite` of the highest number: a new layout is a new file.
fn newest_database(home: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(home).ok()?;
    let numbered = entries.flatten().filter_map(|entry| {
        let name = entry.file_name();
        let number = name.to_str()?.strip_prefix("state_")?.strip_suffix(".sqlite")?;
        Some((number.parse::<u32>().ok()?, entry.path()))
    });
    numbered.max().map(|(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;
    use std::collections::BTreeMap;

    #[test]
    fn finds_active_and_archived_rollouts_the_index_and_the_newest_database() {
        let dir = tempfile::tempdir().expect("a folder");
        for path in [
            "sessions/2026/03/02/rollout-a.jsonl",
            "sessions/2026/03/02/rollout-b.jsonl.zst",
            "sessions/2026/03/02/rollout-a.jsonl.bak",
            "sessions/2026/03/02/rollout-d.jsonl.gz",
            "sessions/2026/03/02/notes.jsonl",
            "archived_sessions/rollout-c.jsonl",
            "session_index.jsonl",
            "state_4.sqlite",
            "state_11.sqlite",
            "state_x.sqlite",
        ] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, "").expect("written");
        }
        let list = format!("{}, /nowhere/at/all", dir.path().display());
        let system = System::new(Os::Linux, "/home/dev", BTreeMap::from([("CODEX_HOME".into(), list)]));
        let found = Codex.sources(&system);
        let mut names: Vec<_> = found
            .sources
            .iter()
            .map(|source| {
                (
                    source.kind,
                    source
                        .path
                        .strip_prefix(dir.path())
                        .expect("below")
                        .display()
                        .to_string(),
                )
            })
            .collect();
        names.sort();
        let expected = [
            (ROLLOUT, "archived_sessions/rollout-c.jsonl"),
            (ROLLOUT, "sessions/2026/03/02/rollout-a.jsonl"),
            (ROLLOUT, "sessions/2026/03/02/rollout-b.jsonl.zst"),
            (INDEX, "session_index.jsonl"),
            (DATABASE, "state_11.sqlite"),
        ];
        assert_eq!(names, expected.map(|(kind, name)| (kind, name.to_owned())));
        let mut reasons: Vec<_> = found.problems.iter().map(|problem| problem.reason.as_str()).collect();
        reasons.sort_unstable();
        let expected = ["only rollouts whose names end in .jsonl or .jsonl.zst are read"; 2];
        assert_eq!((reasons.as_slice(), found.roots.len()), (&expected[..], 2));
        assert_eq!(
            homes(&System::new(Os::Linux, "/home/dev", BTreeMap::new()))[0].0,
            Path::new("/home/dev/.codex")
        );
    }
}
