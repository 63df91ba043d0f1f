//! Codex forks whose parents are gone, move or come back: every call is counted once, by the session that made it.

use crate::support;
use crate::support::counting::{Counting, Reading};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use ttop::agents::{Agent, built_in};
use ttop::system::{Os, System};

fn codex() -> &'static (dyn Agent + Sync) {
    *built_in().iter().find(|agent| agent.id() == "codex").expect("codex")
}

/// (session, model, total tokens) of what counts.
fn calls(reading: &Reading) -> Vec<(String, String, u64)> {
    let mut calls: Vec<_> = reading
        .turns
        .iter()
        .map(|turn| {
            (
                turn.session_id.clone(),
                turn.model_id.clone(),
                turn.tokens.known_total(),
            )
        })
        .collect();
    calls.sort();
    calls
}

struct Machine {
    home: support::Home,
    counting: Counting,
}

impl Machine {
    fn of(case: &str) -> Self {
        Self {
            home: support::Home::of(&format!("agents/codex/{case}/home")),
            counting: Counting::of(codex()),
        }
    }

    fn system(&self) -> System {
        System::new(Os::Linux, self.home.path(), BTreeMap::new())
    }

    fn sync(&mut self) -> Reading {
        self.counting.sync(&self.system())
    }

    /// The files of a session.
    fn files(&self, session: &str) -> Vec<PathBuf> {
        let paths = codex()
            .sources(&self.system())
            .sources
            .into_iter()
            .map(|source| source.path);
        let files: Vec<_> = paths
            .filter(|path| path.to_string_lossy().ends_with(&format!("{session}.jsonl")))
            .collect();
        assert!(!files.is_empty(), "no file of {session}");
        files
    }
}

/// Cases in which a parent's whole file was copied into its forks, and the parent.
const PARENTS: [(&str, &str); 3] = [
    ("made", "019cab00-1000-7000-8000-000000000001"),
    ("0.98-legacy-fork", "01a1f815-edab-7cf0-b593-9032d0e8ffe9"),
    ("0.120-legacy-fork", "01a1f817-7e93-7893-9411-a307e052cd49"),
];

#[test]
fn a_parent_that_is_gone_keeps_its_calls_by_the_copies_of_its_forks() {
    for (case, parent) in PARENTS {
        let expected = calls(&Machine::of(case).sync());
        // Before the first read, and after it.
        for is_known in [false, true] {
            let mut machine = Machine::of(case);
            if is_known {
                machine.sync();
            }
            for file in machine.files(parent) {
                std::fs::remove_file(file).expect("removed");
            }
            assert_eq!(calls(&machine.sync()), expected, "{case}");
        }
    }
}

#[test]
fn a_parent_that_comes_late_changes_nothing() {
    for (case, parent) in PARENTS {
        let mut machine = Machine::of(case);
        let aside: Vec<(PathBuf, Vec<u8>)> = machine
            .files(parent)
            .into_iter()
            .map(|file| (file.clone(), std::fs::read(file).expect("readable")))
            .collect();
        for (file, _) in &aside {
            std::fs::remove_file(file).expect("removed");
        }
        let expected = calls(&machine.sync());
        for (file, content) in &aside {
            std::fs::write(file, content).expect("written");
        }
        assert_eq!(calls(&machine.sync()), expected, "{case}");
    }
}

#[test]
fn archiving_a_session_changes_nothing() {
    for (case, parent) in PARENTS {
        let mut machine = Machine::of(case);
        let expected = calls(&machine.sync());
        for file in machine.files(parent) {
            let name = file.file_name().expect("a name");
            let archive = machine.home.path().join(".codex/archived_sessions");
            std::fs::create_dir_all(&archive).expect("a folder");
            std::fs::rename(&file, archive.join(name)).expect("moved");
        }
        let reading = machine.sync();
        assert_eq!(calls(&reading), expected, "{case}");
        assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    }
}

