//! Records that get more counts, or lose what describes them for a while: they stay the same records. Logs of every agent that
//! were read half-written, and that vanish and come back, count as if they were read once; so do those that others describe, if
//! one of the files comes last.

use crate::incremental::comparable;
use crate::new_ids::counts;
use crate::rewritten_records::Machine;
use crate::support;
use crate::support::counting::{Counted, Counting};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};
use ttop::agents::{Agent, built_in};
use ttop::core::turn::Presence;
use ttop::system::{Os, System};

/// Agents with a database of requests, the file, and a statement that raises the output of one request by a token.
const GROWING: [(&str, &str, &str, &str); 3] = [
    (
        "antigravity",
        "made",
        ".gemini/antigravity-cli/conversations/a9a9a9a9-0000-4000-8000-000000000001.db",
        // Field 3 of the usage, from 1 to 2.
        "update gen_metadata set data = unhex(replace(hex(data), '100318015A', '100318025A')) where idx = 3",
    ),
    (
        "devin-cli",
        "made",
        ".local/share/devin/cli/sessions.db",
        "update message_nodes set chat_message = replace(chat_message, '\"output_tokens\":147', '\"output_tokens\":148')",
    ),
    (
        "zcode",
        "made",
        ".zcode/cli/db/db.sqlite",
        "update model_usage set output_tokens = output_tokens + 1, computed_total_tokens = computed_total_tokens + 1
         where rowid = 1",
    ),
];

#[test]
fn a_request_whose_counts_grow_is_the_same_request() {
    for (agent, case, path, statement) in GROWING {
        let mut machine = Machine::of(agent);
        let fixture = support::fixtures().join("agents").join(agent).join(case).join("home");
        support::copy_tree(&fixture, &machine.home.path());
        let (turns, tokens, ..) = machine.sync();
        let connection = rusqlite::Connection::open(machine.home.path().join(path)).expect("a database");
        connection.execute(statement, []).expect("updated");
        let after = machine.sync();
        assert_eq!((after.0, after.1), (turns, tokens + 1), "{agent}");
    }
}

#[test]
fn a_total_is_not_another_one_while_what_describes_its_session_is_damaged() {
    let mut machine = Machine::of("mistral-vibe");
    let case = support::fixtures().join("agents/mistral-vibe/3.0.2/home");
    support::copy_tree(&case, &machine.home.path());
    let (turns, tokens, ..) = machine.sync();
    let folder = ".vibe/logs/session/unified/abfe6cf8-3217-e00b-2687-c4492f40556c";
    let folder = machine.home.path().join(folder);
    let (meta, journal) = (folder.join("meta.json"), folder.join("journal/0000000000000022.jsonl"));
    let text = std::fs::read_to_string(&meta).expect("readable");
    std::fs::write(&meta, &text[..text.len() / 2]).expect("written");
    let log = std::fs::read_to_string(&journal).expect("readable");
    std::fs::write(&journal, format!("{log}\n")).expect("written");
    let damaged = machine.sync();
    assert_eq!((damaged.0, damaged.1), (turns, tokens));
    assert!(damaged.3 > 0, "it is a problem");
    std::fs::write(&meta, text).expect("written");
    assert_eq!(machine.sync(), (turns, tokens, 0, 0));
}

#[test]
fn replies_of_a_journal_are_present_in_the_snapshot_that_replaces_it() {
    let home = support::Home::new();
    let message = |id: &str, minute: u32| {
        format!(
            r#"{{"id":"{id}","role":"assistant","timestamp":"2026-03-02T09:{minute:02}:00Z","content":[],"token_usage":{{"prompt_tokens":100,"input_tokens":100,"output_tokens":5}}}}"#
        )
    };
    let snapshot = |messages: &str| {
        format!(
            r#"{{"id":"session_1","created_at":"2026-03-02T09:00:00Z","provider_key":"anthropic","model":"claude-opus-4-8","messages":[{messages}]}}"#
        )
    };
    let (first, second) = (message("m1", 1), message("m2", 2));
    let journal = ".jcode/sessions/session_1.journal.jsonl";
    home.write(".jcode/sessions/session_1.json", snapshot(&first));
    let meta = r#"{"provider_key":"anthropic","model":"claude-opus-4-8"}"#;
    home.write(journal, format!("{{\"meta\":{meta},\"append_messages\":[{second}]}}\n"));
    home.stdout(&["sync"]);
    home.write(".jcode/sessions/session_1.json", snapshot(&format!("{first},{second}")));
    std::fs::remove_file(home.path().join(journal)).expect("removed");
    let rows = home.rows(&["turns"]);
    let presences: Vec<_> = rows.iter().map(|row| row["presence"].as_str()).collect();
    assert_eq!(presences, [Some("present"); 2]);
}

