//! The log of a session as Pi and everything built on it write it.

use crate::agents::shared::jsonl_reader::{self, Line};
use crate::agents::shared::lenient::{Count, Text, When, dollars, first_text, part, title};
use crate::agents::{Batch, Bookmark, Skip, Source};
use crate::core::biller::biller;
use crate::core::tokens::Tokens;
use crate::core::turn::{EventKey, Project, Rank, RecordKey, SessionInfo, Title, Turn};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::path::Path;

/// Version of the reading rules.
pub const RULES_VERSION: u32 = 1;

/// The state between reads.
#[derive(Default, Serialize, Deserialize)]
struct State {
    session: String,
    /// When the session began, for telling which of two copies is the original.
    started: Option<i64>,
    is_titled: bool,
    /// The latest time that an entry told.
    time: i64,
}

/// A line: `{"type":"session",…}` at the head, then entries.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(default)]
    timestamp: When,
    #[serde(borrow, default)]
    cwd: Option<&'a RawValue>,
    /// The file a fork was made from; `branchedFrom` in the first versions.
    #[serde(borrow, default, alias = "branchedFrom")]
    parent_session: Option<&'a RawValue>,
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
    #[serde(borrow, default)]
    provider: Option<Text<'a>>,
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    #[serde(borrow, default)]
    usage: Option<Usage<'a>>,
    #[serde(borrow, default)]
    stop_reason: Option<&'a RawValue>,
    /// When the request began.
    #[serde(default)]
    timestamp: When,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
}

/// Disjoint as it stands.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Usage<'a> {
    input: Count,
    output: Count,
    cache_read: Count,
    cache_write: Count,
    #[serde(borrow)]
    cost: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Cost {
    #[serde(default)]
    total: Option<f64>,
}

/// Reads on in the log of a session of this agent.
///
/// # Errors
/// When the file cannot be read.
pub fn read(agent_id: &str, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
    let path = &source.path;
    jsonl_reader::read(source, from, RULES_VERSION, into, |state: &mut State, line, into| {
        let entry: Entry = serde_json::from_str(line.text)?;
        if state.session.is_empty() {
            state.session = session_of(path);
        }
        state.time = state.time.max(entry.timestamp.0.unwrap_or(0));
        match entry.kind.as_deref() {
            Some("session") => state.begin(&entry, path, into),
            Some("session_info") => state.rename(&entry, into),
            Some("message") => {
                if let Some(message) = entry.message {
                    let message = serde_json::from_str(message.get())?;
                    state.message(agent_id, &entry, &message, line, into);
                }
            }
            _ => {}
        }
        Ok(())
    })
}

/// The session that a file's name tells: `2026-03-02T09-00-00-000Z_<id>.jsonl`, or `<id>.jsonl.deleted.…`.
fn session_of(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let stem = name.split(".jsonl").next().unwrap_or_default();
    stem.rsplit('_').next().unwrap_or(stem).to_owned()
}

/// The session that started a subagent: omp keeps them in a folder named like their parent's file.
fn parent_of(path: &Path) -> Option<String> {
    let (time, id) = path.parent()?.file_name()?.to_str()?.rsplit_once('_')?;
    let is_time = time.len() > 18 && time.as_bytes()[10] == b'T';
    is_time.then(|| id.to_owned())
}

impl State {
    fn begin(&mut self, entry: &Entry, path: &Path, into: &mut Batch) {
        if let Some(id) = entry.id.as_deref().filter(|id| !id.is_empty()) {
            id.clone_into(&mut self.session);
        }
        self.started = entry.timestamp.0;
        let parent_id = parent_of(path);
        let origin = part::<Text>(entry.parent_session).filter(|origin| !origin.is_empty());
        let cwd = part::<Text>(entry.cwd).filter(|cwd| !cwd.is_empty());
        into.session(SessionInfo {
            project: cwd.map(|cwd| Project::folder(self.time, cwd.0.into_owned())),
            interactive: Some(parent_id.is_none()),
            forked_from: origin
                .filter(|_| parent_id.is_none())
                .map(|origin| session_of(Path::new(&*origin.replace('\\', "/")))),
            parent_id,
            started_at: entry.timestamp.0,
            ..SessionInfo::new(&*self.session)
        });
    }

    fn rename(&self, entry: &Entry, into: &mut Batch) {
        if let Some(text) = part::<Text>(entry.name).and_then(|name| title(&name)) {
            let given = Title::from_user(self.time, text);
            into.session(SessionInfo {
                title: Some(given),
                ..SessionInfo::new(&*self.session)
            });
        }
    }

    fn message(&mut self, agent_id: &str, entry: &Entry, message: &Message, line: &Line, into: &mut Batch) {
        let time = message.timestamp.0.or(entry.timestamp.0);
        self.time = self.time.max(time.unwrap_or(0));
        let mut info = SessionInfo {
            updated_at: time,
            ..SessionInfo::new(&*self.session)
        };
        match message.role.as_deref() {
            Some("user") if !self.is_titled => {
                let words = first_text(message.content).and_then(|text| title(&text));
                info.title = words.map(|text| Title::from_prompt(self.time, text));
                self.is_titled = info.title.is_some();
            }
            Some("assistant") => self.reply(agent_id, entry, message, line, into),
            _ => {}
        }
        into.session(info);
    }

