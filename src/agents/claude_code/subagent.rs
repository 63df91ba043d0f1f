//! What a subagent is: `agent-<id>.meta.json` beside its transcript.

use crate::agents::shared::lenient::{Text, title};
use crate::agents::shared::source::meta_path;
use crate::system::open::{self, Most};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A kind of subagent and what it was asked to do; empty in a session's own transcript.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Subagent {
    pub kind: String,
    pub task: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetaJson<'a> {
    #[serde(borrow)]
    agent_type: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
}

impl Subagent {
    /// The kind of one whose kind is not recorded.
    pub(super) const UNNAMED: &'static str = "subagent";

    /// Whether a transcript is one's.
    pub(super) fn is_one(path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("agent-") || path.components().any(|part| part.as_os_str() == "subagents")
    }

    /// What is known beside a transcript.
    pub(super) fn of(path: &Path) -> Self {
        if !Self::is_one(path) {
            return Self::default();
        }
        // Older versions write none; a damaged one costs no more than its names.
        let text = open::read(&meta_path(path), Most::NOTE).unwrap_or_default();
        let meta = serde_json::from_slice::<MetaJson<'_>>(&text).ok();
        let (kind, task) = meta.map_or((None, None), |meta| (meta.agent_type, meta.description));
        Self {
            kind: kind
                .and_then(|kind| title(&kind))
                .unwrap_or_else(|| Self::UNNAMED.to_owned()),
            task: task.and_then(|task| title(&task)).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_beside_a_transcript_describes_a_subagent() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("s-1/subagents");
        std::fs::create_dir_all(&folder).expect("folders");
        let meta = r#"{"agentType":"Explore","description":"Survey two","spawnDepth":1}"#;
        for (name, text) in [("agent-a", meta), ("agent-c", "{")] {
            std::fs::write(folder.join(format!("{name}.meta.json")), text).expect("written");
        }
        let of = |path: &str| {
            let subagent = Subagent::of(&dir.path().join(path));
            (subagent.kind, subagent.task)
        };
        let pair = |kind: &str, task: &str| (kind.to_owned(), task.to_owned());
        assert_eq!(of("s-1/subagents/agent-a.jsonl"), pair("Explore", "Survey two"));
        for path in [
            "s-1/subagents/agent-b.jsonl",
            "s-1/subagents/agent-c.jsonl",
            "agent-d.jsonl",
        ] {
            assert_eq!(of(path), pair("subagent", ""), "{path}");
        }
        assert_eq!(of("s-1.jsonl"), pair("", ""));
    }
}
