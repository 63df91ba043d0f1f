//! Pi and programs made from it: a tree of entries per session, in which every branch was paid for.

mod program;
mod request;
mod survey;
mod usage;

pub(super) mod session;

pub(super) use survey::KNOWN;

use super::{About, Agent, Batch, Bookmark, Found, Root, Source};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::moved;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::system::System;
use anyhow::Result;
use std::path::Path;

const ID: &str = "pi";
const SETTINGS: &str = "settings.json";
/// Names the folder of the sessions, before the settings do; also of Oh My Pi.
const SESSION_DIR: &str = "PI_CODING_AGENT_SESSION_DIR";

/// Programs made from Pi that write as it does: folder in the home, sessions below it and in each profile, name.
const RELATIVES: [(&str, &str, &str); 5] = [
    (".omp", "agent/sessions", "Oh My Pi"),
    (".prime", "agent/sessions", "Prime"),
    (".senpi", "agent/sessions", "Senpi"),
    (".gjc", "agent/sessions", "gjc"),
    (".config/kimchi", "harness/sessions", "Kimchi"),
];

pub(super) struct Pi;

impl Agent for Pi {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Pi"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["pi", "omp"]),
            turns: "exact",
            limits: About::list(&[
                "before 1.6 reasoning is included in output and not recorded separately",
                "sessions in a folder that only --session-dir or the settings of a project name are not found",
            ]),
            rules_version: session::RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let moved = ["PI_CODING_AGENT_DIR", "PI_AGENT_DIR"]
            .into_iter()
            .find_map(|name| Some((system.path_var(name)?, format!("${name}"))));
        let (folder, because) = moved.unwrap_or_else(|| (system.home.join(".pi/agent"), "default".to_owned()));
        let sessions = folder.join("sessions");
        // Some point the variable at the sessions themselves.
        let flat = match system.path_var(SESSION_DIR) {
            Some(folder) => Some(Root::new(folder, format!("${SESSION_DIR}"))),
            None => moved::by_json(system, &folder.join(SETTINGS), "/sessionDir", &mut found)
                .map(|folder| Root::new(folder, SETTINGS)),
        };
        let is_sessions = because != "default" && system.moved.is_none() && folder.is_dir() && !sessions.is_dir();
        let pi = Root::new(if is_sessions { folder } else { sessions }, because);
        let mut walk = Walk::default();
        let mut roots = vec![pi];
        // omp keeps to the variable once its data was moved there.
        if let Some(data) = system.path_var("XDG_DATA_HOME") {
            let home = data.join("omp");
            let profiles = walk.folders(&home.join("profiles"), &mut found);
            let homes = std::iter::once(home).chain(profiles).filter(|home| home.is_dir());
            roots.extend(homes.map(|home| Root::new(home.join("sessions"), "$XDG_DATA_HOME")));
        }
        for (folder, sessions, name) in RELATIVES {
            let home = system.home.join(folder);
            let profiles = walk.folders(&home.join("profiles"), &mut found);
            let homes = std::iter::once(home).chain(profiles);
            roots.extend(homes.map(|home| Root::new(home.join(sessions), name)));
        }
        for root in roots {
            walk.find(&root.path, &is_log, &mut found);
            if root.exists || found.roots.is_empty() {
                found.roots.push(root);
            }
        }
        // Sessions from before it was named stay where they were.
        if let Some(root) = flat {
            flat_logs(&root.path, &mut walk, &mut found);
            if !found.roots.iter().any(|known| known.path == root.path) {
                found.roots.push(root);
            }
        }
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        session::read(ID, source, from, into)
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

/// Adds the logs in a folder of sessions that no project divides.
fn flat_logs(folder: &Path, walk: &mut Walk, found: &mut Found) {
    for path in walk.files(folder, 0, found) {
        if let Some(kind) = is_log(&path) {
            // Oh My Pi has a folder of the same name beside a log, for the logs of its tasks.
            walk.find(&path.with_extension(""), &is_log, found);
            found.add_file(path, kind);
        }
    }
}

fn is_log(path: &Path) -> Option<u8> {
    path.extension().is_some_and(|ending| ending == "jsonl").then_some(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;

    #[test]
    fn honors_its_variables_on_every_system() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = dir.path();
        for file in [
            ".pi/agent/sessions/--home-dev--/2026_a.jsonl",
            ".pi/agent/sessions/--home-dev--/2026_a/0-Task.jsonl",
            ".pi/agent/auth.json",
            ".omp/agent/sessions/-dev/2026_b.jsonl",
            "data/omp/sessions/-dev/2026_e.jsonl",
            "data/omp/profiles/work/sessions/-dev/2026_f.jsonl",
            "moved/sessions/p/2026_c.jsonl",
            "plain/p/2026_d.jsonl",
            "flat/2026_g.jsonl",
            "flat/2026_g/1-Task.jsonl",
            "flat/other/2026_h.jsonl",
        ] {
            let path = home.join(file);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(path, "").expect("a file");
        }
        let names = |os, env: &[(&str, &str)]| {
            let value = |(name, value): &(&str, &str)| ((*name).to_owned(), home.join(value).display().to_string());
            let found = Pi.sources(&System::new(os, home, env.iter().map(value).collect()));
            let name = |source: &Source| source.path.file_name().expect("a name").to_string_lossy().into_owned();
            let mut names: Vec<_> = found.sources.iter().map(name).collect();
            names.sort();
            names
        };
        let flat = [
            "0-Task.jsonl",
            "1-Task.jsonl",
            "2026_a.jsonl",
            "2026_b.jsonl",
            "2026_g.jsonl",
        ];
        for os in [Os::Linux, Os::MacOs, Os::Windows] {
            assert_eq!(names(os, &[("PI_CODING_AGENT_SESSION_DIR", "flat")]), flat);
            assert_eq!(names(os, &[]), ["0-Task.jsonl", "2026_a.jsonl", "2026_b.jsonl"]);
            let both = [("PI_AGENT_DIR", "plain"), ("PI_CODING_AGENT_DIR", "moved")];
            assert_eq!(names(os, &both), ["2026_b.jsonl", "2026_c.jsonl"]);
            assert_eq!(names(os, &both[..1]), ["2026_b.jsonl", "2026_d.jsonl"]);
            assert_eq!(
                names(os, &[("XDG_DATA_HOME", "data")]),
                [
                    "0-Task.jsonl",
                    "2026_a.jsonl",
                    "2026_b.jsonl",
                    "2026_e.jsonl",
                    "2026_f.jsonl"
                ]
            );
        }
    }
}
