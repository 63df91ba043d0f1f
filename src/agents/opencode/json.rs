//! Reads what versions before 1.2 left in `storage/`: one JSON file per session and per message.

use super::extract::parse_message;
use super::message::Role;
use super::reply::{Located, Replies};
use super::session::{Place, Projects, Recorded, Revert, Session, describe};
use super::tree::{File, Tree, fingerprint};
use crate::agents::shared::batch::{Batch, Scope, session_hash};
use crate::agents::shared::source::{Bookmark, Source};
use crate::core::problem::Problem;
use crate::core::turn::Presence;
use crate::system::files::Stamp;
use crate::system::open::{self, Most};
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// How many message files are looked at to see whether anything changed. A message is only written again while its
/// session goes on, so the folders touched last are enough; folders themselves are all looked at.
const WATCHED_FILES: usize = 4096;

/// The source for a whole `storage/` folder; `None` where it holds no messages: later versions still write other things
/// there. Its stamp is one over all files. Folders that cannot be listed are problems: what they hold is not gone.
pub(super) fn find(storage: &Path, kind: u8, problems: &mut Vec<Problem>) -> Option<Source> {
    let tree = Tree::walk(storage, WATCHED_FILES);
    let source = Source {
        path: storage.to_path_buf(),
        kind,
        stamp: tree.stamp(),
        wal: Stamp::default(),
        list_entry: 0,
    };
    if tree.is_empty() {
        problems.extend(tree.problems);
        return None;
    }
    Some(source)
}

/// Reads the sessions that changed since the bookmark, and marks each as read whole ([`Scope::Session`],
/// `Reverted`) and which ones there are ([`Scope::Sessions`], `Gone`). Files that cannot be read are problems.
pub(super) fn read(agent_id: &'static str, source: &Source, from: &Bookmark, into: &mut Batch) -> Bookmark {
    let tree = Tree::walk(&source.path, usize::MAX);
    let known = unpack(&from.state).unwrap_or_default();
    let (recorded, files) = read_sessions(&tree, into);
    let mut state = FxHashMap::default();
    let mut replies = Replies::new(agent_id, into);
    for messages in &tree.messages {
        let id = messages.session_id.as_str();
        let hash = session_hash(id);
        let print = fingerprint(messages.files.iter().chain(files.get(id).copied()));
        if known.get(&hash) == Some(&print) {
            state.insert(hash, print);
            continue;
        }
        let session = match recorded.get(id) {
            Some(recorded) => Session::new(recorded, Place::Files),
            None => Session::unrecorded(id, Place::Files),
        };
        // What is not sound is read again next time, and a missing message was not taken back.
        if read_messages(&messages.files, session, &mut replies) && messages.is_sound {
            state.insert(hash, print);
            replies
                .batch()
                .replace(Scope::Session(id.to_owned()), Presence::Reverted);
        }
    }
    if tree.is_complete {
        let present = tree.messages.iter();
        let present = present.map(|messages| session_hash(&messages.session_id)).collect();
        into.replace(Scope::Sessions(present), Presence::Gone);
    }
    tree.problems.into_iter().for_each(|problem| into.problem(problem));
    Bookmark {
        state: pack(&state),
        // All problems are reported anew: there is no place up to which everything is settled.
        offset: 0,
        ..Bookmark::whole(source)
    }
}

/// The session files by id, as read and as files.
fn read_sessions<'a>(tree: &'a Tree, into: &mut Batch) -> (FxHashMap<&'a str, Recorded>, FxHashMap<&'a str, &'a File>) {
    let mut projects = Projects::default();
    for file in &tree.projects {
        match read_value(file) {
            Ok(project) => {
                projects.insert(file.id.clone(), text(&project, "worktree"));
            }
            Err(problem) => into.problem(problem),
        }
    }
    let (mut recorded, mut files) = (FxHashMap::default(), FxHashMap::default());
    for file in &tree.sessions {
        files.insert(file.id.as_str(), file);
        match read_value(file) {
            Ok(session) => {
                let session = session_of(file, &session);
                into.session(describe(&session, &projects));
                recorded.insert(file.id.as_str(), session);
            }
            Err(problem) => into.problem(problem),
        }
    }
    (recorded, files)
}

