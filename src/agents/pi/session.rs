//! The log of a session as Pi and everything built on it write it.

use super::request::{Request, Session, is_cut};
use super::usage::Usage;
use crate::agents::shared::jsonl_reader::{self, Line};
use crate::agents::shared::lenient::{Text, When, part, title};
use crate::agents::shared::words::first_words;
use crate::agents::{Batch, Bookmark, Skip, Source};
use crate::core::turn::{Project, SessionInfo, Title};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::path::{Component, Path};

/// Version of the reading rules.
pub(crate) const RULES_VERSION: u32 = 9;

/// Other agents that answer for OpenClaw and record what they use: provider and interface.
const AGENTS: [(&str, &str); 5] = [
    ("claude-cli", "cli"),
    ("codex-cli", "cli"),
    ("gemini-cli", "cli"),
    ("google-gemini-cli", "cli"),
    // A thread of Codex that it supervises.
    ("codex", "openai-chatgpt-responses"),
];

/// The state between reads.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {
    session: String,
    /// When the session began, for telling which of two copies is the original.
    started: Option<i64>,
    is_titled: bool,
    /// The latest time of an entry.
    time: i64,
    /// Provider and model at this place.
    #[serde(default)]
    model: (String, String),
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
    #[serde(borrow, default)]
    parent_session: Option<&'a RawValue>,
    #[serde(borrow, default)]
    branched_from: Option<&'a RawValue>,
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    /// Of a `title` record, in omp.
    #[serde(borrow, default)]
    title: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    /// Usage of a request that no message records: it wrote a summary.
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    provider: Option<&'a RawValue>,
    #[serde(borrow, default)]
    model_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
    #[serde(borrow, default)]
    stop_reason: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
    #[serde(borrow, default)]
    api: Option<&'a RawValue>,
    #[serde(borrow, default)]
    provider: Option<Text<'a>>,
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    /// The model that answered, where it is another one: a router or a fallback chose it.
    #[serde(borrow, default)]
    response_model: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<Usage<'a>>,
    #[serde(borrow, default)]
    stop_reason: Option<&'a RawValue>,
    /// When the request began.
    #[serde(default)]
    timestamp: When,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    /// Of the result of a tool: its name, and what the tool adds for its own use.
    #[serde(borrow, default)]
    tool_name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    details: Option<&'a RawValue>,
}

/// Reads on in the log of a session of this agent.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn read(agent_id: &str, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
    jsonl_reader::read(source, from, RULES_VERSION, into, |state: &mut State, line, into| {
        state.read(agent_id, &source.path, line, into)
    })
}

