//! One session or turn in depth: its row, with the text that is in the agent's own records.

use super::Engine;
use crate::core::cannot_answer::CannotAnswer;
use crate::core::problem::Problem;
use crate::core::process::{DetailLimits, Message, SessionDetail, Todo};
use crate::core::rows::{ShowMessage, ShowRow, ShowTodo};
use crate::core::time::Time;
use crate::render::text;
use crate::reports::Sessions;
use crate::reports::show::Named;
use anyhow::{Result, bail};

/// A session or turn in depth.
pub struct Shown {
    pub row: ShowRow,
    /// What its session lacks a price for.
    pub unpriced: Vec<String>,
    /// Why the agent's own records could not be read.
    pub problem: Option<Problem>,
}

impl Engine {
    /// The session or turn of an id, of the beginning of one, or of `latest`. `explain` adds where its numbers come from.
    ///
    /// # Errors
    /// When nothing has this id, or the ledger is damaged.
    pub fn show(&self, id: &str, explain: bool, limits: &DetailLimits) -> Result<Shown> {
        let usage = self.usage()?;
        let sessions = Sessions::load(usage.ledger)?;
        let Some(named) = usage.named(id, &sessions)? else {
            let message = format!("session or turn '{id}' not found");
            return Err(CannotAnswer::new(message, "ttop sessions lists the sessions, ttop turns the turns").into());
        };
        let session = match &named {
            Named::Session(row) => *row,
            Named::Turn(found) => found.head.key.session,
        };
        let Some(row) = usage.one_session(session, &sessions)? else {
            bail!("session '{id}' not found");
        };
        // What follows looks at the same turns again.
        let unpriced = usage.unpriced_notes();
        let (detail, problem) = match self.session_detail(&row.agent_id, &row.session_id, limits) {
            Ok(detail) => (detail, None),
            Err(error) => {
                let place = format!("{} {}", row.agent_id, row.session_id);
                let problem = Problem::new(place, format_args!("{error:#}"));
                (SessionDetail::default(), Some(problem))
            }
        };
        let explain = match &named {
            _ if !explain => None,
            Named::Session(row) => Some(usage.explained(*row, &sessions, &self.system)?),
            Named::Turn(found) => Some(vec![usage.explain(found, &sessions, &self.system)?]),
        };
        let turn = match &named {
            Named::Session(_) => None,
            Named::Turn(found) => Some(usage.turn_row(found, &sessions)),
        };
        let row = ShowRow {
            session: row,
            turn,
            children: usage.children(session, &sessions)?,
            with_subagents: usage.with_subagents(session, &sessions)?,
            copied_from: sessions.of(session).and_then(|session| session.forked_from.clone()),
            models: usage.session_models(session)?,
            messages: detail.messages.into_iter().map(message).collect(),
            todos: detail.todos.into_iter().map(todo).collect(),
            explain,
        };
        Ok(Shown { row, unpriced, problem })
    }
}

fn message(message: Message) -> ShowMessage {
    ShowMessage {
        role: message.role,
        timestamp: message.at,
        time: message.at.map(Time),
        provider_id: message.provider_id,
        model_id: message.model_id,
        tokens: message.tokens,
        text: clean(&message.text),
    }
}

fn todo(todo: Todo) -> ShowTodo {
    ShowTodo {
        content: clean(&todo.content),
        status: todo.status,
        priority: todo.priority,
    }
}

/// Session text is untrusted: removes control characters line by line.
fn clean(words: &str) -> String {
    words.lines().map(text::plain).collect::<Vec<_>>().join("\n")
}
