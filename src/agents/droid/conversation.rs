//! What the conversation beside a session's settings tells: title, folder, and which session it was made from.

use super::{SETTINGS, Settings, Usage};
use crate::agents::shared::json_file::read_text;
use crate::agents::shared::lenient::{Count, Text, When, lossy, title};
use crate::core::turn::{Project, Title};
use crate::system::open::{self, Most};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The first records of a conversation contain its folder, title and model.
const HEAD_BYTES: u64 = 64 * 1024;

/// Metadata from the start of the conversation.
#[derive(Default)]
pub(super) struct Head {
    pub title: Option<Title>,
    pub project: Option<Project>,
    pub model: Option<String>,
    pub first_at: Option<i64>,
    /// Id and time of the first message that was made in this session.
    pub first_message: Option<String>,
    /// The session that it was made from.
    pub parent: Option<String>,
    /// When a fork went its own way.
    pub forked_at: Option<i64>,
    /// It begins with the summary of its parent, as whose total its own begins.
    pub is_successor: bool,
}

/// `{"type":"session_start","id":"…","title":"…","sessionTitle":"…","cwd":"/home/dev/acme"}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    title: Option<Text<'a>>,
    #[serde(borrow, default)]
    session_title: Option<Text<'a>>,
    #[serde(borrow, default)]
    cwd: Option<Text<'a>>,
    #[serde(borrow, default)]
    parent: Option<Text<'a>>,
    /// The last message that a fork copied.
    #[serde(borrow, default)]
    forked_at_message_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    parent_id: Option<Text<'a>>,
    #[serde(default)]
    timestamp: When,
}

impl Record<'_> {
    fn is(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    fn message(&self) -> Option<(String, Option<i64>)> {
        let id = self.id.as_deref().filter(|id| !id.is_empty() && self.is("message"))?;
        Some((format!("{id}\0{}", self.timestamp.0.unwrap_or(0)), self.timestamp.0))
    }
}

impl Head {
    /// A conversation that is missing or damaged only leaves these facts unknown.
    pub(super) fn read(settings: &Path, id: &str) -> Self {
        let conversation = settings.with_file_name(format!("{id}.jsonl"));
        let text = open::read_start(&conversation, Most(HEAD_BYTES)).unwrap_or_default();
        let (mut head, forked_at) = Self::parse(&lossy(&text));
        if head.parent.is_some() && !head.is_successor {
            // The messages before are those of its parent, and so is the time at which its provider was chosen.
            let own = forked_at.and_then(|last| first_after(&conversation, &last));
            (head.first_message, head.forked_at) = own.map_or((None, None), |(message, at)| (Some(message), at));
        }
        head
    }

    /// The head, and the last message that a fork copied.
    pub(super) fn parse(text: &str) -> (Self, Option<String>) {
        let (mut head, mut forked_at) = (Self::default(), None);
        let filled = |text: Option<Text<'_>>| text.map(|text| text.0.into_owned()).filter(|text| !text.is_empty());
        for line in text.trim_start_matches('\u{feff}').lines() {
            if head.model.is_none() {
                head.model = model_in(line);
            }
            let Ok(record) = serde_json::from_str::<Record<'_>>(line) else {
                continue;
            };
            head.first_at = head.first_at.or(record.timestamp.0);
            if head.first_message.is_none() {
                head.first_message = record.message().map(|message| message.0);
                head.is_successor |= record.is("compaction_state")
                    && head.parent.is_some()
                    && forked_at.is_none()
                    && head.first_message.is_none();
            }
            if !record.is("session_start") {
                continue;
            }
            let agent = record.session_title.as_deref().and_then(title);
            let prompt = record.title.as_deref().and_then(title);
            head.title = agent
                .map(|text| Title::from_agent(0, text))
                .or_else(|| prompt.map(|text| Title::from_prompt(0, text)));
            let own = record.id.as_deref().unwrap_or("").to_owned();
            head.project = filled(record.cwd).map(|cwd| Project::folder(0, cwd));
            head.parent = filled(record.parent).filter(|parent| *parent != own);
            forked_at = filled(record.forked_at_message_id);
        }
        (head, forked_at)
    }
}

/// The first message that answers the last one that a fork copied.
fn first_after(conversation: &Path, last: &str) -> Option<(String, Option<i64>)> {
    let bytes = open::read(conversation, Most::CONVERSATION).ok()?;
    let text = lossy(&bytes);
    text.lines().filter(|line| line.contains(last)).find_map(|line| {
        let record: Record<'_> = serde_json::from_str(line).ok()?;
        record.message().filter(|_| record.parent_id.as_deref() == Some(last))
    })
}

