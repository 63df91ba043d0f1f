//! Timeline of a transcript: derives the state from its records, with the same operations for every agent.

use crate::core::process::{
    DetailLimits, End, Facts, Last, Message, PendingTool, SessionAbout, SessionDetail, Todo, cut,
};
use crate::core::status::{Ask, StatusSource};
use std::collections::VecDeque;

/// The state of a session after the records so far. Times are epoch milliseconds.
#[derive(Debug, Default)]
pub struct Story {
    pub about: SessionAbout,
    pub queued_since: Option<i64>,
    pub retry_at: Option<i64>,
    /// Whether the user is asked when a tool wants more rights; `None` where that was not recorded.
    pub asks_user: Option<bool>,
    /// The newest plan.
    pub todos: Vec<Todo>,
    /// When messages were written.
    pub moments: Vec<i64>,
    last: Option<Last>,
    /// By call id; the oldest first.
    calls: Vec<(String, PendingTool)>,
    prompted_at: Option<i64>,
    wrote_at: Option<i64>,
    messages: VecDeque<Message>,
    limits: Option<DetailLimits>,
}

impl Story {
    /// A story that keeps messages too.
    pub fn with_messages(limits: DetailLimits) -> Self {
        Self {
            limits: Some(limits),
            ..Self::default()
        }
    }

    /// Something was written, whatever it means.
    pub fn wrote(&mut self, at: i64) {
        self.wrote_at = self.wrote_at.max(Some(at));
    }

    /// The user sent a prompt: earlier activity ended.
    pub fn prompted(&mut self, at: i64) {
        self.calls.clear();
        self.retry_at = None;
        self.prompted_at = Some(at);
        self.asked(at);
    }

    /// The model has something to answer.
    pub fn asked(&mut self, at: i64) {
        self.moments.push(at);
        self.last = Some(Last::Asked { at });
        self.wrote(at);
    }

    /// A reply goes on. It began with the first record that said so.
    pub fn replying(&mut self, at: i64) {
        self.moments.push(at);
        if !matches!(self.last, Some(Last::Open { .. })) {
            self.last = Some(Last::Open { at });
        }
        self.retry_at = None;
        self.wrote(at);
    }

    /// The reply called a tool.
    pub fn called(&mut self, id: &str, name: &str, at: i64, asks: Option<Ask>) {
        self.replying(at);
        if self.calls.iter().all(|(known, _)| known != id) {
            let tool = PendingTool {
                name: name.to_owned(),
                since: at,
                asks,
            };
            self.calls.push((id.to_owned(), tool));
        }
    }

    /// A tool answered; once all have, it is the model's turn.
    pub fn returned(&mut self, id: &str, at: i64) {
        self.calls.retain(|(known, _)| known != id);
        if self.calls.is_empty() {
            self.asked(at);
        } else {
            self.wrote(at);
        }
    }

    /// The reply ended.
    pub fn ended(&mut self, at: i64, how: End) {
        self.moments.push(at);
        self.calls.clear();
        self.retry_at = None;
        self.last = Some(Last::Ended { at, how });
        self.wrote(at);
    }

    /// How the newest reply ended, if it did.
    pub fn end(&self) -> Option<End> {
        match self.last {
            Some(Last::Ended { how, .. }) => Some(how),
            _ => None,
        }
    }

    pub fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Stores a message, if messages are requested.
    pub fn said(&mut self, message: Message) {
        let Some(limits) = self.limits else { return };
        self.messages.push_back(Message {
            text: cut(&message.text, limits.text_chars),
            ..message
        });
        if self.messages.len() > limits.messages {
            self.messages.pop_front();
        }
    }

    /// How many messages are kept.
    pub fn kept(&self) -> usize {
        self.messages.len()
    }

    pub fn into_facts(self) -> Facts {
        // A question goes before what runs beside it: it is what the human must know.
        let asking = self.calls.iter().find(|(_, tool)| tool.asks.is_some());
        let pending_tool = asking.or(self.calls.first()).map(|(_, tool)| tool.clone());
        Facts {
            source: (self.last.is_some() || self.wrote_at.is_some()).then_some(StatusSource::Transcript),
            last: self.last,
            pending_tool,
            prompted_at: self.prompted_at,
            wrote_at: self.wrote_at,
            retry_at: self.retry_at,
            queued_since: self.queued_since,
            about: self.about,
            ..Facts::default()
        }
    }

    pub fn into_detail(self) -> SessionDetail {
        SessionDetail {
            messages: self.messages.into(),
            todos: self.todos,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_pending_until_it_returns_or_the_turn_is_over() {
        let mut story = Story::default();
        story.prompted(1);
        story.called("a", "bash", 2, None);
        story.called("b", "ask", 3, Some(Ask::Question));
        story.called("a", "bash", 4, None);
        story.returned("a", 5);
        let facts = story.into_facts();
        assert_eq!(facts.last, Some(Last::Open { at: 2 }));
        assert_eq!(
            facts.pending_tool.map(|tool| (tool.name, tool.since)),
            Some(("ask".into(), 3))
        );
        assert_eq!((facts.prompted_at, facts.wrote_at), (Some(1), Some(5)));

        let mut story = Story::default();
        story.called("a", "bash", 2, None);
        story.returned("a", 5);
        assert_eq!(story.into_facts().last, Some(Last::Asked { at: 5 }));

        let mut story = Story::default();
        story.called("a", "bash", 2, None);
        story.ended(3, End::Interrupted);
        let facts = story.into_facts();
        assert_eq!(
            (facts.pending_tool, facts.last),
            (
                None,
                Some(Last::Ended {
                    at: 3,
                    how: End::Interrupted
                })
            )
        );
    }

    #[test]
    fn keeps_only_the_newest_messages() {
        let mut story = Story::with_messages(DetailLimits {
            messages: 2,
            text_chars: Some(3),
        });
        for text in ["one", "two", "three"] {
            story.said(Message {
                text: text.into(),
                ..Message::default()
            });
        }
        let texts: Vec<_> = story
            .into_detail()
            .messages
            .into_iter()
            .map(|message| message.text)
            .collect();
        assert_eq!(texts, ["two", "thr"]);
    }

    #[test]
    fn nothing_told_is_nothing_known() {
        assert_eq!(Story::default().into_facts(), Facts::default());
    }
}