/// A rollout of a session: its `session_meta`, then lines of (milliseconds, kind, payload).
fn rollout(id: &str, created: i64, parents: &[&str], lines: &[(i64, &str, String)]) -> String {
    let time = |at: i64| {
        format!(
            "2026-03-02T09:{:02}:{:02}.{:03}Z",
            at / 60_000,
            at / 1000 % 60,
            at % 1000
        )
    };
    let forked = parents
        .first()
        .map_or(String::new(), |parent| format!(r#""forked_from_id":"{parent}","#));
    let mut text = format!(
        r#"{{"timestamp":"{0}","type":"session_meta","payload":{{"id":"{id}",{forked}"timestamp":"{0}","cwd":"/home/dev"}}}}"#,
        time(created)
    );
    for parent in parents {
        text += &format!(
            "\n{{\"timestamp\":\"{}\",\"type\":\"session_meta\",\"payload\":{{\"id\":\"{parent}\",\"cwd\":\"/home/dev\"}}}}",
            time(created)
        );
    }
    for (at, kind, payload) in lines {
        text += &format!(
            "\n{{\"timestamp\":\"{}\",\"type\":\"{kind}\",\"payload\":{payload}}}",
            time(*at)
        );
    }
    text + "\n"
}

fn context(turn: Option<&str>) -> String {
    let turn = turn.map_or(String::new(), |turn| format!(r#""turn_id":"{turn}","#));
    format!(r#"{{{turn}"model":"gpt-5.2"}}"#)
}

fn tokens(total: u64, last: u64) -> String {
    format!(
        r#"{{"type":"token_count","info":{{"total_token_usage":{{"input_tokens":{total}}},"last_token_usage":{{"input_tokens":{last}}}}}}}"#
    )
}

fn id(number: u32) -> String {
    format!("019cab00-{number:04}-7000-8000-000000000000")
}

fn write(home: &support::Home, id: &str, text: &str) {
    home.write(
        &format!(".codex/sessions/2026/03/02/rollout-2026-03-02T09-00-00-{id}.jsonl"),
        text,
    );
}

fn counted(home: &Path) -> Vec<(String, u64)> {
    let reading = support::counting::read_all(codex(), &System::new(Os::Linux, home, BTreeMap::new()));
    let calls = calls(&reading).into_iter();
    calls.map(|(session, _, total)| (session, total)).collect()
}

/// A parent, its fork, and a fork of the fork, each with one call of 10, 20 and 30 tokens; `is_numbered`: with turn ids.
fn generations(is_numbered: bool) -> [(String, String); 3] {
    let (a, b, c) = (id(1000), id(2000), id(3000));
    let turn = |number: u32| context(is_numbered.then(|| id(number)).as_deref());
    let call = |at: i64, number: u32, total: u64, last: u64| {
        [
            (at, "turn_context", turn(number)),
            (at + 100, "event_msg", tokens(total, last)),
        ]
    };
    let copy = |at: i64, calls: &[(i64, &'static str, String)]| -> Vec<(i64, &'static str, String)> {
        calls
            .iter()
            .map(|(_, kind, payload)| (at, *kind, payload.clone()))
            .collect()
    };
    let in_a = call(1_000, 1500, 10, 10).to_vec();
    // Before its first call a fork repeats the inherited total.
    let mut in_b = copy(60_000, &in_a);
    in_b.extend([(62_000, "event_msg", tokens(10, 10))]);
    in_b.extend(call(63_000, 2500, 30, 20));
    let mut in_c = copy(120_000, &in_b);
    in_c.extend(call(123_000, 3500, 60, 30));
    [
        (a.clone(), rollout(&a, 0, &[], &in_a)),
        (b.clone(), rollout(&b, 59_990, &[&a], &in_b)),
        (c.clone(), rollout(&c, 119_990, &[&b, &a], &in_c)),
    ]
}

#[test]
fn forks_of_forks_keep_every_call_where_it_was_made() {
    for is_numbered in [true, false] {
        let files = generations(is_numbered);
        let expected: Vec<_> = files.iter().map(|(id, _)| id.clone()).zip([10, 20, 30]).collect();
        // Any of the files may be gone but the last, which holds everything.
        for gone in 0..4u32 {
            let home = support::Home::new();
            for (at, (id, text)) in files.iter().enumerate() {
                if gone & (1 << at) == 0 {
                    write(&home, id, text);
                }
            }
            let mut expected = expected.clone();
            if gone == 0b11 && !is_numbered {
                // Nothing distinguishes the two any more: the first keeps both.
                expected[1].0 = expected[0].0.clone();
                expected.sort();
            }
            assert_eq!(
                counted(&home.path()),
                expected,
                "numbered {is_numbered}, gone {gone:02b}"
            );
        }
    }
}

#[test]
fn siblings_with_equal_calls_made_two() {
    for is_numbered in [true, false] {
        let [(a, in_a), (b, in_b), _] = generations(is_numbered);
        let c = id(2001);
        let in_c = in_b.replace(&b, &c).replace(&id(2500), &id(2501));
        for has_parent in [true, false] {
            let home = support::Home::new();
            if has_parent {
                write(&home, &a, &in_a);
            }
            write(&home, &b, &in_b);
            write(&home, &c, &in_c);
            let expected = [(a.clone(), 10), (b.clone(), 20), (c.clone(), 20)];
            assert_eq!(
                counted(&home.path()),
                expected,
                "numbered {is_numbered}, parent {has_parent}"
            );
        }
    }
}

#[test]
fn a_parent_that_goes_on_as_its_fork_did_made_another_call() {
    let [(a, in_a), (b, in_b), _] = generations(false);
    let home = support::Home::new();
    let later = format!(
        "{{\"timestamp\":\"2026-03-02T09:40:00Z\",\"type\":\"event_msg\",\"payload\":{}}}\n",
        tokens(30, 20)
    );
    write(&home, &a, &(in_a + &later));
    write(&home, &b, &in_b);
    assert_eq!(counted(&home.path()), [(a.clone(), 10), (a, 20), (b, 20)]);
}

#[test]
fn copies_that_kept_their_times_are_copies() {
    let [(a, in_a), (b, in_b), _] = generations(false);
    let in_b = in_b.replace("09:01:00.000Z\",\"type\":\"turn", "09:00:01.000Z\",\"type\":\"turn");
    let in_b = in_b.replace("09:01:00.000Z\",\"type\":\"event", "09:00:09.000Z\",\"type\":\"event");
    for has_parent in [true, false] {
        let home = support::Home::new();
        if has_parent {
            write(&home, &a, &in_a);
        }
        write(&home, &b, &in_b);
        assert_eq!(
            counted(&home.path()),
            [(a.clone(), 10), (b.clone(), 20)],
            "parent {has_parent}"
        );
    }
}

#[test]
fn a_clock_that_was_set_back_before_the_fork_makes_no_copy_a_call() {
    let [(a, in_a), (b, in_b), _] = generations(false);
    // The parent's records lie half an hour after the fork's; one time is wild.
    let in_a = in_a.replace("T09:00", "T09:30");
    let wild = in_a.replacen("T09:30:01.000Z", "T23:59:59.000Z", 1);
    let kept = in_b
        .replace("09:01:00.000Z\",\"type\":\"turn", "09:30:01.000Z\",\"type\":\"turn")
        .replace("09:01:00.000Z\",\"type\":\"event", "09:30:01.100Z\",\"type\":\"event");
    let slow = in_b.replace("09:01:00.000Z\",\"type\":\"event", "09:01:00.006Z\",\"type\":\"event");
    for in_a in [&in_a, &wild] {
        for in_b in [&in_b, &kept, &slow] {
            let home = support::Home::new();
            write(&home, &a, in_a);
            write(&home, &b, in_b);
            assert_eq!(counted(&home.path()), [(a.clone(), 10), (b.clone(), 20)], "{in_b}");
        }
    }
}

#[test]
fn of_two_files_of_a_parent_the_longer_holds_the_copied_calls() {
    let [_, (b, in_b), (c, in_c)] = generations(false);
    // Writing was held up in the middle of the copy.
    let (head, tail) = in_c.split_at(in_c.rfind("09:02:00.000Z").expect("a copy"));
    let in_c = format!("{head}09:02:00.700Z{}", &tail[13..]);
    let shorter: String = in_b.split_inclusive('\n').take(4).collect();
    for (active, archived) in [(&in_b, &shorter), (&shorter, &in_b)] {
        let home = support::Home::new();
        write(&home, &b, active);
        home.write(
            &format!(".codex/archived_sessions/rollout-2026-03-02T09-00-00-{b}.jsonl"),
            archived,
        );
        write(&home, &c, &in_c);
        let expected = [(id(1000), 10), (b.clone(), 20), (c.clone(), 30)];
        assert_eq!(counted(&home.path()), expected);
    }
}

#[test]
fn a_fork_whose_own_description_is_damaged_or_late_is_known_by_its_file_name() {
    for is_numbered in [true, false] {
        let [(a, in_a), (b, in_b), _] = generations(is_numbered);
        let (own, rest) = in_b.split_once('\n').expect("lines");
        let nothing =
            r#"{"timestamp":"2026-03-02T09:00:59Z","type":"event_msg","payload":{"type":"token_count","info":null}}"#;
        for damaged in [
            format!("{}\n{rest}", &own[..own.len() / 2]),
            rest.to_owned(),
            format!("{nothing}\n{own}\n{rest}"),
        ] {
            for has_parent in [true, false] {
                let home = support::Home::new();
                if has_parent {
                    write(&home, &a, &in_a);
                }
                write(&home, &b, &damaged);
                let expected = [(a.clone(), 10), (b.clone(), 20)];
                assert_eq!(counted(&home.path()), expected, "parent {has_parent}: {damaged}");
                let system = System::new(Os::Linux, home.path(), BTreeMap::new());
                let reading = support::counting::read_all(codex(), &system);
                let fork = reading
                    .sessions
                    .iter()
                    .find(|session| session.id == b)
                    .expect("the fork");
                assert_eq!(fork.forked_from.as_ref(), Some(&a));
            }
        }
    }
}

#[test]
fn parents_that_name_each_other_end() {
    let (a, b) = (id(1000), id(2000));
    let home = support::Home::new();
    let lines = [
        (60_000, "turn_context", context(None)),
        (61_000, "event_msg", tokens(10, 10)),
    ];
    write(&home, &a, &rollout(&a, 0, &[&b], &lines));
    write(&home, &b, &rollout(&b, 0, &[&a], &lines));
    assert!(!counted(&home.path()).is_empty());
}

#[test]
fn of_a_fork_without_copies_only_inherited_counters_are_passed_over() {
    let (a, b) = (id(1000), id(2000));
    let parent = rollout(&a, 0, &[], &[(1_000, "event_msg", tokens(10, 10))]);
    let record = |thread: &str, last: u64| {
        format!(r#"{{"thread_id":"{thread}","response_id":"resp_{last}","usage":{{"input_tokens":{last}}}}}"#)
    };
    let inherited = || (61_000, "event_msg", tokens(10, 10));
    let call = |total, last| (63_000, "event_msg", tokens(total, last));
    let recorded = |last| (63_000, "token_usage_record", record(&b, last));
    let based = format!(r#""history_mode":"paginated","history_base":{{"thread_id":"{a}"}},"cwd""#);
    let subagent = r#""history_mode":"paginated","source":{"subagent":{}},"cwd""#;
    for (kind, lines, expected) in [
        // Told, and counted, by versions without records.
        (
            based.as_str(),
            vec![inherited(), call(30, 20), call(60, 30)],
            vec![20, 30],
        ),
        // The same, continued by a later version.
        (
            &based,
            vec![inherited(), call(30, 20), recorded(30), call(60, 30)],
            vec![20, 30],
        ),
        (&based, vec![inherited(), recorded(20), call(30, 20)], vec![20]),
        (&based, vec![inherited(), inherited()], vec![]),
        // It starts at nothing.
        (subagent, vec![call(20, 20), call(50, 30)], vec![20, 30]),
    ] {
        for has_parent in [true, false] {
            let home = support::Home::new();
            if has_parent {
                write(&home, &a, &parent);
            }
            let text = rollout(&b, 60_000, &[&a], &lines).replacen("\"cwd\"", kind, 1);
            write(&home, &b, &text);
            let in_fork = expected.iter().map(|&used| (b.clone(), used));
            let all: Vec<_> = has_parent.then(|| (a.clone(), 10)).into_iter().chain(in_fork).collect();
            assert_eq!(counted(&home.path()), all, "{text}");
        }
    }
}

#[test]
fn a_fork_that_repeats_thousands_of_counters_makes_its_own_call_alone() {
    const CALLS: u64 = 5_000;
    let (a, b) = (id(1000), id(2000));
    let counters = |start: i64| -> Vec<_> {
        let count = |call: u64| (start + call as i64 * 20, "event_msg", tokens(call * 10, 10));
        (1..=CALLS).map(count).collect()
    };
    let home = support::Home::new();
    write(&home, &a, &rollout(&a, 0, &[], &counters(1_000)));
    let mut lines = counters(301_000);
    lines.push((501_000, "event_msg", tokens(CALLS * 10 + 7, 7)));
    let based = format!(r#""history_mode":"paginated","history_base":{{"thread_id":"{a}"}},"cwd""#);
    let fork = rollout(&b, 300_000, &[&a], &lines).replacen("\"cwd\"", &based, 1);
    write(&home, &b, &fork);
    let calls = counted(&home.path());
    assert_eq!(calls.len() as u64, CALLS + 1);
    assert_eq!(calls.last(), Some(&(b, 7)));
}

#[test]
fn counters_of_a_parent_that_is_not_there_as_a_whole_make_no_call() {
    let (a, b) = (id(1000), id(2000));
    let parent = rollout(&a, 0, &[], &[(1_000, "event_msg", tokens(10, 10))]);
    let (half, _) = parent.split_at(parent.rfind("{\"timestamp").expect("a line"));
    let record = format!(r#"{{"thread_id":"{b}","response_id":"resp_1","usage":{{"input_tokens":20}}}}"#);
    let lines = [
        (61_000, "event_msg", tokens(10, 10)),
        (63_000, "token_usage_record", record),
        (63_000, "event_msg", tokens(30, 20)),
    ];
    let based = format!(r#""history_base":{{"thread_id":"{a}"}},"cwd""#);
    let home = support::Home::new();
    let mut counting = Counting::of(codex());
    let system = System::new(Os::Linux, home.path(), BTreeMap::new());
    write(&home, &a, half);
    write(
        &home,
        &b,
        &rollout(&b, 60_000, &[&a], &lines).replacen("\"cwd\"", &based, 1),
    );
    counting.sync(&system);
    write(&home, &a, &parent);
    let told: Vec<_> = calls(&counting.sync(&system)).into_iter().map(|call| call.2).collect();
    assert_eq!(told, [10, 20]);
}