/// The session in a file's name: `2026-03-02T09-00-00-000Z_<id>.jsonl`, or `<id>.jsonl.deleted.…`.
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
    /// Of a session whose id is known before its first entry.
    pub(crate) fn of(session: &str) -> Self {
        Self {
            session: session.to_owned(),
            ..Self::default()
        }
    }

    fn session(&self) -> Session<'_> {
        Session {
            id: &self.session,
            started: self.started,
            time: self.time,
        }
    }

    /// Reads one entry of the log at `path`.
    ///
    /// # Errors
    /// When it is no entry.
    pub(crate) fn read(
        &mut self,
        agent_id: &str,
        path: &Path,
        line: &Line,
        into: &mut Batch,
    ) -> serde_json::Result<()> {
        let entry: Entry = serde_json::from_str(line.text)?;
        if self.session.is_empty() {
            self.session = session_of(path);
        }
        self.time = self.time.max(entry.timestamp.0.unwrap_or(0));
        match entry.kind.as_deref() {
            Some("session") => self.begin(&entry, path, into),
            Some("session_info") => self.rename(entry.name, into),
            Some("title") => self.rename(entry.title.or(entry.name), into),
            Some("model_change") => self.change_model(&entry),
            Some("message") => {
                if let Some(message) = entry.message {
                    let message = serde_json::from_str(message.get())?;
                    self.message(agent_id, path, &entry, &message, line, into);
                }
            }
            None => {}
            // `compaction`, `branch_summary`, `usage` and whatever else asks a model outside of messages.
            Some(_) => {
                if let Some(usage) = part::<Usage>(entry.usage) {
                    self.summary(agent_id, &entry, &usage, line, into);
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self, entry: &Entry, path: &Path, into: &mut Batch) {
        if let Some(id) = entry.id.as_deref().filter(|id| !id.is_empty()) {
            id.clone_into(&mut self.session);
        }
        self.started = entry.timestamp.0;
        let parent_id = parent_of(path);
        let origin = part::<Text>(entry.parent_session.or(entry.branched_from)).filter(|origin| !origin.is_empty());
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

    /// `{"type":"model_change","provider":"openai","modelId":"gpt-5"}`; omp writes `"model":"openai/gpt-5"`.
    fn change_model(&mut self, entry: &Entry) {
        let text = |raw| part::<Text>(raw).map(|text| text.0.into_owned());
        if let Some(model) = text(entry.model_id) {
            self.model = (text(entry.provider).unwrap_or_default(), model);
        } else if let Some(named) = text(entry.model) {
            let (provider, model) = named.split_once('/').unwrap_or(("", &named));
            self.model = (provider.to_owned(), model.to_owned());
        }
    }

    fn summary(&self, agent_id: &str, entry: &Entry, usage: &Usage, line: &Line, into: &mut Batch) {
        // `{"type":"usage","kind":"cache_warm","provider":"anthropic","model":"…"}`, and omp's `model_usage`, name whom they
        // asked.
        let own = part::<Text>(entry.model).zip(part::<Text>(entry.provider));
        let (provider, model) = match &own {
            Some((model, provider)) => (&**provider, &**model),
            None => (&*self.model.0, &*self.model.1),
        };
        let request = Request {
            provider,
            model,
            answered: None,
            usage,
            time: entry.timestamp.0,
            id: entry.id.as_deref().unwrap_or(""),
            is_cut: is_cut(entry.stop_reason),
            requests: Some(1),
        };
        if !request.add(agent_id, &self.session(), line, into) {
            into.skip(Skip::Uncounted);
        }
    }

    /// What a tool asked of models. Pi sums it up without naming them; omp's images name theirs among the details.
    fn tool(&self, agent_id: &str, entry: &Entry, message: &Message, line: &Line, into: &mut Batch) {
        #[derive(Deserialize)]
        struct Image<'a> {
            #[serde(borrow)]
            provider: Text<'a>,
            #[serde(borrow)]
            model: Text<'a>,
            #[serde(borrow)]
            usage: Usage<'a>,
        }
        let image = part::<Text>(message.tool_name)
            .filter(|name| &**name == "generate_image" && message.usage.is_none())
            .and_then(|_| part::<Image>(message.details));
        let (provider, model, usage, requests) = match (&image, &message.usage) {
            (Some(image), _) => (&*image.provider, &*image.model, &image.usage, Some(1)),
            (None, Some(usage)) => ("", "", usage, None),
            (None, None) => return,
        };
        let request = Request {
            provider,
            model,
            answered: None,
            usage,
            time: message.timestamp.0.or(entry.timestamp.0),
            id: entry.id.as_deref().unwrap_or(""),
            is_cut: false,
            requests,
        };
        if !request.add(agent_id, &self.session(), line, into) {
            into.skip(Skip::Uncounted);
        }
    }

    fn rename(&self, name: Option<&RawValue>, into: &mut Batch) {
        if let Some(text) = part::<Text>(name).and_then(|name| title(&name)) {
            let given = Title::from_user(self.time, text);
            into.session(SessionInfo {
                title: Some(given),
                ..SessionInfo::new(&*self.session)
            });
        }
    }

    fn message(
        &mut self,
        agent_id: &str,
        path: &Path,
        entry: &Entry,
        message: &Message,
        line: &Line,
        into: &mut Batch,
    ) {
        let time = message.timestamp.0.or(entry.timestamp.0);
        self.time = self.time.max(time.unwrap_or(0));
        let mut info = SessionInfo {
            updated_at: time,
            ..SessionInfo::new(&*self.session)
        };
        match message.role.as_deref() {
            Some("user") if !self.is_titled => {
                let words = first_words(message.content).and_then(|text| title(&text));
                info.title = words.map(|text| Title::from_prompt(self.time, text));
                self.is_titled = info.title.is_some();
            }
            Some("assistant") => self.reply(agent_id, entry, message, line, into),
            Some("toolResult") if has_sessions(message, path) => into.skip(Skip::Repeated),
            Some("toolResult") => self.tool(agent_id, entry, message, line, into),
            _ => {}
        }
        into.session(info);
    }

    fn reply(&mut self, agent_id: &str, entry: &Entry, message: &Message, line: &Line, into: &mut Batch) {
        let (provider, model) = (
            message.provider.as_deref().unwrap_or(""),
            message.model.as_deref().unwrap_or(""),
        );
        if !model.is_empty() {
            self.model = (provider.to_owned(), model.to_owned());
        }
        let api = part::<Text>(message.api).unwrap_or_default();
        if AGENTS.contains(&(provider, &*api)) || is_imported(entry) {
            return into.skip(Skip::Repeated);
        }
        let none = Usage::default();
        let usage = message.usage.as_ref().unwrap_or(&none);
        let is_cut = is_cut(message.stop_reason);
        let answered = part::<Text>(message.response_model).filter(|model| !model.is_empty());
        let request = Request {
            provider,
            model,
            answered: answered.as_deref(),
            usage,
            time: message.timestamp.0.or(entry.timestamp.0),
            id: entry.id.as_deref().unwrap_or(""),
            is_cut,
            requests: usage.requests(),
        };
        if !request.add(agent_id, &self.session(), line, into) {
            into.skip(if is_cut { Skip::Failed } else { Skip::Uncounted });
        }
    }
}

/// Whether omp took an entry over from a session of Claude Code, which counts it: `claude-<uuid>-<block>-<number>`.
fn is_imported(entry: &Entry) -> bool {
    let number = entry
        .id
        .as_deref()
        .and_then(|id| id.strip_prefix("claude-")?.rsplit_once('-'));
    number.is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a tool's usage is that of subagents whose own sessions are on disk, where it counts: the details list them, as in
/// `{"results":[{"sessionFile":"…"}]}`, or they are in the folder beside the session at `path`. One that is on disk stands for
/// all: how much each of them used is not recorded.
fn has_sessions(message: &Message, path: &Path) -> bool {
    if message.usage.is_none() {
        return false;
    }
    let name = part::<Text>(message.tool_name).unwrap_or_default();
    let has_folder = path.with_extension("").is_dir();
    if name.to_ascii_lowercase().contains("subagent") && has_folder {
        return true;
    }
    #[derive(Deserialize)]
    struct Details<'a> {
        #[serde(borrow)]
        results: Vec<&'a RawValue>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Run<'a> {
        #[serde(borrow)]
        session_file: Text<'a>,
    }
    part::<Details>(message.details).is_some_and(|details| {
        let runs = details.results.into_iter().filter_map(|run| part::<Run>(Some(run)));
        let mut named = runs.filter(|run| !run.session_file.is_empty());
        named.any(|run| has_folder || is_stored(&run.session_file, path))
    })
}

/// Whether a session is in the same store as the one at `path`, wherever the store was when the session was named.
fn is_stored(session: &str, path: &Path) -> bool {
    const STORE: &str = "sessions";
    let store = path.ancestors().find(|folder| folder.ends_with(STORE));
    let place = session.replace('\\', "/");
    let place = place
        .rsplit_once(&format!("/{STORE}/"))
        .map(|(_, place)| Path::new(place).to_owned());
    let is_plain = |place: &Path| place.components().all(|part| matches!(part, Component::Normal(_)));
    store
        .zip(place)
        .is_some_and(|(store, place)| is_plain(&place) && store.join(place).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::pi::Pi;
    use crate::agents::pi::request::provider_id;
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
        let result = read_with_cuts(&Pi, FILE, SESSION);
        assert_eq!(
            result.turns,
            [
                "p1 e2 gpt-5 [10, 5, 0, 0, 0]",
                "p1 e3 claude-x [10, 6, 0, 0, 0]",
                "p1 e5 y [7, 0, 0, 0, 0]"
            ]
        );
        let session = &result.sessions["p1"];
        assert_eq!(session.title.as_ref().expect("a title").text, "Mine");
        assert_eq!(session.forked_from.as_deref(), Some("p0"));
        assert_eq!(session.interactive, Some(true));
        assert_eq!(session.updated_at, Some(1_772_442_011_000));
        assert!(result.problems.is_empty());
    }

    #[test]
    fn a_file_that_was_given_new_ids_holds_the_same_turns() {
        let before = read_with_cuts(&Pi, FILE, SESSION);
        let after = read_with_cuts(
            &Pi,
            FILE,
            &SESSION.replace("\"e2\"", "\"f2\"").replace("\"e3\"", "\"f3\""),
        );
        let events = |result: &crate::agents::shared::testing::ReadResult| result.events();
        assert_eq!(events(&before), events(&after));
    }

    #[test]
    fn a_copy_without_times_holds_the_same_turns() {
        let reply = r#"{"type":"message","id":"e1","message":{"role":"assistant","provider":"x","model":"y","usage":{"input":7}}}"#;
        let log = |session: &str| format!("{{\"type\":\"session\",\"id\":\"{session}\"}}\n{reply}\n");
        let events = |session: &str| read_with_cuts(&Pi, FILE, &log(session)).events();
        assert_eq!(events("p1"), events("p2"));
    }

    #[test]
    fn file_names_hold_sessions_and_parents() {
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