/// `…You are Droid…\nModel: Claude Sonnet 4.5 [Anthropic]\n…`, inside a JSON string.
fn model_in(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("Model: ")?;
    let name = rest.split(['"', '\\', '[', '\n']).next()?.trim();
    (!name.is_empty() && name.len() < 100).then(|| name.to_owned())
}

/// What is kept from read to read: the conversation and the predecessor may be deleted.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    pub inherited: Option<Inherited>,
    /// What identifies the session's turn.
    first_message: Option<String>,
}

impl Known {
    pub(super) fn unpack(state: &[u8]) -> Self {
        serde_json::from_slice(state).unwrap_or_else(|_| Self {
            // All that was kept before.
            inherited: serde_json::from_slice(state).unwrap_or_default(),
            first_message: None,
        })
    }

    pub(super) fn keep_first_message(&mut self, head: &mut Head) {
        match &head.first_message {
            Some(first) => self.first_message = Some(first.clone()),
            None => head.first_message.clone_from(&self.first_message),
        }
    }
}

/// What a session has in its total although its predecessor used it: a compaction by the user makes a session that goes on with
/// the total of the one before.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Inherited {
    counts: [u64; 5],
    /// The predecessor was used again afterwards: its total has more now than what was inherited.
    pub goes_on: bool,
}

impl Inherited {
    /// From the settings of the predecessor, which lie beside those of the session.
    pub(super) fn find(settings: &Path, head: &Head) -> Option<Self> {
        let parent = head.parent.as_deref().filter(|_| head.is_successor)?;
        if parent.contains(['/', '\\']) {
            return None;
        }
        let beside = |ending: &str| read_text(&settings.with_file_name(format!("{parent}{ending}"))).ok();
        let text = beside(SETTINGS)?;
        let usage = serde_json::from_str::<Settings<'_>>(&text).ok()?.token_usage?;
        let is_later = |line: &str| {
            let record = serde_json::from_str::<Record<'_>>(line).ok();
            let at = record
                .filter(|record| record.is("message"))
                .and_then(|record| record.timestamp.0);
            at.zip(head.first_at).is_some_and(|(at, began)| at > began)
        };
        Some(Self {
            counts: usage.counts(),
            goes_on: beside(".jsonl").is_some_and(|text| text.lines().any(is_later)),
        })
    }

    pub(super) fn usage(&self) -> Usage {
        let [input, output, write, read, thinking] = self.counts.map(Count);
        Usage {
            input_tokens: input,
            output_tokens: output,
            cache_creation_tokens: write,
            cache_read_tokens: read,
            thinking_tokens: thinking,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_conversation_holds_title_folder_and_model() {
        let (head, _) = Head::parse(concat!(
            "not json\n",
            r#"{"type":"session_start","id":"x","title":"first words","sessionTitle":"Greeting","cwd":"/home/dev/acme"}"#,
            "\n",
            r#"{"type":"message","timestamp":"2026-03-02T09:00:00Z","message":{"content":"Model: claude-opus-5 [Anthropic]\\nDate"}}"#,
            "\n{\"type\":\"message\",\"content\":\"Model: another",
        ));
        assert_eq!(
            head.title.map(|title| (title.rank, title.text)),
            Some((1, "Greeting".into()))
        );
        assert_eq!(
            head.project.map(|project| project.path).as_deref(),
            Some("/home/dev/acme")
        );
        assert_eq!(head.model.as_deref(), Some("claude-opus-5"));
        assert_eq!(head.first_at, Some(1_772_442_000_000));
        assert!(!head.is_successor && head.parent.is_none());
    }

    #[test]
    fn a_fork_is_no_successor() {
        let is_successor = |start: &str, then: &str| {
            let start = format!(r#"{{"type":"session_start","id":"x",{start}"cwd":"/w"}}"#);
            Head::parse(&format!("{start}\n{then}\n")).0.is_successor
        };
        let (summary, message) = (
            r#"{"type":"compaction_state","id":"c"}"#,
            r#"{"type":"message","id":"m"}"#,
        );
        assert!(is_successor(r#""parent":"p","#, summary));
        assert!(!is_successor("", summary));
        assert!(!is_successor(r#""parent":"p","#, &format!("{message}\n{summary}")));
        assert!(!is_successor(r#""parent":"p","forkedAtMessageId":"m","#, summary));
    }
}
