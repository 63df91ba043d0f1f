//! Names of sessions: given by the user, made by the program, or the first prompt.

use crate::agents::shared::lenient::{Text, When, title};
use crate::agents::shared::source::Source;
use crate::agents::shared::words::first_words;
use crate::core::turn::{Project, SessionInfo, Title};
use crate::system::open;
use memchr::memmem::{self, Finder};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::sync::LazyLock;

/// Title records are short; only this much of a longer line is searched.
const HEAD_BYTES: usize = 512;
/// Summaries waiting for their message; older ones are dropped. Files with more than a handful are damaged.
const MOST_SUMMARIES: usize = 32;
/// Puts a summary below every generated title of the same file: titles are ordered by their offset.
const SUMMARY_AT: i64 = -(1 << 60);

/// `"aiTitle"` and `"customTitle"` both.
static TITLE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("Title\""));
static SUMMARY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"summary\""));
static USER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"user\""));
static TOOL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"tool_use_id\""));
static SIDECHAIN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"isSidechain\":true"));

/// The state of session names between reads.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Names {
    /// Sessions whose first prompt was found.
    prompted: BTreeSet<String>,
    /// The one of them that the lines at hand belong to.
    #[serde(skip)]
    latest: Option<Latest>,
    /// Summaries of this read whose message was looked for in what is before them.
    #[serde(skip)]
    looked_back: usize,
    /// Summaries whose message was not seen yet: it may belong to another file.
    summaries: Vec<Summary>,
}

/// A session, and where in the last line its id stood: in the next one it mostly stands there too.
#[derive(Debug)]
struct Latest {
    id: Finder<'static>,
    at: usize,
}

impl Latest {
    fn new(id: &str) -> Self {
        Self {
            id: Finder::new(id.as_bytes()).into_owned(),
            at: 0,
        }
    }

    fn is_in(&mut self, head: &[u8]) -> bool {
        if head
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(self.id.needle()))
        {
            return true;
        }
        let found = self.id.find(head);
        self.at = found.unwrap_or(self.at);
        found.is_some()
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Summary {
    leaf: String,
    text: String,
    offset: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TitleJson<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    session_id: Option<Text<'a>>,
    #[serde(borrow)]
    custom_title: Option<Text<'a>>,
    #[serde(borrow)]
    ai_title: Option<Text<'a>>,
    #[serde(borrow)]
    summary: Option<Text<'a>>,
    #[serde(borrow)]
    leaf_uuid: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PromptJson<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    session_id: Option<Text<'a>>,
    #[serde(borrow)]
    cwd: Option<Text<'a>>,
    timestamp: Option<When>,
    is_meta: Option<bool>,
    is_sidechain: Option<bool>,
    is_compact_summary: Option<bool>,
    #[serde(borrow)]
    tool_use_result: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<MessageJson<'a>>,
}

#[derive(Deserialize)]
struct MessageJson<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

impl Names {
    /// Looks at a line that is no reply. `own` is the session the file is named after.
    pub(super) fn look(&mut self, line: &[u8], offset: u64, own: &str, source: &Source) -> Option<SessionInfo> {
        if !self.summaries.is_empty()
            && let Some(named) = self.resolve(line, own)
        {
            return Some(named);
        }
        let head = &line[..line.len().min(HEAD_BYTES)];
        // Records of the conversation begin so; no title does.
        if head.starts_with(b"{\"parentUuid\"") {
            self.prompt(line, head, offset)
        } else if TITLE.find(head).is_some() {
            self.given(line, offset, own)
        } else if SUMMARY.find(head).is_some() {
            self.summary(line, offset, own, source)
        } else {
            self.prompt(line, head, offset)
        }
    }

    /// `{"type":"ai-title","aiTitle":"Health endpoint","sessionId":"0a…"}`; it may carry another session's id.
    fn given(&self, line: &[u8], offset: u64, own: &str) -> Option<SessionInfo> {
        let record: TitleJson = serde_json::from_slice(line).ok()?;
        let (rank, text) = match &*record.kind? {
            "custom-title" => (2, record.custom_title?),
            "ai-title" => (1, record.ai_title?),
            _ => return None,
        };
        let is_own = record.session_id.is_none_or(|id| id.0.is_empty() || id.0 == own);
        named(own, rank, i64::try_from(offset).ok()?, &text).filter(|_| is_own)
    }

    /// `{"type":"summary","summary":"…","leafUuid":"…"}` names the conversation that ends in that message. Old versions
    /// wrote summaries of other conversations to the top of a new file.
    fn summary(&mut self, line: &[u8], offset: u64, own: &str, source: &Source) -> Option<SessionInfo> {
        let record: TitleJson = serde_json::from_slice(line).ok()?;
        if record.kind? != Text("summary".into()) {
            return None;
        }
        let summary = Summary {
            leaf: record.leaf_uuid?.0.into_owned(),
            text: record.summary?.0.into_owned(),
            offset,
        };
        // A file of nothing but summaries would be read once for each.
        self.looked_back += 1;
        let may_look = self.looked_back <= MOST_SUMMARIES;
        if may_look && has_message(source, offset, &summary.leaf).unwrap_or(false) {
            return summary.name(own);
        }
        if self.summaries.len() == MOST_SUMMARIES {
            self.summaries.remove(0);
        }
        self.summaries.push(summary);
        None
    }

