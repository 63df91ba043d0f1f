//! Forks of forks of old Codex versions as a property: with any files in any order, no call counts twice and none is lost.

use crate::support::Home;
use crate::support::counting::{Counting, Reading};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use ttop::agents::built_in;
use ttop::system::{Os, System};

/// 2026-03-02T09:00:00Z
const START_MS: i64 = 1_772_442_000_000;

/// What happens in the course of things, to a session made before.
#[derive(Clone, Debug)]
enum Step {
    Call,
    /// The session's whole file is copied into a new one, with so many milliseconds from line to line.
    Fork {
        gap: i64,
        keeps_times: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let fork = (prop::sample::select(vec![0, 4, 20, 60, 300]), any::<bool>())
        .prop_map(|(gap, keeps_times)| Step::Fork { gap, keeps_times });
    prop_oneof![3 => Just(Step::Call), 2 => fork]
}

/// What happens to a session's file.
#[derive(Clone, Debug)]
enum Act {
    /// So much of it lies in one of two roots.
    Show(usize, Index),
    Archive(usize),
    Remove(usize),
    Sync,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..2usize, any::<Index>()).prop_map(|(root, part)| Act::Show(root, part)),
        1 => (0..2usize).prop_map(Act::Archive),
        1 => (0..2usize).prop_map(Act::Remove),
        2 => Just(Act::Sync),
    ]
}

#[derive(Clone)]
struct Session {
    id: String,
    lines: Vec<Line>,
    total: u64,
}

#[derive(Clone)]
struct Line {
    time: i64,
    kind: &'static str,
    payload: String,
    /// Its call: who made it, and its tokens, which no other call has.
    call: Option<(String, u64)>,
}

impl Line {
    fn text(&self) -> String {
        let (seconds, ms) = ((self.time - START_MS) / 1000, self.time % 1000);
        format!(
            "{{\"timestamp\":\"2026-03-02T09:{:02}:{:02}.{ms:03}Z\",\"type\":\"{}\",\"payload\":{}}}\n",
            seconds / 60,
            seconds % 60,
            self.kind,
            self.payload
        )
    }
}