fn session_of(file: &File, session: &Value) -> Recorded {
    let folder = file.path.parent().and_then(Path::file_name);
    Recorded {
        id: file.id.clone(),
        project_id: folder
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        parent_id: Some(text(session, "parentID")).filter(|id| !id.is_empty()),
        forked_from: None,
        directory: text(session, "directory"),
        title: text(session, "title"),
        version: text(session, "version"),
        created: time(session, "created"),
        updated: time(session, "updated"),
        revert: session
            .get("revert")
            .and_then(|revert| Revert::parse(revert.to_string().as_bytes())),
    }
}

/// Whether every file could be read.
fn read_messages(files: &[File], mut session: Session, replies: &mut Replies<'_>) -> bool {
    let mut is_sound = true;
    if let Some(revert) = &mut session.revert {
        let message = files.iter().find(|file| file.id == revert.message_id);
        revert.at = message
            .and_then(|file| read_value(file).ok())
            .map(|message| time(&message, "created"));
    }
    for file in files {
        let text = match read_text(file) {
            Ok(text) => text,
            Err(problem) => {
                replies.batch().problem(problem);
                is_sound = false;
                continue;
            }
        };
        match parse_message(&text) {
            Some(message) if message.role == Role::Assistant => {
                let located = Located {
                    message_id: &file.id,
                    created: message.created.unwrap_or(0),
                    place: 0,
                };
                replies.add(&message, located, &session);
            }
            Some(_) => {}
            None => {
                replies.batch().problem(not_json(file));
                is_sound = false;
            }
        }
    }
    is_sound
}

/// The text of a file without a byte order mark.
fn read_text(file: &File) -> Result<Vec<u8>, Problem> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let mut text =
        open::read(&file.path, Most::CONVERSATION).map_err(|error| Problem::new(file.path.display(), error))?;
    if text.starts_with(MARK) {
        text.drain(..MARK.len());
    }
    Ok(text)
}

fn read_value(file: &File) -> Result<Value, Problem> {
    let text = read_text(file)?;
    let value = serde_json::from_str(&String::from_utf8_lossy(&text)).ok();
    value.filter(Value::is_object).ok_or_else(|| not_json(file))
}

/// A kill while a file was written leaves it empty or torn.
fn not_json(file: &File) -> Problem {
    Problem::new(file.path.display(), "not a complete JSON object")
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// `time.<key>`, epoch milliseconds; 0 where it is missing.
fn time(value: &Value, key: &str) -> i64 {
    value
        .get("time")
        .and_then(|times| times.get(key))
        .and_then(|at| at.as_i64().or_else(|| at.as_f64().map(|at| at as i64)))
        .unwrap_or(0)
}

/// The fingerprint of each session's files by session hash, closed by a hash of it all.
fn pack(state: &FxHashMap<u64, u64>) -> Vec<u8> {
    let mut entries: Vec<_> = state.iter().collect();
    entries.sort_unstable();
    let mut bytes: Vec<u8> = entries
        .into_iter()
        .flat_map(|(session, print)| [session.to_le_bytes(), print.to_le_bytes()])
        .flatten()
        .collect();
    let check = xxh3_64(&bytes);
    bytes.extend_from_slice(&check.to_le_bytes());
    bytes
}

/// `None` for what [`pack`] did not make: start over.
fn unpack(bytes: &[u8]) -> Option<FxHashMap<u64, u64>> {
    let (content, check) = bytes.split_last_chunk::<8>()?;
    if xxh3_64(content) != u64::from_le_bytes(*check) {
        return None;
    }
    let (numbers, rest) = content.as_chunks::<8>();
    let (entries, odd) = numbers.as_chunks::<2>();
    let state = entries
        .iter()
        .map(|[session, print]| (u64::from_le_bytes(*session), u64::from_le_bytes(*print)))
        .collect();
    (rest.is_empty() && odd.is_empty()).then_some(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_state_means_starting_over() {
        let state = FxHashMap::from_iter([(1, 2), (u64::MAX, 0)]);
        let packed = pack(&state);
        assert_eq!(unpack(&packed), Some(state));
        assert_eq!(unpack(&packed[8..]), None);
        assert_eq!(unpack(b""), None);
    }
}
