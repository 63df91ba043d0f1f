//! The log of a session, which is append-only.

use super::message::{Found, Message, add, named};
use super::{RULES_VERSION, project};
use crate::agents::shared::jsonl_reader::{self, Line};
use crate::agents::shared::lenient::{Text, When, part, title};
use crate::agents::{Batch, Bookmark, Source};
use crate::core::turn::{Project, SessionInfo, Title};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::path::Path;

/// The state between reads.
#[derive(Default, Serialize, Deserialize)]
struct State {
    session: Option<String>,
    is_titled: bool,
    /// Time of the latest record.
    time: i64,
}

/// A line has one of four shapes: a header, a message, `{"$set":{…}}`, `{"$rewindTo":"…"}`.
///
/// Resuming writes the header again and then `$set.messages` with the whole history, mostly without tokens:
/// the program replaces its state with it, but the requests were made, so nothing is removed here.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default, rename = "sessionId")]
    session_id: Option<Text<'a>>,
    #[serde(borrow, default, rename = "projectHash")]
    project_hash: Option<&'a RawValue>,
    #[serde(default, rename = "startTime")]
    start_time: When,
    #[serde(borrow, default)]
    directories: Option<&'a RawValue>,
    #[serde(borrow, default)]
    summary: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "type")]
    message: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "$set")]
    set: Option<Set<'a>>,
}

#[derive(Default, Deserialize)]
struct Set<'a> {
    #[serde(borrow, default, rename = "sessionId")]
    session_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    summary: Option<&'a RawValue>,
    #[serde(borrow, default)]
    messages: Option<Vec<&'a RawValue>>,
}

/// Reads on in a log.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn read(source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
    let path = &source.path;
    jsonl_reader::read(source, from, RULES_VERSION, into, |state: &mut State, line, into| {
        let entry: Entry = serde_json::from_str(line.text)?;
        if entry.message.is_some() {
            return message(state, line, path, into);
        }
        if let Some(id) = entry.session_id.as_deref().filter(|id| !id.is_empty()) {
            state.session = Some(id.to_owned());
            state.time = state.time.max(entry.start_time.0.unwrap_or(0));
            into.session(header(&entry, id, path));
        }
        set(state, line, path, entry.set.unwrap_or_default(), into)?;
        name(state, line, path, entry.summary, into);
        Ok(())
    })
}

fn message(state: &mut State, line: &Line, path: &Path, into: &mut Batch) -> serde_json::Result<()> {
    let message: Message = serde_json::from_str(line.text)?;
    state.time = state.time.max(message.timestamp.0.unwrap_or(0));
    into.session(SessionInfo {
        updated_at: message.timestamp.0,
        ..SessionInfo::new(session(state, path))
    });
    if !state.is_titled
        && let Some(info) = named(&message, session(state, path), state.time)
    {
        state.is_titled = true;
        into.session(info);
    }
    add(&message, &found(state, line, path), into);
    Ok(())
}

fn set(state: &mut State, line: &Line, path: &Path, set: Set, into: &mut Batch) -> serde_json::Result<()> {
    if let Some(id) = set.session_id.filter(|id| !id.is_empty()) {
        state.session = Some(id.0.into_owned());
    }
    name(state, line, path, set.summary, into);
    for message in set.messages.into_iter().flatten() {
        // A snapshot has tokens only where an old session was taken over.
        let message: Message = serde_json::from_str(message.get())?;
        if message.tokens.is_some() {
            add(&message, &found(state, line, path), into);
        }
    }
    Ok(())
}

fn name(state: &State, line: &Line, path: &Path, summary: Option<&RawValue>, into: &mut Batch) {
    if let Some(text) = part::<Text>(summary).and_then(|text| title(&text)) {
        let at = i64::try_from(line.offset).unwrap_or(i64::MAX);
        into.session(SessionInfo {
            title: Some(Title::from_agent(at, text)),
            ..SessionInfo::new(session(state, path))
        });
    }
}

fn found<'a>(state: &'a State, line: &Line, path: &'a Path) -> Found<'a> {
    Found {
        session: session(state, path),
        place: line.offset,
        is_log: true,
        time: state.time,
    }
}

