//! Subagents of a session: each has a session of its own, and the turn in which it finished contains its usage.

use super::ID;
use crate::agents::Batch;
use crate::core::numbers::Numbers;
use crate::core::turn::{EventKey, RecordKey, SessionInfo, Turn};
use serde::{Deserialize, Serialize};

/// The subagents whose turn has not ended yet.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Subagents(Vec<Subagent>);

#[derive(Serialize, Deserialize)]
struct Subagent {
    session: String,
    /// The prompt that started it; empty where that is not recorded.
    prompt: String,
    is_finished: bool,
}

impl Subagents {
    pub(super) fn begin(&mut self, session: &str, prompt: &str) {
        let (session, prompt) = (session.to_owned(), prompt.to_owned());
        self.0.push(Subagent {
            session,
            prompt,
            is_finished: false,
        });
    }

    pub(super) fn end(&mut self, session: &str) {
        for subagent in self.0.iter_mut().filter(|subagent| subagent.session == session) {
            subagent.is_finished = true;
        }
    }

    /// The sessions that finished within the turn of a prompt, which ends now. Those that go on in the background are in no
    /// turn of their parent.
    pub(super) fn finished_in(&mut self, prompt: &str) -> impl Iterator<Item = String> + use<> {
        let is_of_prompt = |subagent: &Subagent| subagent.prompt.is_empty() || subagent.prompt == prompt;
        let (ended, others) = std::mem::take(&mut self.0).into_iter().partition(is_of_prompt);
        self.0 = others;
        let ended: Vec<Subagent> = ended;
        let finished = ended.into_iter().filter(|subagent| subagent.is_finished);
        finished.map(|subagent| subagent.session)
    }
}

/// Adds the session of a subagent, whose own files do not name its parent.
pub(super) fn describe(child: &str, parent: &str, into: &mut Batch) {
    if !child.is_empty() && child != parent {
        into.session(SessionInfo {
            parent_id: Some(parent.to_owned()),
            interactive: Some(false),
            ..SessionInfo::new(child)
        });
    }
}

/// The turn of a subagent's session that its parent may contain.
pub(super) fn segment(session: &str) -> String {
    format!("subagent\0{session}")
}

/// Marks a subagent's turn as part of its parent: an empty turn in its place.
pub(super) fn add_to_parent(session: &str, child: &str, time: i64, place: u64, into: &mut Batch) {
    let segment = segment(child);
    into.turn(&Turn {
        session_id: session,
        record: RecordKey::of(&segment),
        event: EventKey::of(ID, format!("in parent\0{segment}")),
        supersedes: Some(&segment),
        numbers: Numbers {
            requests: None,
            timestamp: time,
            ..Numbers::PLAIN
        },
        place,
        ..Turn::PLAIN
    });
}
