//! A task: one JSON array of messages, rewritten whole; requests carry their counts as JSON in a string.

use super::entry::{Entry, Kind, Usage};
use super::history::Item;
use super::models::{self, Model, Models};
use super::turns::turns;
use crate::agents::Source;
use crate::agents::shared::batch::{Batch, Scope, Skip};
use crate::agents::shared::json_file::{bad_record, parse_text, read_beside, read_text};
use crate::agents::shared::lenient::{self, Text, When};
use crate::agents::shared::words::words;
use crate::core::turn::{Presence, Project, SessionInfo, Title};
use anyhow::Result;
use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Version of the rules in this folder.
pub(super) const RULES_VERSION: u32 = 8;

/// `{"ts":1772442004240,"type":"say","say":"api_req_started","text":"{\"request\":…,\"tokensIn\":12,…}"}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    #[serde(default)]
    ts: When,
    #[serde(default)]
    say: Option<String>,
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
    #[serde(default)]
    model_info: Option<ModelInfo>,
    #[serde(default)]
    context_condense: Option<Condense>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModelInfo {
    #[serde(default)]
    provider_id: Option<String>,
    #[serde(default)]
    model_id: Option<String>,
}

#[derive(Deserialize)]
struct Condense {
    #[serde(default)]
    cost: Option<f64>,
}

/// What tells more of a task's messages.
pub(super) const BESIDE: [&str; 3] = [models::METADATA, models::CONVERSATION, ITEM];
const ITEM: &str = "history_item.json";

/// Reads a task whole; `state` is what the last read returned.
///
/// # Errors
/// When the file cannot be read or is no array of messages.
pub(super) fn read(agent: &str, source: &Source, state: &[u8], into: &mut Batch) -> Result<Vec<u8>> {
    let folder = source.path.parent().unwrap_or(&source.path);
    let task = folder.file_name().unwrap_or_default().to_string_lossy();
    let text = read_text(&source.path)?;
    let Some(messages) = parse_text::<Vec<&RawValue>>(&source.path, &text, into)? else {
        return Ok(state.to_owned());
    };
    let (entries, mut session) = entries(source, &task, &text, &messages, into);
    let models = Models::read(folder, into);
    let started_at = session.started_at.unwrap_or(0);
    if let Some(item) = read_beside::<Item>(&folder.join(ITEM), into) {
        let info = SessionInfo {
            id: task.clone().into_owned(),
            ..item.session()
        };
        session.merge(info);
    }
    if let (None, Some(path)) = (&session.project, models.folder.clone()) {
        // Whatever tells when the task was in a folder knows better.
        session.project = Some(Project::folder(i64::MAX, path));
    }
    into.session(session);
    let seen = turns(agent, (&task, started_at), &entries, &models, state, into);
    into.replace(Scope::Source, Presence::Gone);
    Ok(seen)
}