    fn resolve(&mut self, line: &[u8], own: &str) -> Option<SessionInfo> {
        let at = self
            .summaries
            .iter()
            .position(|summary| is_message(line, &summary.leaf))?;
        self.summaries.remove(at).name(own)
    }

    /// Whether a reply's own line is the message of a summary.
    pub(super) fn look_at_reply(&mut self, line: &[u8], own: &str) -> Option<SessionInfo> {
        if self.summaries.is_empty() {
            None
        } else {
            self.resolve(line, own)
        }
    }

    fn prompt(&mut self, line: &[u8], head: &[u8], offset: u64) -> Option<SessionInfo> {
        let has = |needle: &Finder<'_>| needle.find(head).is_some();
        // Most lines end here: of a session whose prompt is known, or of no use as one.
        if self.latest.as_mut().is_some_and(|latest| latest.is_in(head)) || !has(&USER) || has(&TOOL) || has(&SIDECHAIN)
        {
            return None;
        }
        let record: PromptJson = serde_json::from_slice(line).ok()?;
        let session = record.session_id?.0;
        if self.prompted.contains(&*session) {
            self.latest = Some(Latest::new(&session));
            return None;
        }
        let time = record.timestamp.and_then(|when| when.0);
        let begun = SessionInfo {
            started_at: time,
            project: record.cwd.zip(time).map(|(cwd, at)| Project {
                rank: 0,
                at,
                path: cwd.0.into_owned(),
            }),
            ..SessionInfo::new(&*session)
        };
        let is_set = |flag: Option<bool>| flag.unwrap_or(false);
        if record.kind? != Text("user".into())
            || is_set(record.is_meta)
            || is_set(record.is_sidechain)
            || is_set(record.is_compact_summary)
            || record.tool_use_result.is_some()
        {
            return Some(begun);
        }
        let text = first_words(record.message.and_then(|message| message.content));
        // The first of several: counted down from 0.
        let at = -i64::try_from(offset).ok()?;
        let Some(named) = text.and_then(|text| named(&session, 0, at, &text)) else {
            return Some(begun);
        };
        self.latest = Some(Latest::new(&session));
        self.prompted.insert(session.into_owned());
        Some(SessionInfo {
            title: named.title,
            ..begun
        })
    }
}

impl Summary {
    fn name(&self, own: &str) -> Option<SessionInfo> {
        named(own, 1, SUMMARY_AT + i64::try_from(self.offset).ok()?, &self.text)
    }
}

fn named(session: &str, rank: u8, at: i64, text: &str) -> Option<SessionInfo> {
    let text = title(text)?;
    Some(SessionInfo {
        title: Some(Title { rank, at, text }),
        ..SessionInfo::new(session)
    })
}

/// Whether some text holds the record of a message, not just a reference to it.
fn is_message(text: &[u8], uuid: &str) -> bool {
    let quoted = format!("\"{uuid}\"");
    memmem::find_iter(text, quoted.as_bytes()).any(|at| {
        let before = text[..at].trim_ascii_end();
        before
            .strip_suffix(b":")
            .is_some_and(|key| key.trim_ascii_end().ends_with(b"\"uuid\""))
    })
}

/// Whether a file holds the record of a message before an offset.
fn has_message(source: &Source, until: u64, uuid: &str) -> io::Result<bool> {
    const CHUNK_BYTES: usize = 64 * 1024;
    // A key, an id and the white space between them.
    const OVERLAP_BYTES: usize = 128;
    let mut file = open::open(&source.path)?.0.take(until);
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut kept = 0;
    loop {
        let read = file.read(&mut buffer[kept..])?;
        if read == 0 {
            return Ok(false);
        }
        let end = kept + read;
        if is_message(&buffer[..end], uuid) {
            return Ok(true);
        }
        kept = end.min(OVERLAP_BYTES);
        buffer.copy_within(end - kept..end, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "s-1";

    /// What a file's lines tell of its sessions.
    fn infos(lines: &[&str]) -> Vec<SessionInfo> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("s-1.jsonl");
        std::fs::write(&path, lines.join("\n") + "\n").expect("written");
        let source = Source::find(&path, 0).expect("there");
        let (mut names, mut offset) = (Names::default(), 0);
        let mut sessions: Vec<SessionInfo> = Vec::new();
        for line in lines {
            if let Some(info) = names.look(line.as_bytes(), offset, OWN, &source) {
                match sessions.iter_mut().find(|known| known.id == info.id) {
                    Some(known) => known.merge(info),
                    None => sessions.push(info),
                }
            }
            offset += line.len() as u64 + 1;
        }
        sessions
    }

    /// The names that a file's lines give its sessions.
    fn names(lines: &[&str]) -> Vec<(String, String)> {
        let named = infos(lines).into_iter();
        named.filter_map(|info| Some((info.id, info.title?.text))).collect()
    }

    fn own(title: &str) -> Vec<(String, String)> {
        vec![(OWN.to_owned(), title.to_owned())]
    }

    const PROMPT: &str =
        r#"{"type":"user","sessionId":"s-1","uuid":"u-1","message":{"role":"user","content":"First words"}}"#;

    #[test]
    fn the_best_kind_of_name_wins_and_of_one_kind_the_last() {
        let (ai, ai_2) = (
            r#"{"type":"ai-title","aiTitle":"Made","sessionId":"s-1"}"#,
            r#"{"sessionId":"s-1","aiTitle":"Made later","type":"ai-title"}"#,
        );
        let custom = r#"{"type":"custom-title","customTitle":"Mine","sessionId":"s-1"}"#;
        let summary = r#"{"type":"summary","summary":"Sum","leafUuid":"u-1"}"#;
        assert_eq!(names(&[PROMPT]), own("First words"));
        assert_eq!(names(&[PROMPT, summary]), own("Sum"));
        assert_eq!(names(&[ai, PROMPT, summary]), own("Made"));
        assert_eq!(names(&[ai, PROMPT, ai_2]), own("Made later"));
        assert_eq!(names(&[custom, PROMPT, ai]), own("Mine"));
    }

    #[test]
    fn a_summary_counts_only_beside_its_message() {
        let (of_this, of_another) = (
            r#"{"type":"summary","summary":"Sum","leafUuid":"u-1"}"#,
            r#"{"type":"summary","summary":"Other","leafUuid":"u-9"}"#,
        );
        let reference = r#"{"type":"user","sessionId":"s-1","parentUuid":"u-9","isMeta":true}"#;
        assert_eq!(names(&[of_this, of_another, PROMPT, reference]), own("Sum"));
        assert_eq!(names(&[PROMPT, of_another, of_this]), own("Sum"));
        assert_eq!(names(&[of_another, PROMPT]), own("First words"));
    }

    #[test]
    fn titles_of_other_sessions_are_not_taken() {
        let foreign = r#"{"type":"custom-title","customTitle":"Foreign","sessionId":"s-2"}"#;
        assert_eq!(names(&[foreign, PROMPT]), own("First words"));
    }

    #[test]
    fn a_session_begins_where_its_first_record_was_written() {
        let line = |more: &str, cwd: &str, second: u32| {
            format!(
                r#"{{"type":"user","sessionId":"s-1",{more}"cwd":"{cwd}","timestamp":"2026-03-02T09:00:0{second}Z","message":{{"content":"words"}}}}"#
            )
        };
        let (meta, prompt) = (line(r#""isMeta":true,"#, "/home/dev/a", 1), line("", "/home/dev/b", 2));
        let infos = infos(&[&meta, &prompt]);
        let project = infos[0].project.as_ref().expect("a project");
        assert_eq!((infos.len(), &*project.path), (1, "/home/dev/a"));
        assert_eq!(infos[0].started_at, Some(1_772_442_001_000));
    }

    #[test]
    fn what_is_no_prompt_names_nothing() {
        let of = |fields: &str, content: &str| {
            format!(r#"{{"type":"user","sessionId":"s-1",{fields}"message":{{"role":"user","content":{content}}}}}"#)
        };
        let lines = [
            of(r#""isMeta":true,"#, r#""meta""#),
            of(r#""isSidechain":true,"#, r#""side""#),
            of(r#""isSidechain" : true,"#, r#""side""#),
            of(r#""isCompactSummary":true,"#, r#""compact""#),
            of(r#""toolUseResult":{"stdout":""},"#, r#""result""#),
            of("", r#"[{"type":"tool_result","tool_use_id":"t","content":"result"}]"#),
            of("", r#""<command-name>/clear</command-name>""#),
            of("", r#""Caveat: the messages below""#),
            of("", r#""<bash-input>echo hi</bash-input>""#),
            of(
                "",
                r#""<local-command-stdout>Turned on plan mode</local-command-stdout>""#,
            ),
            of(
                "",
                r#"[{"type":"text","text":"<task-notification>
<task-id>a1</task-id>"}]"#,
            ),
            of("", "null"),
            of("", r#"[{"type":"text","text":"  Real words \n more"}]"#),
            of("", r#""later words""#),
        ];
        assert_eq!(names(&lines.each_ref().map(String::as_str)), own("Real words"));
    }
}
