//! A session of Cline's command: a file of messages, each reply with its counts, and a description beside it.

use super::models::Model;
use crate::agents::Source;
use crate::agents::shared::batch::{Batch, Scope, Skip};
use crate::agents::shared::json_file::{bad_record, parse_text, read_beside, read_text};
use crate::agents::shared::lenient::{Count, Text, When, dollars, part, title};
use crate::agents::shared::words::first_words;
use crate::core::money::Money;
use crate::core::numbers::Numbers;
use crate::core::tokens::Tokens;
use crate::core::turn::{EventKey, Origin, Presence, Project, Rank, RecordKey, SessionInfo, Title, Turn};
use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};

/// How the files of messages end.
pub(super) const MESSAGES: &str = ".messages.json";

/// `{"sessionId":"…","agent":"lead","messages":[…]}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Messages<'a> {
    #[serde(borrow, default)]
    session_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    messages: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
    #[serde(default)]
    ts: When,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    model_info: Option<&'a RawValue>,
    #[serde(borrow, default)]
    metrics: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ModelInfo<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    provider: Text<'a>,
}

/// Both caches are inside the input.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metrics {
    input_tokens: Count,
    output_tokens: Count,
    cache_read_tokens: Count,
    cache_write_tokens: Count,
    reasoning_tokens: Count,
    /// The same by another name.
    reasoning_token_count: Count,
    cost: Option<f64>,
    total_cost: Option<f64>,
}

/// `<session>.json`
#[derive(Default, Deserialize)]
#[serde(default)]
struct Description {
    session_id: Option<String>,
    parent_session_id: Option<String>,
    provider: Option<String>,
    model: Option<String>,
    cwd: Option<String>,
    workspace_root: Option<String>,
    started_at: When,
    is_subagent: Option<bool>,
    metadata: Option<Metadata>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    title: Option<String>,
    imported_from: Option<ImportedFrom>,
    /// `{"branch":"main","url":"…"}`
    git: Option<Value>,
}

/// The session of another agent that this one was made from: `{"tool":"claude-code","importedAt":"…"}`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ImportedFrom {
    imported_at: When,
}

impl Description {
    /// The branch that was checked out; empty where that is not recorded.
    fn branch(&self) -> &str {
        let git = self.metadata.as_ref().and_then(|metadata| metadata.git.as_ref());
        git.and_then(|git| git["branch"].as_str()).unwrap_or("")
    }

    /// Whether a message of a time came with an import; it counts under the agent that it comes from.
    fn is_imported(&self, time: Option<i64>) -> bool {
        let import = self
            .metadata
            .as_ref()
            .and_then(|metadata| metadata.imported_from.as_ref());
        let is_before = |import: &ImportedFrom| match (time, import.imported_at.0) {
            (Some(time), Some(imported)) => time <= imported,
            // A message without a time is none of Cline's own.
            (time, imported) => time.is_none() || imported.is_none(),
        };
        import.is_some_and(is_before)
    }
}

/// The file that describes a session.
pub(super) fn described_in(messages: &Path) -> PathBuf {
    messages.with_file_name(format!("{}.json", stem_of(messages)))
}

/// What the name of a file of messages begins with.
fn stem_of(messages: &Path) -> String {
    let name = messages.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(MESSAGES).unwrap_or(&name).to_owned()
}

/// Reads a session whole; while its file is being written, what was read before holds.
///
/// # Errors
/// When the file cannot be read or is no session.
pub(super) fn read(agent: &str, source: &Source, state: &[u8], into: &mut Batch) -> Result<Vec<u8>> {
    let stem = stem_of(&source.path);
    let described = read_beside::<Description>(&described_in(&source.path), into).unwrap_or_default();
    let text = read_text(&source.path)?;
    let Some(session) = parse_text::<Messages<'_>>(&source.path, &text, into)? else {
        return Ok(state.to_owned());
    };
    let id = session.session_id.as_deref().or(described.session_id.as_deref());
    let id = id.filter(|id| !id.is_empty()).unwrap_or(&stem);
    let mut info = describe(&described, id);
    for (position, raw) in session.messages.iter().enumerate() {
        let Ok(message) = serde_json::from_str::<Message<'_>>(raw.get()) else {
            into.problem(bad_record(source, position, "no message of a session"));
            continue;
        };
        info.updated_at = info.updated_at.max(message.ts.0);
        match message.role.as_deref() {
            Some("user") if info.title.is_none() => {
                let words = first_words(message.content).and_then(|words| title(&words));
                info.title = words.map(|words| Title::from_prompt(message.ts.0.unwrap_or(0), words));
            }
            Some("assistant") => {
                let place = (raw.get().as_ptr() as usize - text.as_ptr() as usize) as u64;
                reply(agent, id, &message, &described, (position, place), into);
            }
            _ => {}
        }
    }
    into.session(info);
    into.replace(Scope::Source, Presence::Gone);
    Ok(Vec::new())
}

