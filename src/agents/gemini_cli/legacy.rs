//! A session of versions before the log: one JSON object, rewritten with each message.

use super::message::{Found, Message, add, named};
use super::{RULES_VERSION, project};
use crate::agents::shared::json_file::{self, parse_text};
use crate::agents::shared::lenient::{Text, When, part, reason, title};
use crate::agents::{Batch, Bookmark, Source};
use crate::core::problem::Problem;
use crate::core::turn::{Project, SessionInfo, Title};
use anyhow::Result;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Session<'a> {
    #[serde(borrow, rename = "sessionId")]
    id: Text<'a>,
    #[serde(borrow, default, rename = "projectHash")]
    project_hash: Option<&'a RawValue>,
    #[serde(default, rename = "startTime")]
    start_time: When,
    #[serde(borrow, default)]
    summary: Option<&'a RawValue>,
    #[serde(borrow, default)]
    messages: Vec<&'a RawValue>,
}

/// Reads the whole session. One that is being written at this moment is left for the next time.
///
/// # Errors
/// When the file cannot be read or holds no session.
pub(super) fn read(source: &Source, into: &mut Batch) -> Result<Bookmark> {
    json_file::read(source, RULES_VERSION, into, |text, into| {
        // Only a completely read session reveals removed messages.
        let Some(session) = parse_text::<Session>(&source.path, text, into)? else {
            return Ok(false);
        };
        add_session(&session, source, into);
        Ok(true)
    })
}

fn add_session(session: &Session, source: &Source, into: &mut Batch) {
    let hash = part::<Text>(session.project_hash);
    let project = project::of(&source.path, hash.as_deref());
    let parent_id = project::parent_session(&source.path);
    let mut info = SessionInfo {
        project: project.map(|path| Project::folder(0, path)),
        interactive: Some(parent_id.is_none()),
        parent_id,
        started_at: session.start_time.0,
        ..SessionInfo::new(&*session.id)
    };
    let summary = part::<Text>(session.summary).and_then(|text| title(&text));
    info.title = summary.map(|text| Title::from_agent(0, text));
    let mut time = session.start_time.0.unwrap_or(0);
    for (at, raw) in session.messages.iter().enumerate() {
        let message: Message = match serde_json::from_str(raw.get()) {
            Ok(message) => message,
            Err(error) => {
                let place = format!("{}: message {}", source.path.display(), at + 1);
                into.problem(Problem::new(place, reason(&error)));
                continue;
            }
        };
        time = time.max(message.timestamp.0.unwrap_or(0));
        info.updated_at = info.updated_at.max(message.timestamp.0);
        if let Some(words) = named(&message, &session.id, time) {
            into.session(words);
        }
        let found = Found {
            session: &session.id,
            place: at as u64,
            is_log: false,
            time,
        };
        add(&message, &found, into);
    }
    into.session(info);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = r#"{"sessionId":"s1","projectHash":"66","startTime":"2026-03-02T09:00:00Z","summary":null,"messages":[
        {"id":"u1","timestamp":"2026-03-02T09:00:01Z","type":"user","content":"Rename it"},
        {"id":"u2","timestamp":"2026-03-02T09:00:02Z","type":"user","content":"Then test it"},
        {"id":"bad","type":"gemini","tokens":"secret"},
        {"id":"a1","type":"gemini","tokens":{"input":10,"output":1,"cached":4,"thoughts":2,"tool":3,"total":16},"model":"m"}]}"#;

    fn read_bytes(text: &[u8]) -> Result<Batch> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("session-1.json");
        std::fs::write(&path, text).expect("written");
        let mut batch = Batch::default();
        let source = Source::find(&path, 1).expect("the file is there");
        read(&source, &mut batch)?;
        Ok(batch)
    }

    #[test]
    fn one_bad_message_costs_only_itself() {
        let batch = read_bytes(SESSION.as_bytes()).expect("a session");
        assert_eq!(batch.turns.len(), 1);
        assert_eq!(batch.turns[0].numbers.tokens.counts(), [9, 1, 2, 4, 0]);
        assert_eq!(batch.turns[0].numbers.timestamp, 1_772_442_002_000);
        assert_eq!(batch.problems.len(), 1);
        assert!(batch.problems[0].place.ends_with("session-1.json: message 3"));
        assert_eq!(batch.sessions["s1"].title.as_ref().expect("a title").text, "Rename it");
    }

    #[test]
    fn a_session_cut_anywhere_removes_nothing() {
        for cut in 0..SESSION.len() {
            let batch = read_bytes(&SESSION.as_bytes()[..cut]).expect("a part");
            assert!(batch.scopes.is_empty() && batch.turns.is_empty(), "cut at {cut}");
            assert_eq!(batch.problems.len(), 1, "cut at {cut}");
        }
        assert!(read_bytes(b"[]").is_err());
    }
}
