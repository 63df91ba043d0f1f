//! Takes titles and texts of sessions out of rows, for `--no-titles`.

use crate::core::rows::{ActivityRow, CostRow, EventRow, PsRow, SessionRow, StreamRow, TurnRow};
use crate::core::snapshot::Snapshot;
use serde_json::Value;

/// What may hold words of a conversation.
pub(crate) trait Untitled {
    fn forget_titles(&mut self);
}

impl Untitled for SessionRow {
    fn forget_titles(&mut self) {
        self.session_name = None;
    }
}

impl Untitled for TurnRow {
    fn forget_titles(&mut self) {
        (self.session_name, self.subagent_task) = (None, None);
    }
}

impl Untitled for CostRow {
    fn forget_titles(&mut self) {
        self.session_name = None;
    }
}

impl Untitled for PsRow {
    fn forget_titles(&mut self) {
        (self.session_name, self.last_text) = (None, None);
    }
}

impl Untitled for ActivityRow {
    fn forget_titles(&mut self) {
        self.session_name = None;
    }
}

impl Untitled for EventRow {
    /// The message begins with the name of its session.
    fn forget_titles(&mut self) {
        let named = self.data.get_mut("sessionName").map(Value::take);
        let Some(name) = named.as_ref().and_then(Value::as_str) else {
            return;
        };
        let rest = self.message.strip_prefix(name);
        let id = self.session_id.as_deref().unwrap_or_default();
        self.message = match rest {
            Some(rest) => format!("{id}{rest}"),
            None => id.to_owned(),
        };
    }
}

impl Untitled for StreamRow {
    fn forget_titles(&mut self) {
        match self {
            Self::Activity(row) => row.forget_titles(),
            Self::Event(row) => row.forget_titles(),
        }
    }
}

impl Untitled for Snapshot {
    fn forget_titles(&mut self) {
        if let Some(session) = &mut self.session {
            session.name = None;
        }
        self.agents.iter_mut().for_each(|agent| agent.name = None);
    }
}
