//! The events of a session: exact sums where a segment was shut down, the output of each reply where it was not.

use super::{ID, RULES_VERSION};
use crate::agents::shared::jsonl_reader::{self, Line};
use crate::agents::shared::lenient::{Count, Text, When, first_text, part, title};
use crate::agents::{Batch, Bookmark, Skip, Source};
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, EventKey, Project, Rank, RecordKey, SessionInfo, Title, Turn};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The provider of every turn.
const PROVIDER: &str = "github-copilot";

/// The state between reads.
#[derive(Default, Serialize, Deserialize)]
struct State {
    session: String,
    /// From one start, resume or shutdown to the next; named after the event that began it.
    segment: String,
    /// How many segments came before.
    segments: u64,
    model: String,
    is_titled: bool,
    /// Ids of the shutdowns so far: one that is written again ends nothing.
    #[serde(default)]
    ended_by: BTreeSet<String>,
    /// The latest time that an event told.
    time: i64,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(default)]
    timestamp: When,
}

/// `{"sessionId":"…","startTime":"…","context":{"cwd":"…","gitRoot":"…","model":"…"}}`; resuming tells only the context.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Start<'a> {
    #[serde(borrow, default)]
    session_id: Option<Text<'a>>,
    #[serde(default)]
    start_time: When,
    #[serde(borrow, default)]
    context: Option<Context<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    #[serde(borrow, default)]
    cwd: Option<Text<'a>>,
    #[serde(borrow, default)]
    git_root: Option<Text<'a>>,
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModelChange<'a> {
    #[serde(borrow, default)]
    new_model: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct UserMessage<'a> {
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply<'a> {
    #[serde(borrow, default)]
    message_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    #[serde(default)]
    output_tokens: Count,
}

/// `{"modelMetrics":{"gpt-5.4":{"requests":{"count":3,"cost":1},"usage":{…}}}}`; its `cost` are premium requests.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shutdown<'a> {
    #[serde(borrow, default)]
    model_metrics: Option<BTreeMap<Text<'a>, &'a RawValue>>,
}

#[derive(Default, Deserialize)]
struct Metrics<'a> {
    #[serde(borrow, default)]
    requests: Option<&'a RawValue>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Requests {
    #[serde(default)]
    count: Count,
}

/// Both kinds of cache are inside the input, reasoning is inside the output.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Usage {
    input_tokens: Count,
    output_tokens: Count,
    cache_read_tokens: Count,
    cache_write_tokens: Count,
    reasoning_tokens: Count,
}

impl Usage {
    fn tokens(self) -> Tokens {
        let (read, write) = (self.cache_read_tokens.0, self.cache_write_tokens.0);
        let input = self.input_tokens.0.saturating_sub(read).saturating_sub(write);
        let reasoning = self.reasoning_tokens.0;
        let output = self.output_tokens.0.saturating_sub(reasoning);
        Tokens::new(input, output, reasoning, read, write)
    }
}

/// Reads on in an event log.
///
/// # Errors
/// When the file cannot be read.
pub fn read(source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
    jsonl_reader::read(source, from, RULES_VERSION, into, |state: &mut State, line, into| {
        if state.session.is_empty() {
            state.session = session_of(&source.path);
        }
        state.event(line, into)
    })
}