    fn reply(&self, agent_id: &str, entry: &Entry, message: &Message, line: &Line, into: &mut Batch) {
        let none = Usage::default();
        let usage = message.usage.as_ref().unwrap_or(&none);
        let cost = part::<Cost>(usage.cost).and_then(|cost| dollars(cost.total));
        let counts = [usage.input, usage.output, usage.cache_read, usage.cache_write].map(|count| count.0);
        let [input, output, read, write] = counts;
        let tokens = Tokens::new(input, output, 0, read, write);
        if tokens.is_zero() && cost.is_none_or(|cost| cost.nanos() == 0) {
            let stop = part::<Text>(message.stop_reason);
            let has_failed = matches!(stop.as_deref(), Some("error" | "aborted"));
            return into.skip(if has_failed { Skip::Failed } else { Skip::Uncounted });
        }
        let (provider, model) = (
            message.provider.as_deref().unwrap_or(""),
            message.model.as_deref().unwrap_or(""),
        );
        let id = entry.id.as_deref().unwrap_or("");
        // Forks copy entries, and old files get new entry ids when they are opened: what stays the same in every copy
        // is when the request began, to the millisecond, and what it used.
        let key = match message.timestamp.0.or(entry.timestamp.0) {
            Some(time) => format!("{provider}\0{model}\0{time}\0{counts:?}"),
            None => format!("{}\0{id}\0{}", self.session, line.offset),
        };
        into.turn(&Turn {
            session_id: &self.session,
            message_id: id,
            record: RecordKey::of(&key),
            event: EventKey::of(agent_id, &key),
            // The older session had it first.
            rank: Rank(self.started.map_or(0, |started| u64::MAX - started.unsigned_abs()), 0),
            provider_id: provider_id(provider, model),
            model_id: model,
            tokens,
            cost,
            timestamp: message.timestamp.0.or(entry.timestamp.0).unwrap_or(self.time),
            place: line.offset,
            ..Turn::PLAIN
        });
    }
}

fn provider_id<'a>(provider: &'a str, model: &str) -> &'a str {
    biller(provider, model).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::pi::Pi;
    use crate::agents::shared::testing::read_with_cuts;

    const FILE: &str = "sessions/--home-dev--/2026-03-02T09-00-00-000Z_p1.jsonl";
    const SESSION: &str = concat!(
        r#"{"type":"session","version":3,"id":"p1","timestamp":"2026-03-02T09:00:00Z","cwd":"/home/dev/acme","parentSession":"C:\\x\\2026_p0.jsonl"}"#,
        "\n",
        r#"{"type":"message","id":"e1","parentId":null,"timestamp":"2026-03-02T09:00:01Z","message":{"role":"user","content":[{"type":"text","text":"Do it \ud83d"}],"timestamp":1772442001000}}"#,
        "\n",
        r#"{"type":"message","id":"e2","parentId":"e1","timestamp":"2026-03-02T09:00:09Z","message":{"role":"assistant","provider":"openai-codex","model":"gpt-5","usage":{"input":10,"output":5,"cacheRead":null,"cacheWrite":-1,"totalTokens":15,"cost":{"input":0.1,"total":0.25}},"stopReason":"stop","timestamp":1772442002000}}"#,
        "\n",
        r#"{"type":"message","id":"e3","parentId":"e1","timestamp":"2026-03-02T09:00:10Z","message":{"role":"assistant","model":"claude-x","usage":{"input":10,"output":6,"cost":-3}}}"#,
        "\n",
        r#"{"type":"message","id":"e4","parentId":"e1","timestamp":"2026-03-02T09:00:11Z","message":{"role":"assistant","provider":"x","model":"y","usage":{"input":0,"output":0},"stopReason":"error"}}"#,
        "\n",
        r#"{"type":"compaction","id":"e5","timestamp":"2026-03-02T09:00:12Z","tokensBefore":100000,"usage":{"input":7}}"#,
        "\n",
        r#"{"type":"session_info","id":"e6","timestamp":"2026-03-02T09:00:13Z","name":"Mine"}"#,
        "\n",
        r#"{"type":"message","id":"e7","message":{"role":"assistant","provider":"openai-codex"#,
    );

    #[test]
    fn counts_every_branch() {
        let told = read_with_cuts(&Pi, FILE, SESSION);
        assert_eq!(
            told.turns,
            ["p1 e2 gpt-5 [10, 5, 0, 0, 0]", "p1 e3 claude-x [10, 6, 0, 0, 0]"]
        );
        let session = &told.sessions["p1"];
        assert_eq!(session.title.as_ref().expect("a title").text, "Mine");
        assert_eq!(session.forked_from.as_deref(), Some("p0"));
        assert_eq!(session.interactive, Some(true));
        assert_eq!(session.updated_at, Some(1_772_442_011_000));
        assert!(told.problems.is_empty());
    }

    #[test]
    fn a_file_that_was_given_new_ids_holds_the_same_turns() {
        let before = read_with_cuts(&Pi, FILE, SESSION);
        let after = read_with_cuts(
            &Pi,
            FILE,
            &SESSION.replace("\"e2\"", "\"f2\"").replace("\"e3\"", "\"f3\""),
        );
        let events = |told: &crate::agents::shared::testing::ReadResult| told.events();
        assert_eq!(events(&before), events(&after));
    }

    #[test]
    fn names_tell_sessions_and_parents() {
        assert_eq!(session_of(Path::new("/s/2026-03-02T09-00-00-000Z_0a.jsonl")), "0a");
        assert_eq!(
            session_of(Path::new("/s/0a.jsonl.deleted.2026-04-13T00-53-49.392Z")),
            "0a"
        );
        assert_eq!(
            parent_of(Path::new("/s/2026-03-02T09-00-00-000Z_0a/1-Task.jsonl")).as_deref(),
            Some("0a")
        );
        assert_eq!(parent_of(Path::new("/s/--home-dev_x--/2026_0a.jsonl")), None);
        assert_eq!(provider_id("openai-codex", ""), "openai");
        assert_eq!(provider_id("my-gateway", "claude-x"), "my-gateway");
        assert_eq!(provider_id("", "claude-x"), "anthropic");
    }
}
