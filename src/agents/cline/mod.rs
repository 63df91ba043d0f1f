//! Cline and its family: editor extensions that keep each task as one JSON array, rewritten whole.

mod entry;
mod history;
mod models;
mod program;
mod session;
mod survey;
mod task;
mod turns;

use super::{About, Agent, Batch, Bookmark, Found, Root, Source};
use crate::agents::shared::editors;
use crate::agents::shared::live::program::Program;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::system::System;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// A task's `ui_messages.json`.
const TASK: u8 = 0;
/// A list of all tasks with their titles and folders.
const HISTORY: u8 = 1;
/// The messages of a session: what the command and later versions of Cline write.
const SESSION: u8 = 2;

/// One extension of the family.
#[derive(Debug)]
pub(super) struct TaskAgent {
    pub id: &'static str,
    pub name: &'static str,
    /// The folders of the extension, and of programs made from it, in an editor's `globalStorage`.
    pub extensions: &'static [&'static str],
    /// Names another folder for their tasks, in the settings of an editor.
    pub settings: &'static [&'static str],
    pub commands: &'static [&'static str],
    /// Where it keeps tasks outside of editors.
    pub own_dir: fn(&System) -> Option<(PathBuf, String)>,
    pub limits: &'static [&'static str],
    pub program: Option<&'static Program>,
}

pub(super) static CLINE: TaskAgent = TaskAgent {
    id: "cline",
    name: "Cline",
    extensions: &["saoudrizwan.claude-dev"],
    settings: &[],
    commands: &["cline"],
    own_dir: |system| {
        Some(if let Some(sessions) = system.path_var("CLINE_SESSION_DATA_DIR") {
            // Sessions lie in a folder of this name, or the variable names another one.
            let data = sessions.parent().filter(|_| sessions.ends_with("sessions"));
            (
                data.map_or(sessions.clone(), Path::to_owned),
                "$CLINE_SESSION_DATA_DIR".to_owned(),
            )
        } else if let Some(data) = system.path_var("CLINE_DATA_DIR") {
            (data, "$CLINE_DATA_DIR".to_owned())
        } else if let Some(dir) = system.path_var("CLINE_DIR") {
            (dir.join("data"), "$CLINE_DIR".to_owned())
        } else {
            (
                system.home.join(".cline/data"),
                "default of the command-line tool".to_owned(),
            )
        })
    },
    limits: &[
        "reasoning tokens are included in output",
        "a restored checkpoint replaces the requests it removed by one sum",
        "requests that summarize a session for a compaction are not recorded",
        "sessions imported from other agents count under these agents",
    ],
    program: Some(&program::PROGRAM),
};

impl Agent for TaskAgent {
    fn id(&self) -> &'static str {
        self.id
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn program(&self) -> Option<&'static Program> {
        self.program
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(self.commands),
            turns: "exact",
            limits: About::list(self.limits),
            rules_version: task::RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found::default();
        let storages = editors::storages(system, &mut found);
        let of_extension = |extension: &&str| -> Vec<(PathBuf, String)> {
            let folder = |(storage, editor): &(PathBuf, String)| (storage.join(extension), editor.clone());
            storages.iter().map(folder).collect()
        };
        let mut roots: Vec<(PathBuf, String)> = self.extensions.iter().flat_map(of_extension).collect();
        roots.extend(editors::named(system, &storages, self.settings, &mut found));
        roots.extend((self.own_dir)(system));
        roots.extend(system.moved.clone().map(|moved| (moved, "config".to_owned())));
        let mut walk = Walk::default();
        for (path, because) in roots {
            let root = Root::new(path, because);
            for session in walk.folders(&root.path.join("sessions"), &mut found) {
                add_sessions(&mut walk, &session, &mut found);
            }
            let tasks = root.path.join("tasks");
            for task in walk.folders(&tasks, &mut found) {
                found.add_described(
                    task.join("ui_messages.json"),
                    TASK,
                    &task::BESIDE.map(|name| task.join(name)),
                );
            }
            found.add_file(tasks.join("_index.json"), HISTORY);
            found.add_file(root.path.join("state/taskHistory.json"), HISTORY);
            if root.exists || found.roots.is_empty() {
                found.roots.push(root);
            }
        }
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let state = match source.kind {
            HISTORY => history::read(source, into).map(|()| Vec::new()),
            SESSION => session::read(self.id, source, &from.state, into),
            _ => task::read(self.id, source, &from.state, into),
        }?;
        Ok(Bookmark {
            state,
            ..Bookmark::read_whole(source, task::RULES_VERSION)
        })
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

/// `<session>/<session>.messages.json`, and those of its subagents below.
fn add_sessions(walk: &mut Walk, session: &Path, found: &mut Found) {
    for path in walk.files(session, 2, found) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(session::MESSAGES) {
            let beside = session::described_in(&path);
            found.add_described(path, SESSION, &[beside]);
        }
    }
}
