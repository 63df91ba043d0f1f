//! Lines of 100 MB and millions of tiny ones: counted right, in bounded memory. Takes a while: with `TTOP_TEST_ALL=1` only.
#![cfg(target_os = "linux")]

#[path = "../../benches/jobs/measure.rs"]
#[allow(dead_code, reason = "only memory is looked at")]
mod measure;

use crate::support::claude_code::{CLAUDE_SESSION, claude_reply};
use crate::support::running::{sum, ttop};
use crate::support::{Home, skipped};
use std::fs::File;
use std::io::{BufWriter, Write};

const CLAUDE: &str = ".claude/projects/-x/a.jsonl";
const CODEX: &str = ".codex/sessions/2026/11/20/rollout-2026-11-20T08-34-11-01a1f817-7e93-7893-9411-a307e052cd49.jsonl";
const LONG_BYTES: usize = 100 << 20;
const TINY: usize = 3_000_000;
/// A line is held up to 32 MiB, and its buffer doubles.
const MOST_MIB: f64 = 100.0;

/// The first half of a line, what makes it long, and the rest.
fn long(file: &mut impl Write, head: &str, tail: &str) {
    file.write_all(head.as_bytes()).expect("written");
    let filling = vec![b'x'; 1 << 20];
    for _ in 0..LONG_BYTES / filling.len() {
        file.write_all(&filling).expect("written");
    }
    file.write_all(tail.as_bytes()).expect("written");
}

fn tiny(file: &mut impl Write) {
    for at in 0..TINY {
        let line: &[u8] = if at % 2 == 0 { b"{}\n" } else { b"\n" };
        file.write_all(line).expect("written");
    }
}

fn create(home: &Home, path: &str) -> BufWriter<File> {
    let path = home.path().join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    BufWriter::new(File::create(path).expect("a file"))
}

fn claude(home: &Home) {
    let mut file = create(home, CLAUDE);
    let reply = |file: &mut BufWriter<File>, id: &str| {
        file.write_all(claude_reply(CLAUDE_SESSION, id, 10).as_bytes())
            .expect("written");
    };
    reply(&mut file, "msg_1");
    long(&mut file, r#"{"type":"user","message":{"content":""#, "\"}}\n");
    tiny(&mut file);
    reply(&mut file, "msg_2");
    // A reply that is too long to be held is named.
    let whole = claude_reply(CLAUDE_SESSION, "msg_3", 10);
    let (head, tail) = whole.split_at(whole.find("\"content\":[").expect("a content") + 11);
    long(&mut file, &format!("{head}\""), &format!("\"{tail}"));
    reply(&mut file, "msg_4");
}

fn codex(home: &Home) {
    let mut file = create(home, CODEX);
    let record = |file: &mut BufWriter<File>, kind: &str, payload: &str| {
        writeln!(
            file,
            r#"{{"timestamp":"2026-11-20T08:34:11.801Z","type":"{kind}","payload":{payload}}}"#
        )
        .expect("written");
    };
    let usage = |output: u64| {
        format!(
            r#"{{"input_tokens":0,"cached_input_tokens":0,"output_tokens":{output},"reasoning_output_tokens":0,"total_tokens":{output}}}"#
        )
    };
    let counters = |total, last| {
        let (total, last) = (usage(total), usage(last));
        format!(
            r#"{{"type":"token_count","info":{{"total_token_usage":{total},"last_token_usage":{last}}},"rate_limits":null}}"#
        )
    };
    record(
        &mut file,
        "session_meta",
        r#"{"id":"01a1f817-7e93-7893-9411-a307e052cd49","cwd":"/x","model_provider":"openai"}"#,
    );
    record(&mut file, "turn_context", r#"{"model":"gpt-5.2"}"#);
    record(&mut file, "event_msg", &counters(10, 10));
    long(
        &mut file,
        r#"{"timestamp":"2026-11-20T08:34:12.801Z","type":"response_item","payload":{"type":"function_call_output","output":""#,
        "\"}}\n",
    );
    tiny(&mut file);
    record(&mut file, "event_msg", &counters(30, 20));
}

#[test]
fn huge_and_tiny_lines_are_read_in_bounded_memory() {
    if std::env::var_os("TTOP_TEST_ALL").is_none() {
        return skipped("takes a while; TTOP_TEST_ALL=1 runs it");
    }
    type Make = fn(&Home);
    for (agent, make, output, problems) in [("claude-code", claude as Make, 30, 1), ("codex", codex, 30, 0)] {
        let home = Home::new();
        make(&home);
        let args = ["turns", "--agent", agent];
        let mut command = ttop(&home, &args);
        command.env("TTOP_LEDGER", ":memory:");
        let run = measure::run(command);
        assert!(run.peak_mib < MOST_MIB, "{agent}: {:.0} MiB", run.peak_mib);
        let rows = home.ttop().args(args).output().expect("runs");
        let said = String::from_utf8_lossy(&rows.stderr).into_owned();
        assert_eq!(said.matches("more than 32 MiB").count(), problems, "{agent}: {said}");
        assert_eq!(sum(&home.rows(&args)), output, "{agent}: {said}");
        // Nothing new: nothing is read again.
        let warm = measure::run(ttop(&home, &args));
        assert!(warm.peak_mib < MOST_MIB / 2.0, "{agent}: {:.0} MiB", warm.peak_mib);
    }
}