fn entries(
    source: &Source,
    task: &str,
    text: &str,
    messages: &[&RawValue],
    into: &mut Batch,
) -> (Vec<Entry>, SessionInfo) {
    let mut session = SessionInfo::new(task);
    let mut entries: Vec<Entry> = Vec::new();
    let mut times = FxHashSet::default();
    let mut before = 0;
    for (position, raw) in messages.iter().enumerate() {
        let Ok(message) = serde_json::from_str::<Message<'_>>(raw.get()) else {
            into.problem(bad_record(source, position, "not a task message"));
            continue;
        };
        let ts = match message.ts.0 {
            Some(ts) => ts,
            None if before > 0 => before + 1,
            None => {
                into.problem(bad_record(source, position, "has no time"));
                continue;
            }
        };
        session.started_at = Some(session.started_at.map_or(ts, |at: i64| at.min(ts)));
        let after = std::mem::replace(&mut before, ts);
        let inner = || lenient::part::<Text<'_>>(message.text);
        if position == 0 && matches!(message.say.as_deref(), Some("text" | "task")) {
            let first = inner().and_then(|text| words(&text).and_then(lenient::title));
            session.title = first.map(|text| Title::from_prompt(ts, text));
        }
        let kind = match message.say.as_deref() {
            Some("api_req_started" | "api_req_finished") => Kind::Request,
            Some("deleted_api_reqs") => Kind::Removed { with_sums: true },
            Some("api_req_deleted") => Kind::Removed { with_sums: false },
            Some("subagent_usage") => Kind::Subagents,
            Some("condense_context") => Kind::Condensed,
            _ => continue,
        };
        let usage = if kind == Kind::Condensed {
            let cost = message.context_condense.and_then(|condense| condense.cost);
            Some(Usage {
                cost,
                ..Usage::default()
            })
        } else {
            inner().and_then(|text| serde_json::from_str(&text).ok())
        };
        let Some(usage) = usage else {
            into.problem(bad_record(source, position, "counts are not valid JSON"));
            continue;
        };
        if message.say.as_deref() == Some("api_req_finished") {
            // Tasks of 2024: the counts came in a message of their own.
            match entries.last_mut().filter(|started| !started.usage.is_counted()) {
                Some(started) => started.usage = usage,
                None => into.skip(Skip::Repeated),
            }
            continue;
        }
        if !times.insert(ts) {
            into.skip(Skip::Repeated);
            continue;
        }
        let info = message.model_info.and_then(|model| {
            let id = model.model_id.filter(|id| !id.is_empty())?;
            Some(Model::new(model.provider_id.as_deref().unwrap_or(""), &id))
        });
        entries.push(Entry {
            kind,
            ts,
            after,
            usage,
            model: info,
            place: (raw.get().as_ptr() as usize - text.as_ptr() as usize) as u64,
        });
    }
    (entries, session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::turn::{EventKey, Rank};
    use std::path::PathBuf;

    const START: i64 = 1_772_442_000_000;

    /// A task on disk that is read again and again as it changes.
    struct Task {
        dir: tempfile::TempDir,
        state: Vec<u8>,
    }

    impl Task {
        fn new() -> Self {
            let dir = tempfile::tempdir().expect("a folder");
            Self { dir, state: Vec::new() }
        }

        fn path(&self) -> PathBuf {
            self.dir.path().join("ui_messages.json")
        }

        fn read(&mut self, bytes: impl AsRef<[u8]>) -> Result<Batch> {
            std::fs::write(self.path(), bytes).expect("written");
            let source = Source::find(self.path(), 0).expect("a file");
            let mut batch = Batch::default();
            self.state = read("cline", &source, &self.state, &mut batch)?;
            Ok(batch)
        }

        /// Reads messages given as (milliseconds from the start, say, tokens in).
        fn messages(&mut self, messages: &[(i64, &str, u64)]) -> Batch {
            let messages: Vec<_> = messages
                .iter()
                .map(|(ts, say, tokens)| {
                    let text = format!(r#"{{"tokensIn":{tokens},"tokensOut":1}}"#);
                    serde_json::json!({"ts": START + ts, "type": "say", "say": say, "text": text})
                })
                .collect();
            self.read(serde_json::to_vec(&messages).expect("JSON"))
                .expect("readable")
        }
    }

    /// (time, tokens in, time of the event it is a copy of) from the start, for the records of one batch.
    fn rows(batch: &Batch) -> Vec<(i64, u64, i64)> {
        let times: Vec<i64> = (0..1000).collect();
        let time_of = |event: EventKey| {
            let found = times
                .iter()
                .find(|ts| EventKey::of("cline", format!("{}:{}", START + 1, START + *ts)) == event);
            *found.expect("an event of this task")
        };
        let row = |row: &crate::agents::shared::batch::Row| {
            let tokens = row.numbers.tokens.input().unwrap_or(0);
            (row.numbers.timestamp - START, tokens, time_of(row.event))
        };
        batch.turns.iter().map(row).collect()
    }

    #[test]
    fn requests_that_a_restored_checkpoint_removed_become_copies_of_their_sum() {
        let mut task = Task::new();
        let first = [
            (1, "checkpoint_created", 0),
            (10, "api_req_started", 100),
            (15, "checkpoint_created", 0),
            (20, "api_req_started", 200),
            (30, "api_req_started", 300),
        ];
        task.messages(&first);
        let restored = [first[0], first[1], first[2], (40, "deleted_api_reqs", 500)];
        let batch = task.messages(&restored);
        assert_eq!(rows(&batch), [(10, 100, 10), (40, 500, 40), (20, 0, 40), (30, 0, 40)]);
        let rank = |at: usize| batch.turns[at].rank;
        assert!(
            rank(1) > rank(2) && rank(2) > Rank(1, 300),
            "the sum counts and its copies were replaced"
        );

        // Restored to the start after one more request: Cline's sum takes the earlier sum in.
        let mut more = restored.to_vec();
        more.push((50, "api_req_started", 7));
        task.messages(&more);
        let batch = task.messages(&[first[0], (60, "deleted_api_reqs", 607)]);
        let mut seen = rows(&batch);
        seen.sort_unstable();
        assert_eq!(
            seen,
            [
                (10, 0, 60),
                (20, 0, 60),
                (30, 0, 60),
                (40, 0, 60),
                (50, 0, 60),
                (60, 607, 60)
            ]
        );
    }

    #[test]
    fn a_sum_of_roo_leaves_earlier_sums_alone() {
        let mut task = Task::new();
        task.messages(&[(1, "text", 0), (20, "api_req_deleted", 500), (30, "api_req_started", 7)]);
        let batch = task.messages(&[(1, "text", 0), (40, "api_req_deleted", 7)]);
        assert_eq!(rows(&batch), [(40, 7, 40), (30, 0, 40)]);
    }

    #[test]
    fn requests_that_were_only_deleted_are_not_made_copies() {
        let mut task = Task::new();
        task.messages(&[(1, "text", 0), (10, "api_req_started", 1), (20, "api_req_started", 2)]);
        let batch = task.messages(&[(1, "text", 0), (10, "api_req_started", 1)]);
        assert_eq!(rows(&batch), [(10, 1, 10)]);
        assert_eq!(batch.scopes, [(Scope::Source, Presence::Gone)]);
    }

    #[test]
    fn an_unfinished_file_changes_nothing_and_a_damaged_one_is_an_error() {
        let mut task = Task::new();
        task.messages(&[(10, "api_req_started", 1)]);
        let state = task.state.clone();
        for bytes in ["", "[", r#"[{"ts":10,"say":"api_req_sta"#] {
            let batch = task.read(bytes).expect("no error");
            assert!(batch.turns.is_empty() && batch.scopes.is_empty(), "{bytes}");
            assert_eq!(batch.problems.len(), 1, "{bytes}");
            assert_eq!(task.state, state, "{bytes}");
        }
        for bytes in ["{}", "[1} ", "null", "42"] {
            assert!(task.read(bytes).is_err(), "{bytes}");
        }
    }

    #[test]
    fn one_bad_message_is_a_problem_and_the_rest_is_read() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let mut json = Vec::new();
        json.extend_from_slice(b"\xef\xbb\xbf[17, {\"type\":\"say\",\"say\":\"text\"},");
        json.extend_from_slice(b"{\"ts\":1772442000005,\"say\":\"text\",\"text\":\"\\ud83d alone, and \xff\xfe\"},");
        json.extend_from_slice(format!(r#"{{"ts":1772442000006,"say":"text","nested":{deep}}},"#).as_bytes());
        json.extend_from_slice(br#"{"ts":1772442000007,"say":"api_req_started","text":"{\"tokensIn\":\"many\"}"},"#);
        json.extend_from_slice(
            br#"{"ts":1772442000008,"say":"api_req_started","text":"{\"tokensIn\":1e99,\"tokensOut\":-1}"}]"#,
        );
        let mut task = Task::new();
        let batch = task.read(json).expect("readable");
        assert_eq!(batch.problems.len(), 3, "{:#?}", batch.problems);
        let tokens = batch.turns[0].numbers.tokens;
        assert_eq!((batch.turns.len(), tokens.output()), (1, Some(0)));
        assert_eq!(tokens.input(), Some(crate::core::tokens::MAX_COUNT));
    }
}
