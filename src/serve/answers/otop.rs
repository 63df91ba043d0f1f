//! otop's `/sessions`: its keys and its words, for the bars and scripts that read them.

use super::{Answers, print};
use crate::core::filter_text::FilterText;
use crate::core::process::DetailLimits;
use crate::core::rows::{CostRow, PsRow, SessionRow};
use crate::core::status::Status;
use crate::engine::Engine;
use crate::engine::live_rows::{known_sessions, row};
use crate::engine::scan::ScanOptions;
use crate::reports::Sessions;
use crate::reports::by::{By, grouping};
use crate::serve::answer::Answer;
use anyhow::Result;
use serde::Serialize;

/// How far back to search for a session's last line.
const LIMITS: DetailLimits = DetailLimits {
    messages: 20,
    text_chars: None,
};

#[derive(Serialize)]
struct Document {
    timestamp: i64,
    sessions: Vec<Session>,
    today: Sums,
    global: Sums,
}

#[derive(Serialize)]
struct Session {
    session_id: String,
    title: String,
    status: &'static str,
    model: String,
    last_output: String,
    directory: String,
    message_count: u64,
    total_input_tokens: u64,
    total_output_tokens: u64,
    total_cache_read: u64,
    last_message_time: i64,
    uptime_ms: i64,
    round_ms: i64,
    cpu_percent: f64,
    mem_mb: f64,
    pid: u32,
    tty: String,
    interactive: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    todos: Vec<Todo>,
    /// otop knows one agent only.
    agent_id: String,
    /// otop knows one machine only.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
}

#[derive(Serialize)]
struct Todo {
    content: String,
    status: String,
    priority: String,
}

/// otop counts cached tokens as input.
#[derive(Serialize)]
struct Sums {
    session_count: u64,
    message_count: u64,
    total_input: u64,
    total_output: u64,
}

impl From<CostRow> for Sums {
    fn from(total: CostRow) -> Self {
        let tokens = total.tokens;
        Self {
            session_count: total.sessions,
            message_count: total.turns,
            total_input: tokens.input().unwrap_or(0) + tokens.cache_read().unwrap_or(0),
            total_output: tokens.output().unwrap_or(0),
        }
    }
}

impl Answers {
    pub(super) fn otop_sessions(&self, engine: &mut Engine) -> Result<Answer> {
        let mut scan = engine.scan(ScanOptions {
            cpu: true,
            ..ScanOptions::default()
        });
        for problem in scan.problems.drain(..) {
            engine.note_problem(problem);
        }
        scan.sessions
            .retain(|session| session.claim.role.is_agent() && session.claim.session.is_some());
        let (known, now) = (known_sessions(&scan.sessions, &engine.usage()?)?, engine.system.now);
        let sessions = scan.sessions.iter().map(|live| {
            let row = self.titled(row(live, &known, now));
            let id = row.session_id.clone().unwrap_or_default();
            let session = known.get(&(row.agent_id.clone(), id));
            self.otop_session(row, session, engine)
        });
        let shown = self.remote.iter().filter(|row| row.session_id.is_some());
        let remote = shown.map(|row| self.otop_session(self.titled(row.clone()), None, engine));
        let document = Document {
            timestamp: now,
            sessions: sessions.chain(remote).collect(),
            today: sums(Some("today"), engine)?,
            global: sums(None, engine)?,
        };
        Ok(print::json(&document))
    }

    fn otop_session(&self, row: PsRow, session: Option<&SessionRow>, engine: &Engine) -> Session {
        let id = row.session_id.as_deref().unwrap_or_default().to_owned();
        let detail = match self.keeps_titles && row.host.is_none() {
            // A session that cannot be read is listed without its text.
            true => engine.session_detail(&row.agent_id, &id, &LIMITS).unwrap_or_default(),
            false => Default::default(),
        };
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Session {
            session_id: id,
            title: text(row.session_name.as_deref()),
            status: word(row.status, row.activity.as_deref()),
            model: text(row.model_id.as_deref()),
            last_output: text(detail.last_line().or(row.last_text.as_deref())),
            directory: text(row.project_path.as_deref().or(row.cwd.as_deref())),
            message_count: row.turns.unwrap_or(0),
            total_input_tokens: row.tokens.input().unwrap_or(0) + row.tokens.cache_read().unwrap_or(0),
            total_output_tokens: row.tokens.output().unwrap_or(0),
            total_cache_read: row.tokens.cache_read().unwrap_or(0),
            last_message_time: session.and_then(|session| session.session_updated_at).unwrap_or(0),
            uptime_ms: row.uptime_ms.unwrap_or(0),
            round_ms: row.since_ms.unwrap_or(0),
            cpu_percent: row.cpu_percent.unwrap_or(0.0),
            mem_mb: row.memory_bytes.unwrap_or(0) as f64 / f64::from(1 << 20),
            pid: row.pid,
            tty: text(row.tty.as_deref()),
            interactive: session.is_none_or(|session| session.interactive != Some(false)),
            todos: detail
                .todos
                .into_iter()
                .map(|todo| Todo {
                    content: todo.content,
                    status: todo.status,
                    priority: todo.priority.unwrap_or_default(),
                })
                .collect(),
            agent_id: row.agent_id.to_string(),
            host: row.host,
        }
    }
}

/// otop's word for a status.
fn word(status: Status, activity: Option<&str>) -> &'static str {
    match (status, activity) {
        (Status::WaitingPermission | Status::WaitingQuestion, _) => "asking",
        (Status::Working, Some("generating")) => "generating",
        (Status::Working, Some("compacting") | None) | (Status::Retrying, _) => "busy",
        (Status::Working, Some(_)) => "tool use",
        (Status::Thinking, _) => "thinking",
        (Status::Queued, _) => "queued",
        // The only word of otop's group of errors.
        (Status::Error | Status::Truncated, _) => "truncated",
        (Status::Interrupted | Status::DoneUnread | Status::Idle, _) => "idle",
        (Status::Stale, _) => "stale",
        (Status::Unknown, _) => "unknown",
    }
}

fn sums(since: Option<&str>, engine: &Engine) -> Result<Sums> {
    let filter = engine.filter(&FilterText {
        since: since.map(str::to_owned),
        ..FilterText::default()
    })?;
    let usage = engine.usage()?;
    let selected = usage.select(&filter, None::<&Sessions>)?;
    let total = grouping(&[By::Total], false, engine.projects())?;
    let (zone, now) = (engine.system.zone()?, engine.system.now);
    Ok(usage.cost_rows(&selected, None, &total, zone, now, false)?.total.into())
}