fn describe(described: &Description, id: &str) -> SessionInfo {
    let at = described.started_at.0;
    let path = described.workspace_root.as_ref().or(described.cwd.as_ref());
    let named = described
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.title.as_deref());
    let parent_id = described
        .parent_session_id
        .clone()
        .filter(|parent| !parent.is_empty() && parent != id);
    SessionInfo {
        title: named
            .and_then(title)
            .map(|text| Title::from_agent(at.unwrap_or(0), text)),
        project: path
            .filter(|path| !path.is_empty())
            .map(|path| Project::folder(at.unwrap_or(0), path)),
        interactive: (parent_id.is_some() || described.is_subagent == Some(true)).then_some(false),
        parent_id,
        started_at: at,
        ..SessionInfo::new(id)
    }
}

fn reply(
    agent: &str,
    session: &str,
    message: &Message,
    described: &Description,
    (position, place): (usize, u64),
    into: &mut Batch,
) {
    let Some(metrics) = part::<Metrics>(message.metrics) else {
        return into.skip(Skip::Uncounted);
    };
    if described.is_imported(message.ts.0) {
        return into.skip(Skip::Repeated);
    }
    let [read, write] = [metrics.cache_read_tokens.0, metrics.cache_write_tokens.0];
    let reasoning = metrics.reasoning_tokens.0.max(metrics.reasoning_token_count.0);
    let reasoning = reasoning.min(metrics.output_tokens.0);
    let tokens = Tokens::new(
        metrics.input_tokens.0.saturating_sub(read).saturating_sub(write),
        metrics.output_tokens.0 - reasoning,
        reasoning,
        read,
        write,
    );
    let cost = dollars(metrics.cost.or(metrics.total_cost));
    if tokens.is_zero() && cost.is_none_or(|cost| cost == Money::ZERO) {
        return into.skip(Skip::Uncounted);
    }
    let info = part::<ModelInfo>(message.model_info).filter(|info| !info.id.is_empty());
    let (provider, model) = match &info {
        Some(info) => (&*info.provider, &*info.id),
        None => (
            described.provider.as_deref().unwrap_or(""),
            described.model.as_deref().unwrap_or(""),
        ),
    };
    let model = Model::new(provider, model);
    if model.is_other_agent {
        return into.skip(Skip::Repeated);
    }
    let id = message.id.as_deref().unwrap_or("");
    let time = message.ts.0.or(described.started_at.0);
    // A copy of a session keeps ids, times and models of its messages, and their order; its description may name another model.
    let named = info.as_ref().map_or("", |_| &*model.id);
    let key = match (time, id, message.ts.0) {
        (Some(began), "", None) => format!("#{position}\0{began}\0{named}"),
        (Some(time), _, _) => format!("{id}\0{time}\0{named}"),
        (None, _, _) => format!("{session}\0{id}\0{place}"),
    };
    into.turn(&Turn {
        session_id: session,
        message_id: id,
        record: RecordKey::of(&key),
        event: EventKey::of(agent, &key),
        // The session that began first had it first; what was read without a description knows less.
        rank: Rank(described.started_at.0.map_or(0, |at| u64::MAX - at.unsigned_abs()), 0),
        provider_id: &model.provider,
        model_id: &model.id,
        origin: Origin {
            branch: described.branch(),
            ..Origin::NONE
        },
        numbers: Numbers {
            cost,
            ..Numbers::of(tokens, time.unwrap_or(0))
        },
        place,
        ..Turn::PLAIN
    });
}