fn vanish(agent: &'static (dyn Agent + Sync), case: &Path) {
    let home = support::Home::new();
    support::copy_tree(&case.join("home"), &home.path());
    let system = System::new(Os::Linux, home.path(), BTreeMap::new());
    let at_once = counts(&Counting::of(agent).sync(&system).turns);
    let sources = agent.sources(&system).sources;
    let logs: Vec<_> = sources
        .into_iter()
        .map(|source| source.path)
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .map(|path| (std::fs::read(&path).expect("readable"), path))
        .collect();
    let write = |part: usize| {
        for (bytes, path) in &logs {
            std::fs::write(path, &bytes[..bytes.len() / part]).expect("written");
        }
    };
    let mut counting = Counting::of(agent);
    write(2);
    counting.sync(&system);
    write(1);
    assert_eq!(
        counts(&counting.sync(&system).turns),
        at_once,
        "{} grew",
        case.display()
    );
    logs.iter()
        .for_each(|(_, path)| std::fs::remove_file(path).expect("removed"));
    counting.sync(&system);
    write(1);
    assert_eq!(
        counts(&counting.sync(&system).turns),
        at_once,
        "{} came back",
        case.display()
    );
}

#[test]
fn logs_that_were_read_half_written_and_come_back_count_once() {
    for agent in built_in() {
        for case in support::agent_cases(agent.id()) {
            vanish(*agent, &case);
        }
    }
}

/// Half of a path is another path.
const HALF_IS_WHOLE: &str = ".project_root";

fn come_last(agent: &'static (dyn Agent + Sync), case: &Path, faults: &mut Vec<String>) {
    let home = support::Home::new();
    support::copy_tree(&case.join("home"), &home.path());
    let system = System::new(Os::Linux, home.path(), BTreeMap::new());
    let at_once = comparable(Counting::of(agent).sync(&system));
    let files = support::files_in(&home.path());
    // What was written this moment is looked at again in any case.
    let age = |path: &Path, hours: u64| {
        support::set_modified(path, SystemTime::now() - Duration::from_secs(hours * 3600));
    };
    files.iter().for_each(|path| age(path, 2));
    for (path, is_missing) in files.iter().flat_map(|path| [(path, true), (path, false)]) {
        if !is_missing && path.ends_with(HALF_IS_WHOLE) {
            continue;
        }
        let bytes = std::fs::read(path).expect("readable");
        let mut counting = Counting::of(agent);
        if is_missing {
            std::fs::remove_file(path).expect("removed");
        } else {
            std::fs::write(path, &bytes[..bytes.len() / 2]).expect("written");
        }
        counting.sync(&system);
        std::fs::write(path, bytes).expect("written");
        age(path, 1);
        let (turns, sessions) = comparable(counting.sync(&system));
        let place = path.strip_prefix(home.path()).expect("below").display().to_string();
        let place = format!(
            "{} {}: {place} {}",
            agent.id(),
            case.file_name().expect("a name").display(),
            if is_missing { "missing" } else { "half written" }
        );
        if turns != at_once.0 {
            let differ = turns.iter().zip(&at_once.0).find(|(one, other)| one != other);
            faults.push(format!(
                "{place}: {} turns, not {}; {differ:?}",
                turns.len(),
                at_once.0.len()
            ));
        }
        if sessions != at_once.1 {
            let differ = sessions.iter().zip(&at_once.1).find(|(one, other)| one != other);
            faults.push(format!("{place}: sessions; {differ:?}"));
        }
    }
}

/// The turns with their models, in any order.
fn named(turns: &[Counted]) -> Vec<String> {
    let name = |turn: &Counted| {
        format!(
            "{} {:?} {} {}",
            turn.turn_id, turn.tokens, turn.provider_id, turn.model_id
        )
    };
    let mut named: Vec<_> = turns.iter().map(name).collect();
    named.sort();
    named
}

