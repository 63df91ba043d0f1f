//! Every agent: a session that was copied under another id adds nothing, also with another title or in another folder, whoever
//! copied it and whether or not its replies have ids.

use crate::support;
use crate::support::counting::{Counted, Counting};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use ttop::agents::{Agent, built_in};
use ttop::system::{Os, System};

/// Cases whose records have nothing but the session's id to tell their replies from those of other sessions: Droid's
/// settings without a transcript.
const NAMELESS: [&str; 1] = ["droid/sessions"];

/// Keys under which records have ids of their own, of their replies or of their requests.
const IDS: [&str; 14] = [
    "apiCallId",
    "attempt_id",
    "id",
    "messageId",
    "message_id",
    "prompt_id",
    "requestId",
    "request_id",
    "responseId",
    "response_id",
    "retry_id",
    "seq",
    "sequence_id",
    "uuid",
];

/// Keys of a session's title and folder, which differ in a copy.
const OF_COPIES: [&str; 7] = [
    "aiTitle",
    "customTitle",
    "cwd",
    "sessionTitle",
    "session_title",
    "title",
    "workspace",
];

/// The counts of the turns, and how many there are.
pub fn counts(turns: &[Counted]) -> Vec<String> {
    let mut counts: Vec<_> = turns
        .iter()
        .map(|turn| format!("{} {:?} {:?}", turn.model_id, turn.tokens, turn.cost))
        .collect();
    counts.sort();
    counts
}

/// Another id of the same form.
fn renamed(id: &str) -> String {
    let flip = |c: char| match c {
        '0'..='8' => char::from(c as u8 + 1),
        '9' => '0',
        'a'..='e' => char::from(c as u8 + 1),
        'f' => 'a',
        other => other,
    };
    // The end: ids begin with a time, and some are looked at for it.
    let at = id.len() - id.len().min(6);
    id.char_indices()
        .map(|(here, c)| if here < at { c } else { flip(c) })
        .collect()
}

/// Copies what is named after a session, with its id replaced wherever it stands. Returns whether anything was.
fn copy_session(folder: &Path, id: &str, new: &str) -> bool {
    let mut copied = false;
    let entries: Vec<_> = std::fs::read_dir(folder).expect("a folder").flatten().collect();
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let target = folder.join(name.replace(id, new));
        if name.contains(id) {
            copy_renamed(&path, &target, id, new);
            copied = true;
        } else if path.is_dir() {
            copied |= copy_session(&path, id, new);
        }
    }
    copied
}

/// An id of digits is the time of the session's first message: that stays as it is inside the files.
fn is_time(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_digit())
}

fn as_a_copy(text: String) -> String {
    OF_COPIES.iter().fold(text, |text, key| {
        text.replace(&format!("\"{key}\":\""), &format!("\"{key}\":\"/copy of "))
            .replace(&format!("\"{key}\": \""), &format!("\"{key}\": \"/copy of "))
    })
}

fn copy_renamed(from: &Path, to: &Path, id: &str, new: &str) {
    if from.is_dir() {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("a folder").flatten() {
            let name = entry.file_name().to_string_lossy().replace(id, new);
            copy_renamed(&entry.path(), &to.join(name), id, new);
        }
        return;
    }
    let bytes = std::fs::read(from).expect("readable");
    let content = match String::from_utf8(bytes) {
        Ok(text) if is_time(id) => as_a_copy(text).into_bytes(),
        Ok(text) => as_a_copy(text.replace(id, new)).into_bytes(),
        Err(error) => error.into_bytes(),
    };
    std::fs::write(to, content).expect("written");
}

/// Takes every id from a record that is none of a session.
fn take_ids(value: &mut Value, sessions: &BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, value| {
                let is_session = value.as_str().is_some_and(|id| sessions.contains(id));
                let is_id = IDS.contains(&&**key) && (value.is_string() || value.is_number());
                is_session || !is_id
            });
            fields.values_mut().for_each(|value| take_ids(value, sessions));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| take_ids(value, sessions)),
        _ => {}
    }
}

/// Writes the logs and documents of an agent again, without ids.
fn write_without_ids(agent: &dyn Agent, system: &System, sessions: &BTreeSet<String>) {
    for source in agent.sources(system).sources {
        let Ok(text) = std::fs::read_to_string(&source.path) else {
            continue;
        };
        let without = |text: &str| match serde_json::from_str::<Value>(text) {
            Ok(mut value) => {
                take_ids(&mut value, sessions);
                value.to_string()
            }
            Err(_) => text.to_owned(),
        };
        let is_document = text.lines().count() > 1 && serde_json::from_str::<Value>(&text).is_ok();
        let changed = match is_document {
            true => without(&text),
            false => text.split('\n').map(without).collect::<Vec<_>>().join("\n"),
        };
        std::fs::write(&source.path, changed).expect("written");
    }
}

fn check(agent: &'static (dyn Agent + Sync), case: &Path, has_ids: bool) -> bool {
    let home = support::Home::new();
    support::copy_tree(&case.join("home"), &home.path());
    let system = System::new(Os::Linux, home.path(), BTreeMap::new());
    if !has_ids {
        let turns = Counting::of(agent).sync(&system).turns;
        let sessions = turns.into_iter().map(|turn| turn.session_id).collect();
        write_without_ids(agent, &system, &sessions);
    }
    let mut counting = Counting::of(agent);
    let before = counting.sync(&system).turns;
    let sessions: BTreeSet<&str> = before.iter().map(|turn| turn.session_id.as_str()).collect();
    let mut copied = false;
    for session in sessions.into_iter().filter(|id| id.len() >= 8) {
        copied |= copy_session(&home.path(), session, &renamed(session));
    }
    let after = counting.sync(&system).turns;
    let what = format!(
        "{} with ids of messages: {has_ids}; a copy under another id adds",
        case.display()
    );
    assert_eq!(counts(&after), counts(&before), "{what} later");
    // Whether the copies come later or were always there.
    let once = Counting::of(agent).sync(&system).turns;
    assert_eq!(counts(&once), counts(&before), "{what} at once");
    copied
}

fn check_all(has_ids: bool) {
    let mut copied = BTreeSet::new();
    for agent in built_in() {
        for case in support::agent_cases(agent.id()) {
            let is_nameless = |name: &&str| case.starts_with(support::fixtures().join("agents").join(name));
            if NAMELESS.iter().any(is_nameless) {
                continue;
            }
            if check(*agent, &case, has_ids) {
                copied.insert(agent.id());
            }
        }
    }
    assert!(copied.len() >= 10, "only {copied:?}");
}

#[test]
fn a_session_copied_under_another_id_adds_nothing() {
    check_all(true);
}

#[test]
fn a_session_without_ids_copied_under_another_id_adds_nothing() {
    check_all(false);
}
