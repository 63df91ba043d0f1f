//! `ttop show`: one session in depth, or one turn; the command that prints text.

use super::context::{Context, Out, with_ids};
use crate::args::{RowArgs, complete};
use crate::core::cannot_answer::CannotAnswer;
use crate::core::filter::TurnFilter;
use crate::core::problem::Problem;
use crate::core::process::{DetailLimits, SessionDetail};
use crate::core::rows::{ShowMessage, ShowRow, ShowTodo};
use crate::core::time::Time;
use crate::engine::Engine;
use crate::exit::Exit;
use crate::render::{Footer, Layout, columns, text};
use crate::reports::Sessions;
use crate::reports::show::Named;
use anyhow::{Result, bail};
use clap::Args;

/// Show one session or turn in depth
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// A session or turn: its id or the short id in tables, or `latest`
    #[arg(value_name = "ID", add = complete::sessions())]
    pub id: String,
    /// Show the source, copies and price rule of each number
    #[arg(long)]
    pub explain: bool,
    /// Show this many of the newest messages
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub messages: usize,
    /// Show the complete text of each message
    #[arg(long)]
    pub full: bool,
    #[command(flatten)]
    pub rows: RowArgs,
}

/// Without `--full`, so much of each message.
const TEXT_CHARS: usize = 400;

impl ShowArgs {
    /// # Errors
    /// When nothing has this id, or stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let request = context.request(&self.rows)?;
        request.check::<ShowRow>(false)?;
        context.report(&TurnFilter::default(), |engine, out| {
            let (row, unpriced) = self.row(engine, out)?;
            let request = with_ids(&request, engine, std::iter::empty())?;
            let view = request.screen.view.clone();
            let footer = move |rows: &[ShowRow]| {
                let lines = rows.iter().flat_map(|row| columns::show::lines(row, &view));
                Footer::new(None, lines.chain(unpriced))
            };
            let layout = Layout {
                footer: Some(Box::new(footer)),
                ..Layout::default()
            };
            out.print(&request, layout, std::iter::once(Ok(row)))
        })
    }

    /// The row, and notes on what its session lacks a price for.
    fn row(&self, engine: &Engine, out: &mut Out) -> Result<(ShowRow, Vec<String>)> {
        let usage = engine.usage()?;
        let sessions = Sessions::load(usage.ledger)?;
        let Some(named) = usage.named(&self.id, &sessions)? else {
            let message = format!("session or turn '{}' not found", self.id);
            return Err(CannotAnswer::new(message, "ttop sessions lists the sessions, ttop turns the turns").into());
        };
        let session = match &named {
            Named::Session(row) => *row,
            Named::Turn(found) => found.head.key.session,
        };
        let Some(row) = usage.one_session(session, &sessions)? else {
            bail!("session '{}' not found", self.id);
        };
        // What follows looks at the same turns again.
        let unpriced = usage.unpriced_notes();
        let detail = self.detail(engine, out, &row.agent_id, &row.session_id);
        let explain = match &named {
            _ if !self.explain => None,
            Named::Session(row) => Some(usage.explained(*row, &sessions, &engine.system)?),
            Named::Turn(found) => Some(vec![usage.explain(found, &sessions, &engine.system)?]),
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
        Ok((row, unpriced))
    }

    /// The text in the agent's own records; empty if they are gone or unknown.
    fn detail(&self, engine: &Engine, out: &mut Out, agent_id: &str, session_id: &str) -> SessionDetail {
        let limits = DetailLimits {
            messages: self.messages,
            text_chars: (!self.full).then_some(TEXT_CHARS),
        };
        engine
            .session_detail(agent_id, session_id, &limits)
            .unwrap_or_else(|error| {
                out.warn(&Problem::new(
                    format_args!("{agent_id} {session_id}"),
                    format_args!("{error:#}"),
                ));
                SessionDetail::default()
            })
    }
}

fn message(message: crate::core::process::Message) -> ShowMessage {
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

fn todo(todo: crate::core::process::Todo) -> ShowTodo {
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