/// The session that a path names: its folder, or before sessions had folders the file.
fn session_of(path: &Path) -> String {
    let name = match path.file_name().and_then(|name| name.to_str()) {
        Some("events.jsonl") => path.parent().and_then(Path::file_name),
        _ => path.file_stem(),
    };
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// `openai/gpt-5.4` → `gpt-5.4`.
fn bare(model: &str) -> &str {
    model.rsplit('/').next().unwrap_or(model)
}

impl State {
    fn event(&mut self, line: &Line, into: &mut Batch) -> serde_json::Result<()> {
        let event: Event = serde_json::from_str(line.text)?;
        self.time = self.time.max(event.timestamp.0.unwrap_or(0));
        let Some(data) = event.data else {
            return Ok(());
        };
        match event.kind.as_deref() {
            Some("session.start" | "session.resume") => {
                self.start(&event, serde_json::from_str(data.get())?, line, into)
            }
            Some("session.model_change") => {
                let change: ModelChange = serde_json::from_str(data.get())?;
                if let Some(model) = change.new_model {
                    bare(&model).clone_into(&mut self.model);
                }
            }
            Some("user.message") if !self.is_titled => {
                let words = part::<UserMessage>(Some(data)).and_then(|message| first_text(message.content));
                if let Some(text) = words.and_then(|text| title(&text)) {
                    self.is_titled = true;
                    // The greatest counts: the earliest text must have the greatest.
                    let first = Title::from_prompt(self.time, text);
                    into.session(SessionInfo {
                        title: Some(first),
                        ..SessionInfo::new(&*self.session)
                    });
                }
            }
            Some("assistant.message") => self.reply(&event, &serde_json::from_str(data.get())?, line, into),
            Some("session.shutdown") => self.shutdown(&event, serde_json::from_str(data.get())?, line, into)?,
            _ => return Ok(()),
        }
        into.session(SessionInfo {
            updated_at: event.timestamp.0,
            ..SessionInfo::new(&*self.session)
        });
        Ok(())
    }

    fn begin_segment(&mut self, event: &Event, line: &Line) {
        self.segments += 1;
        self.segment = match event.id.as_deref() {
            None | Some("") => format!("{}\0@{}", self.session, line.offset),
            Some(id) => format!("{}\0{id}", self.session),
        };
    }

    fn start(&mut self, event: &Event, start: Start, line: &Line, into: &mut Batch) {
        if let Some(id) = start.session_id.filter(|id| !id.is_empty()) {
            self.session = id.0.into_owned();
        }
        self.begin_segment(event, line);
        let mut info = SessionInfo {
            interactive: Some(true),
            started_at: start.start_time.0.or(event.timestamp.0),
            ..SessionInfo::new(&*self.session)
        };
        if let Some(context) = start.context {
            if let Some(model) = context.model {
                bare(&model).clone_into(&mut self.model);
            }
            let filled = |path: Option<Text>| path.filter(|path| !path.is_empty()).map(|path| path.0.into_owned());
            let root = filled(context.git_root).map(|path| Project::repository(self.time, path));
            let cwd = filled(context.cwd).map(|path| Project::folder(self.time, path));
            info.project = root.or(cwd);
        }
        into.session(info);
    }

    /// A reply's output, which counts as long as no shutdown has summed up its segment.
    fn reply(&self, event: &Event, reply: &Reply, line: &Line, into: &mut Batch) {
        let output = reply.output_tokens.0;
        if output == 0 {
            return into.skip(Skip::Uncounted);
        }
        let ids = [reply.message_id.as_deref(), event.id.as_deref()];
        let id = ids.into_iter().flatten().find(|id| !id.is_empty()).unwrap_or("");
        let key = match id {
            "" => format!("{}\0@{}", self.session, line.offset),
            id => format!("{}\0{id}", self.session),
        };
        let tokens = Tokens::new(0, output, 0, 0, 0)
            .without(Bucket::Input)
            .without(Bucket::Reasoning)
            .without(Bucket::CacheRead)
            .without(Bucket::CacheWrite);
        into.turn(&Turn {
            session_id: &self.session,
            message_id: id,
            record: RecordKey::of(&key),
            event: EventKey::of(ID, &key),
            // A reply is written more than once while it grows: the largest counts. Resuming may write it again:
            // it belongs to the segment it was made in, which may be summed up already.
            rank: Rank(u64::MAX - self.segments, output),
            segment: Some(&self.segment),
            provider_id: PROVIDER,
            model_id: reply.model.as_deref().map_or(&*self.model, bare),
            tokens,
            accuracy: Accuracy::Partial,
            timestamp: event.timestamp.0.unwrap_or(self.time),
            place: line.offset,
            ..Turn::PLAIN
        });
    }

    /// The sums of the segment that ends here, one row per model. They take the place of its replies; a shutdown
    /// without any sums (`"modelMetrics":{}`) replaces nothing: replies in such a segment were made and stay.
    ///
    /// The error is that of the first model whose sums cannot be read; those of the others count.
    fn shutdown(&mut self, event: &Event, shutdown: Shutdown, line: &Line, into: &mut Batch) -> serde_json::Result<()> {
        let id = event.id.as_deref().filter(|id| !id.is_empty());
        if id.is_some_and(|id| !self.ended_by.insert(id.to_owned())) {
            into.skip(Skip::Repeated);
            return Ok(());
        }
        let segment = std::mem::take(&mut self.segment);
        self.begin_segment(event, line);
        let mut told = Ok(());
        for (model, metrics) in shutdown.model_metrics.unwrap_or_default() {
            let metrics: Metrics = match serde_json::from_str::<Option<_>>(metrics.get()) {
                Ok(metrics) => metrics.unwrap_or_default(),
                Err(error) => {
                    told = told.and(Err(error));
                    continue;
                }
            };
            let tokens = metrics.usage.unwrap_or_default().tokens();
            if tokens.is_zero() {
                into.skip(Skip::Uncounted);
                continue;
            }
            let key = format!("{}\0{}", self.segment, &*model);
            let count = part::<Requests>(metrics.requests).map_or(0, |requests| requests.count.0);
            into.turn(&Turn {
                session_id: &self.session,
                record: RecordKey::of(&key),
                event: EventKey::of(ID, &key),
                rank: Rank(u64::MAX, tokens.known_total()),
                supersedes: Some(&segment),
                provider_id: PROVIDER,
                model_id: bare(&model),
                tokens,
                requests: u32::try_from(count).ok().filter(|&count| count > 0),
                timestamp: event.timestamp.0.unwrap_or(self.time),
                place: line.offset,
                ..Turn::PLAIN
            });
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use crate::agents::copilot_cli::CopilotCli;
    use crate::agents::shared::testing::read_with_cuts;

    const FILE: &str = ".copilot/session-state/s1/events.jsonl";
    const SESSION: &str = concat!(
        r#"{"type":"session.start","data":{"sessionId":"s1","startTime":"2026-03-02T09:00:00Z","context":{"cwd":"/home/dev/acme/sub","gitRoot":"/home/dev/acme","model":"gpt-5"}},"id":"e1","timestamp":"2026-03-02T09:00:00Z"}"#,
        "\n",
        r#"{"type":"user.message","data":{"content":"Do it \ud83d"},"id":"e2","timestamp":"2026-03-02T09:00:01Z"}"#,
        "\n",
        r#"{"type":"assistant.message","data":{"messageId":"m1","content":"\"type\":\"session.shutdown\"","outputTokens":5},"id":"e3","timestamp":"2026-03-02T09:00:02Z"}"#,
        "\n",
        r#"{"type":"assistant.message","data":{"messageId":"m1","outputTokens":9},"id":"e4","timestamp":"2026-03-02T09:00:03Z"}"#,
        "\n",
        r#"{"type":"session.shutdown","data":{"modelMetrics":{"openai/gpt-5":{"requests":{"count":2,"cost":1},"usage":{"inputTokens":100,"outputTokens":9,"cacheReadTokens":40,"cacheWriteTokens":10,"reasoningTokens":4}},"idle":{"usage":null}}},"id":"e5","timestamp":"2026-03-02T09:01:00Z"}"#,
        "\n",
        r#"{"type":"session.resume","data":{},"id":"e6","timestamp":"2026-03-02T10:00:00Z"}"#,
        "\n",
        r#"{"type":"session.model_change","data":{"newModel":"anthropic/claude-x"},"id":"e7","timestamp":"2026-03-02T10:00:01Z"}"#,
        "\n",
        r#"{"type":"assistant.message","data":{"messageId":"m1","outputTokens":9},"id":"e8","timestamp":"2026-03-02T10:00:02Z"}"#,
        "\n",
        r#"{"type":"assistant.message","data":{"messageId":"m2","outputTokens":3,"toolRequests":null},"id":"e9","timestamp":"2026-03-02T10:00:03Z"}"#,
        "\n",
        r#"{"type":"assistant.message","data":{"messageId":"m3","outputTokens":null},"id":"ea","timestamp":"2026-03-02T10:00:04Z"}"#,
        "\n",
        r#"{"type":"session.shutdown","data":{"modelMetrics":{}},"id":"eb","timestamp":"2026-03-02T10:01:00Z"}"#,
        "\n",
        r#"{"type":"session.shut"#,
    );

    #[test]
    fn a_shutdown_takes_the_place_of_the_replies_of_its_segment() {
        let told = read_with_cuts(&CopilotCli, FILE, SESSION);
        let turns = [
            "s1 m1 gpt-5 [-, 5, -, -, -]",
            "s1 m1 gpt-5 [-, 9, -, -, -]",
            "s1  gpt-5 [50, 5, 4, 40, 10]",
            "s1 m1 claude-x [-, 9, -, -, -]",
            "s1 m2 claude-x [-, 3, -, -, -]",
        ];
        assert_eq!(told.turns, turns);
        // What was written again after resuming is the old reply; the empty shutdown leaves the new one alone.
        assert_eq!(told.counted(), [turns[2], turns[4]]);
        let session = &told.sessions["s1"];
        assert_eq!(session.project.as_ref().expect("a project").path, "/home/dev/acme");
        assert_eq!(session.title.as_ref().expect("a title").rank, 0);
        assert!(told.problems.is_empty());
    }

    #[test]
    fn a_crashed_segment_and_one_that_lost_its_start_keep_their_replies() {
        let text = concat!(
            r#"{"type":"assistant.message","data":{"messageId":"m1","outputTokens":5,"model":"a"},"id":"e1"}"#,
            "\n",
            r#"{"type":"session.start","data":{"sessionId":"s1"},"id":"e2","timestamp":"2026-03-02T09:00:00Z"}"#,
            "\n",
            r#"{"type":"assistant.message","data":{"messageId":"m2","outputTokens":6,"model":"a"},"id":"e3"}"#,
            "\n",
            r#"{"type":"session.resume","data":{},"id":"e4","timestamp":"2026-03-02T10:00:00Z"}"#,
            "\n",
            r#"{"type":"session.shutdown","data":{"modelMetrics":{"a":{"usage":{"outputTokens":7}}}},"id":"e5"}"#,
            "\n",
        );
        let told = read_with_cuts(&CopilotCli, FILE, text);
        assert_eq!(
            told.counted(),
            [
                "s1 m1 a [-, 5, -, -, -]",
                "s1 m2 a [-, 6, -, -, -]",
                "s1  a [0, 7, 0, 0, 0]"
            ]
        );
    }

    #[test]
    fn a_shutdown_that_is_written_again_ends_nothing() {
        let (start, shutdown) = (
            SESSION.find("\n").expect("a line"),
            SESSION.find("{\"type\":\"session.resume"),
        );
        let (start, closed) = (&SESSION[..=start], &SESSION[..shutdown.expect("a line")]);
        let last = closed.trim_end().rsplit('\n').next().expect("a line");
        let sums = ["s1  gpt-5 [50, 5, 4, 40, 10]"];
        assert_eq!(read_with_cuts(&CopilotCli, FILE, closed).counted(), sums);
        for again in [last, closed, &format!("{start}{last}")] {
            let told = read_with_cuts(&CopilotCli, FILE, &format!("{closed}{again}\n"));
            assert_eq!(told.counted(), sums, "{again}");
        }
    }

    #[test]
    fn one_models_odd_sums_do_not_cost_the_others() {
        for (odd, problems) in [
            ("null", 0),
            (r#"{"requests":{"count":"1"},"usage":null}"#, 0),
            (r#"{"usage":"x"}"#, 1),
        ] {
            let told = read_with_cuts(&CopilotCli, FILE, &SESSION.replace(r#"{"usage":null}"#, odd));
            assert_eq!(told.counted()[0], "s1  gpt-5 [50, 5, 4, 40, 10]");
            assert_eq!(told.problems.len(), problems, "{odd}");
        }
    }
}
