//! `summary.json` beside a log describes its session.

use crate::agents::Batch;
use crate::agents::shared::json_file::read_description;
use crate::agents::shared::lenient::{When, title};
use crate::core::turn::{Project, SessionInfo, Title};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The kind of a subagent whose kind is not recorded.
const UNNAMED: &str = "subagent";

/// What it says of the session's turns; empty where it says nothing.
#[derive(Default)]
pub(super) struct Summary {
    pub model: String,
    pub branch: String,
    /// The kind of subagent.
    pub subagent: String,
    /// What the subagent was asked to do.
    pub task: String,
}

/// `{"info":{"id":"…","cwd":"/home/dev/acme/api"},"generated_title":"…","current_model_id":"grok-4.6",
/// "session_kind":"headless","created_at":"2026-11-30T09:00:00Z","git_root_dir":"/home/dev/acme/","head_branch":"main"}`
#[derive(Default, Deserialize)]
#[serde(default)]
struct SummaryJson {
    info: Option<InfoJson>,
    generated_title: Option<String>,
    /// The first words.
    session_summary: Option<String>,
    current_model_id: Option<String>,
    created_at: When,
    /// `headless`, `subagent`, `subagent_resume`, …
    session_kind: Option<String>,
    /// Of a subagent: its kind.
    agent_name: Option<String>,
    /// What the session was copied from; of a resumed subagent not who resumed it.
    parent_session_id: Option<String>,
    /// Not of a copy.
    git_root_dir: Option<String>,
    head_branch: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct InfoJson {
    cwd: Option<String>,
}

pub(super) fn path(session: &Path) -> PathBuf {
    session.join("summary.json")
}

impl Summary {
    /// Reads that in a session's folder, and adds the session.
    pub(super) fn read(folder: &Path, session: &str, into: &mut Batch) -> Self {
        let Some(json) = read_description::<SummaryJson>(&path(folder), into) else {
            return Self::default();
        };
        let kind = json.session_kind.as_deref().filter(|kind| !kind.is_empty());
        let is_subagent = kind.is_some_and(|kind| kind.starts_with("subagent"));
        let is_new_subagent = kind == Some("subagent");
        let root = filled(json.git_root_dir).map(|path| Project::repository(0, without_end(&path)));
        let cwd = filled(json.info.and_then(|info| info.cwd));
        let (parent_id, forked_from) = match filled(json.parent_session_id).filter(|other| other != session) {
            parent if is_new_subagent => (parent, None),
            source => (None, source),
        };
        into.session(SessionInfo {
            title: json
                .generated_title
                .as_deref()
                .and_then(title)
                .map(|text| Title::from_agent(0, text)),
            project: root.or_else(|| cwd.map(|path| Project::folder(0, path))),
            parent_id,
            forked_from,
            interactive: kind.map(|_| !is_subagent),
            started_at: json.created_at.0,
            ..SessionInfo::new(session)
        });
        let line = |text: Option<String>| text.and_then(|text| title(&text));
        Self {
            model: json.current_model_id.unwrap_or_default(),
            branch: json.head_branch.unwrap_or_default(),
            subagent: match is_subagent {
                true => line(json.agent_name).unwrap_or_else(|| UNNAMED.to_owned()),
                false => String::new(),
            },
            // A resumed one has the first words of its source.
            task: line(json.session_summary.filter(|_| is_new_subagent)).unwrap_or_default(),
        }
    }
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// A folder without the separator at its end.
fn without_end(path: &str) -> &str {
    let short = path.trim_end_matches(['/', '\\']);
    if short.is_empty() { path } else { short }
}
