//! Records that get more counts, or lose what describes them for a while: they stay the same records.

use crate::rewritten_records::Machine;
use crate::support;

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