impl Session {
    fn begin(time: i64, parent: Option<&Self>) -> Self {
        let hex = format!("{time:012x}");
        let id = format!("{}-{}-7000-8000-000000000001", &hex[..8], &hex[8..]);
        let forked = parent.map_or(String::new(), |parent| format!(r#""forked_from_id":"{}","#, parent.id));
        let meta = Line {
            time,
            kind: "session_meta",
            payload: format!(r#"{{"id":"{id}",{forked}"cwd":"/home/dev"}}"#),
            call: None,
        };
        Self {
            id,
            lines: vec![meta],
            total: parent.map_or(0, |parent| parent.total),
        }
    }

    fn fork(&self, time: i64, gap: i64, keeps_times: bool) -> Self {
        let mut fork = Self::begin(time, Some(self));
        for (at, line) in self.lines.iter().enumerate() {
            let time = if keeps_times { line.time } else { time + gap * at as i64 };
            fork.lines.push(Line { time, ..line.clone() });
        }
        fork
    }

    fn call(&mut self, time: i64, tokens: u64) {
        self.total += tokens;
        let count = format!(
            r#"{{"type":"token_count","info":{{"total_token_usage":{{"input_tokens":{}}},"last_token_usage":{{"input_tokens":{tokens}}}}}}}"#,
            self.total
        );
        let line = |time, kind, payload, call| Line {
            time,
            kind,
            payload,
            call,
        };
        let call = Some((self.id.clone(), tokens));
        self.lines.extend([
            line(time, "turn_context", r#"{"model":"gpt-5.2"}"#.to_owned(), None),
            line(time + 1500, "event_msg", count.clone(), call),
            line(time + 1501, "event_msg", count, None),
        ]);
    }

    fn path(&self, root: &Path, store: &str) -> PathBuf {
        root.join(store)
            .join(format!("rollout-2026-03-02T09-00-00-{}.jsonl", self.id))
    }
}

/// The sessions that steps make, and every call with its tokens by who made it.
fn history(steps: &[(Index, Step)]) -> Vec<Session> {
    let mut first = Session::begin(START_MS, None);
    first.call(START_MS + 1000, 1001);
    let mut sessions = vec![first];
    for (at, (index, step)) in steps.iter().enumerate() {
        let time = START_MS + 10_000 * (at as i64 + 1);
        let at = index.index(sessions.len());
        match step {
            Step::Call => sessions[at].call(time, 1002 + time as u64 % 1_000_000),
            Step::Fork { gap, keeps_times } => {
                let fork = sessions[at].fork(time, *gap, *keeps_times);
                sessions.push(fork);
            }
        }
    }
    sessions
}

struct Machine {
    home: Home,
    counting: Counting,
}

impl Machine {
    fn new() -> Self {
        let codex = *built_in().iter().find(|agent| agent.id() == "codex").expect("an agent");
        Self {
            home: Home::new(),
            counting: Counting::of(codex),
        }
    }

    fn root(&self, at: usize) -> PathBuf {
        self.home.path().join(["one", "two"][at])
    }

    fn sync(&mut self) -> Vec<(String, u64)> {
        let roots = format!("{},{}", self.root(0).display(), self.root(1).display());
        let system = System::new(
            Os::Linux,
            self.home.path(),
            BTreeMap::from([("CODEX_HOME".into(), roots)]),
        );
        let Reading { turns, .. } = self.counting.sync(&system);
        let mut calls: Vec<_> = turns
            .into_iter()
            .map(|turn| (turn.session_id, turn.tokens.known_total()))
            .collect();
        calls.sort();
        calls
    }
}

const ACTIVE: &str = "sessions/2026/03/02";
const ARCHIVED: &str = "archived_sessions";

fn write(path: &Path, lines: &[Line]) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    std::fs::write(path, lines.iter().map(Line::text).collect::<String>()).expect("written");
}

#[test]
fn a_fork_lists_the_tokens_it_shares_with_all_before_it() {
    let home = Home::new();
    let mut first = Session::begin(START_MS, None);
    first.call(START_MS + 1000, 10);
    let mut second = first.fork(START_MS + 10_000, 0, false);
    second.call(START_MS + 12_000, 20);
    let mut third = second.fork(START_MS + 20_000, 0, false);
    third.call(START_MS + 22_000, 30);
    for session in [&first, &second, &third] {
        write(&session.path(&home.path().join(".codex"), ACTIVE), &session.lines);
    }
    let mut told: Vec<_> = home
        .rows(&["sessions", "-o", "ndjson"])
        .iter()
        .map(|row| ["sessionId", "totalTokens", "copiedTokens"].map(|key| row[key].to_string()))
        .collect();
    told.sort();
    let expected = [(&first, 10, 0), (&second, 20, 10), (&third, 30, 30)]
        .map(|(session, total, copied)| [format!("\"{}\"", session.id), total.to_string(), copied.to_string()]);
    assert_eq!(told, expected);
    let explained = home.stdout(&["show", &first.id, "--explain", "-o", "json"]);
    assert!(explained.contains("a copy of lower rank"), "{explained}");
    assert!(!explained.contains("its segment"), "{explained}");
    // The third does not repeat the calls of the second when the first is no longer wanted.
    home.stdout(&["ledger", "forget", "--session", &first.id]);
    let counted = home.rows(&["turns", "-o", "ndjson"]);
    let twenty = counted.iter().filter(|row| row["totalTokens"] == 20);
    assert_eq!(twenty.count(), 1, "{counted:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn no_call_of_nested_forks_counts_twice_and_none_is_lost(
        steps in prop::collection::vec((any::<Index>(), step()), 1..14),
        acts in prop::collection::vec((any::<Index>(), act()), 0..24),
    ) {
        let sessions = history(&steps);
        let mut machine = Machine::new();
        // What lies on disk now, and the tokens of every call that was ever there to be read.
        let mut shown: BTreeMap<PathBuf, &[Line]> = BTreeMap::new();
        let mut read: BTreeSet<u64> = BTreeSet::new();
        for (index, act) in &acts {
            let session = &sessions[index.index(sessions.len())];
            let paths = |root: usize| {
                let root = machine.root(root);
                [session.path(&root, ACTIVE), session.path(&root, ARCHIVED)]
            };
            match act {
                Act::Show(root, part) => {
                    let [active, _] = paths(*root);
                    let known = shown.get(&active).map_or(0, |lines| lines.len());
                    let lines = &session.lines[..known.max(1 + part.index(session.lines.len()))];
                    write(&active, lines);
                    shown.insert(active, lines);
                }
                Act::Archive(root) => {
                    let [active, archived] = paths(*root);
                    if let Some(lines) = shown.remove(&active) {
                        std::fs::remove_file(active).expect("removed");
                        write(&archived, lines);
                        shown.insert(archived, lines);
                    }
                }
                Act::Remove(root) => {
                    for path in paths(*root) {
                        if shown.remove(&path).is_some() {
                            std::fs::remove_file(path).expect("removed");
                        }
                    }
                }
                Act::Sync => {
                    let calls = shown.values().copied().flatten().filter_map(|line| line.call.as_ref());
                    read.extend(calls.map(|(_, tokens)| *tokens));
                    let mut counted: Vec<u64> = machine.sync().into_iter().map(|(_, tokens)| tokens).collect();
                    counted.sort_unstable();
                    prop_assert_eq!(counted, read.iter().copied().collect::<Vec<_>>());
                }
            }
        }
        for session in &sessions {
            write(&session.path(&machine.root(0), ACTIVE), &session.lines);
        }
        let calls = sessions.iter().flat_map(|session| &session.lines).filter_map(|line| line.call.clone());
        let truth: Vec<_> = calls.collect::<BTreeSet<_>>().into_iter().collect();
        prop_assert_eq!(&machine.sync(), &truth, "all of them there");
        prop_assert_eq!(&machine.sync(), &truth, "read once more");
        let mut cold = Machine::new();
        std::mem::swap(&mut cold.home, &mut machine.home);
        prop_assert_eq!(&cold.sync(), &truth, "read at once");
    }
}