#[test]
fn what_names_a_model_and_is_deleted_was_still_right() {
    let mut tried = 0;
    for agent in built_in() {
        for case in support::agent_cases(agent.id()) {
            let home = support::Home::new();
            support::copy_tree(&case.join("home"), &home.path());
            let system = System::new(Os::Linux, home.path(), BTreeMap::new());
            let sources = agent.sources(&system).sources;
            let is_source = |path: &Path| sources.iter().any(|source| source.path == path);
            let files = support::files_in(&home.path());
            let then = SystemTime::now() - Duration::from_secs(7_200);
            files.iter().for_each(|path| support::set_modified(path, then));
            let mut counting = Counting::of(*agent);
            let known = comparable(counting.sync(&system)).0;
            for path in files
                .iter()
                .filter(|path| !is_source(path) && !path.to_string_lossy().contains(".db"))
            {
                let bytes = std::fs::read(path).expect("readable");
                std::fs::remove_file(path).expect("removed");
                let turns = comparable(counting.sync(&system)).0;
                assert_eq!(
                    named(&turns),
                    named(&known),
                    "{} without {}",
                    agent.id(),
                    path.display()
                );
                std::fs::write(path, bytes).expect("written");
                support::set_modified(path, then);
                assert_eq!(
                    comparable(counting.sync(&system)).0.len(),
                    known.len(),
                    "{}",
                    path.display()
                );
                tried += 1;
            }
        }
    }
    assert!(tried >= 50, "only {tried} files");
}

#[test]
fn a_session_that_comes_and_goes_is_gone() {
    let mut machine = Machine::of("claude-code");
    let case = support::fixtures().join("agents/claude-code/made/home");
    support::copy_tree(&case, &machine.home.path());
    for path in support::files_in(&machine.home.path()) {
        support::set_modified(&path, SystemTime::now() - Duration::from_secs(7_200));
    }
    let turns = machine.sync().0;
    let new = ".claude/projects/-w/0c0a0000-0000-4000-8000-000000000001.jsonl";
    machine.home.write(
        new,
        r#"{"type":"assistant","sessionId":"0c0a0000-0000-4000-8000-000000000001","timestamp":"2026-11-20T10:00:00.000Z","uuid":"u","message":{"id":"msg_1","model":"claude-opus-5","usage":{"input_tokens":10,"output_tokens":2}}}
"#,
    );
    assert_eq!(machine.sync().0, turns + 1);
    std::fs::remove_file(machine.home.path().join(new)).expect("removed");
    assert_eq!(
        machine
            .presences()
            .iter()
            .filter(|presence| **presence == Presence::Gone)
            .count(),
        1
    );
}

#[test]
fn files_that_come_last_leave_what_they_would_have_left_at_once() {
    let mut faults = Vec::new();
    for agent in built_in() {
        for case in support::agent_cases(agent.id()) {
            come_last(*agent, &case, &mut faults);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_session_that_moves_before_it_is_described_counts_once() {
    for (agent, case, descriptions, folders) in [
        (
            "droid",
            "0.215.0",
            ".jsonl",
            [
                ".factory/sessions/-tmp-demo-rb-droid-acme-api",
                ".factory/sessions/-moved",
            ],
        ),
        (
            "droid",
            "0.225.2",
            ".jsonl",
            [".factory/sessions/-home-dev-acme", ".factory/sessions/-moved"],
        ),
    ] {
        let mut machine = Machine::of(agent);
        let fixture = support::fixtures().join("agents").join(agent).join(case).join("home");
        support::copy_tree(&fixture, &machine.home.path());
        let mut at_once = Machine::of(agent);
        support::copy_tree(&fixture, &at_once.home.path());
        let whole = at_once.sync().1;
        let described = support::files_in(&machine.home.path()).into_iter();
        let described = described.filter(|path| path.to_string_lossy().ends_with(descriptions));
        let taken: Vec<_> = described
            .map(|path| {
                let bytes = std::fs::read(&path).expect("readable");
                std::fs::remove_file(&path).expect("removed");
                (path, bytes)
            })
            .collect();
        assert!(!taken.is_empty(), "{agent}");
        machine.sync();
        for (path, bytes) in taken {
            std::fs::write(path, bytes).expect("written");
        }
        let [from, to] = folders.map(|folder| machine.home.path().join(folder));
        std::fs::rename(from, to).expect("moved");
        assert_eq!(machine.sync().1, whole, "{agent} {case}");
    }
}