/// A log that lost its header is a session of its own.
fn session<'a>(state: &'a State, path: &'a Path) -> &'a str {
    let stem = || path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
    state.session.as_deref().unwrap_or_else(stem)
}

fn header(entry: &Entry, id: &str, path: &Path) -> SessionInfo {
    let parent = project::parent_session(path);
    let hash = part::<Text>(entry.project_hash);
    let project = project::of(path, hash.as_deref()).or_else(|| {
        // `"directories":["/home/dev/acme-api"]` in the headers of subagents.
        let directories: Vec<Text> = part(entry.directories)?;
        directories.into_iter().next().map(|path| path.0.into_owned())
    });
    SessionInfo {
        project: project.map(|path| Project::folder(0, path)),
        interactive: Some(parent.is_none()),
        parent_id: parent,
        started_at: entry.start_time.0,
        ..SessionInfo::new(id)
    }
}

#[cfg(test)]
mod tests {
    use crate::agents::gemini_cli::GeminiCli;
    use crate::agents::shared::testing::read_with_cuts;

    const SESSION: &str = concat!(
        r#"{"sessionId":"s1","projectHash":"66","startTime":"2026-03-02T09:00:00Z","kind":"main"}"#,
        "\n",
        r#"{"id":"u0","timestamp":"2026-03-02T09:00:00Z","type":"user","content":[{"text":"<session_context>"}]}"#,
        "\n",
        r#"{"id":"u1","timestamp":"2026-03-02T09:00:01Z","type":"user","content":[{"text":"Do it \ud83d"}]}"#,
        "\n",
        r#"{"id":"a1","timestamp":"2026-03-02T09:00:02Z","type":"gemini","content":"","tokens":null,"model":"m"}"#,
        "\n",
        r#"{"id":"a1","timestamp":"2026-03-02T09:00:02Z","type":"gemini","tokens":{"input":10,"output":1,"cached":4,"thoughts":2,"tool":3,"total":16},"model":"m","toolCalls":[{"x":"\"tokens\":{}"}]}"#,
        "\n",
        r#"{"$set":{"summary":"Done"}}"#,
        "\n",
        r#"{"$rewindTo":"u1"}"#,
        "\n",
        r#"{"sessionId":"s1","startTime":"2026-03-02T10:00:00Z"}"#,
        "\n",
        r#"{"$set":{"messages":[{"id":"a1","timestamp":"2026-03-02T10:00:00Z","type":"gemini","content":"ok"}]}}"#,
        "\n",
        r#"{"id":"a2","timestamp":"2026-03-02T10:00:02Z","type":"gemini","tokens":{"input":7,"output":1,"cached":0,"thoughts":0,"tool":0,"total":8},"model":"n"}"#,
        "\n",
        r#"{"id":"a3","timestamp":"2026-03-02T10:00:03Z","type":"gemini","tokens":{"inp"#,
    );

    const FILE: &str = "tmp/p/chats/session-1.jsonl";

    #[test]
    fn snapshots_and_rewinds_take_nothing_back() {
        let result = read_with_cuts(&GeminiCli, FILE, SESSION);
        assert_eq!(result.turns, ["s1 a1 m [9, 1, 2, 4, 0]", "s1 a2 n [7, 1, 0, 0, 0]"]);
        let session = &result.sessions["s1"];
        assert_eq!(session.title.as_ref().expect("a title").text, "Done");
        assert_eq!(session.interactive, Some(true));
        let (first, last) = (1_772_442_000_000, 1_772_445_602_000);
        assert_eq!((session.started_at, session.updated_at), (Some(first), Some(last)));
    }

    #[test]
    fn a_bad_line_is_a_problem_and_the_next_one_counts() {
        let text = concat!(
            r#"{"type":"gemini","tokens":"secret"}"#,
            "\nnonsense\n",
            r#"{"id":"a","type":"gemini","tokens":{"output":5},"model":"m"}"#,
            "\n",
        );
        let result = read_with_cuts(&GeminiCli, FILE, text);
        let expected = [
            "/tmp/p/chats/session-1.jsonl:1: an unexpected type of value at column 34",
            "/tmp/p/chats/session-1.jsonl:2: not valid JSON at column 2",
        ];
        assert_eq!(result.problems, expected);
        assert_eq!(result.turns, ["session-1 a m [0, 5, 0, 0, 0]"]);
    }
}
