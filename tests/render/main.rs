//! What reaches stdout and stderr: formats, fields, order, limits, jq, tables, colors, and failures of stdout.

mod formats;
mod reports;
#[path = "../support/mod.rs"]
mod support;
mod tables;

use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::process::{Command, Stdio};
use support::Home;

/// One reply of Claude Code, with a cost the agent recorded, or none.
struct Reply<'a> {
    session: &'a str,
    title: &'a str,
    folder: &'a str,
    time: &'a str,
    model: &'a str,
    output: u64,
    cost: Option<f64>,
}

const REPLIES: [Reply; 4] = [
    Reply {
        session: "aaaa-1",
        title: "Fix the parser",
        folder: "/home/dev/acme-api",
        time: "2026-11-18T10:00:00.000Z",
        model: "claude-sonnet-4-5",
        output: 100,
        cost: Some(0.0234),
    },
    Reply {
        session: "aaaa-1",
        title: "",
        folder: "/home/dev/acme-api",
        time: "2026-11-19T23:30:00.000Z",
        model: "claude-opus-4-6",
        output: 2_500,
        cost: None,
    },
    Reply {
        session: "bbbb-2",
        title: "日本語の\u{1b}[31mとても長い\u{202e}タイトル, \"quoted\"\tand | piped\n2nd line",
        folder: "/home/dev/clients/acme/backend",
        time: "2026-11-20T09:00:00.000Z",
        model: "claude-opus-4-6",
        output: 1_200_000,
        cost: Some(12.5),
    },
    Reply {
        session: "cccc-3",
        title: "Family 👨‍👩‍👧‍👦 plans",
        folder: "/home/dev/acme-api",
        time: "2026-11-20T09:30:00.000Z",
        model: "unheard-of-1",
        output: 7,
        cost: None,
    },
];

fn home() -> Home {
    let home = Home::new();
    for session in ["aaaa-1", "bbbb-2", "cccc-3"] {
        let mut lines = String::new();
        for (at, reply) in REPLIES.iter().enumerate().filter(|(_, reply)| reply.session == session) {
            let common = |kind: &str| {
                json!({"type": kind, "sessionId": session, "cwd": reply.folder, "timestamp": reply.time,
                    "uuid": format!("{kind}-{at}"), "version": "2.1.63", "isSidechain": false})
            };
            if !reply.title.is_empty() {
                let mut title = common("custom-title");
                title["customTitle"] = reply.title.into();
                lines.push_str(&format!("{title}\n"));
            }
            let mut record = common("assistant");
            record["requestId"] = format!("req_{at}").into();
            record["message"] = json!({"id": format!("msg_{at}"), "role": "assistant", "model": reply.model,
                "stop_reason": "end_turn", "usage": {"input_tokens": 10, "output_tokens": reply.output,
                "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}});
            if let Some(cost) = reply.cost {
                record["costUSD"] = cost.into();
            }
            lines.push_str(&format!("{record}\n"));
        }
        home.write(&format!(".claude/projects/-home-dev/{session}.jsonl"), lines);
    }
    home
}

fn failure(home: &Home, args: &[&str], code: i32) -> String {
    let output = home.ttop().env_remove("TTOP_NOW").args(args).output().expect("runs");
    assert_eq!(
        output.status.code(),
        Some(code),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.stdout.is_empty(), "{args:?} printed something");
    String::from_utf8(output.stderr).expect("UTF-8")
}

#[test]
fn off_a_terminal_rows_are_json_lines() {
    let home = home();
    let rows = home.rows(&["turns"]);
    assert_eq!(rows.len(), 4);
    assert_eq!(rows, home.rows(&["turns", "-o", "ndjson"]));
    let array: Value = serde_json::from_str(&home.stdout(&["turns", "-o", "json"])).expect("JSON");
    assert_eq!(array, Value::Array(rows));
    let one: Value = serde_json::from_str(&home.stdout(&["turns", "-o", "json", "-n1"])).expect("JSON");
    assert_eq!(one.as_array().map(Vec::len), Some(1));
}

#[test]
fn nothing_found_is_no_failure_and_has_a_form_in_every_format() {
    let home = home();
    let nothing = |format: &str| {
        let output = home
            .ttop()
            .args(["turns", "--agent", "codex", "-o", format])
            .output()
            .expect("runs");
        assert_eq!(output.status.code(), Some(0), "{format}");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (
            text(output.stdout),
            text(output.stderr).replace("ttop: the clock is fixed at 2026-11-20T18:00:00.000Z (TTOP_NOW)\n", ""),
        )
    };
    assert_eq!(nothing("ndjson"), (String::new(), String::new()));
    assert_eq!(nothing("json"), ("[]\n".to_owned(), String::new()));
    assert_eq!(
        nothing("table"),
        (
            String::new(),
            "no turns match --agent codex; what there is: ttop cost --by agent,model\n".to_owned()
        )
    );
    let (csv, _) = nothing("csv");
    assert!(
        csv.starts_with("turnId,sessionId,")
            && csv.contains(",tokens.input,tokens.output,")
            && csv.lines().count() == 1
    );
    let (tsv, _) = nothing("tsv");
    assert_eq!(tsv, csv.replace(',', "\t"));
    assert_eq!(nothing("md").0.lines().count(), 2);
}

#[test]
fn csv_and_tsv_keep_every_value_apart() {
    let home = home();
    let fields = ["--fields", "sessionName,tokens,cost"];
    insta::assert_snapshot!(home.stdout(&[&["turns", "-o", "csv"], &fields[..]].concat()).replace('\u{1b}', "<ESC>").replace('\u{202e}', "<RLO>"), @r#"
    sessionName,tokens.input,tokens.output,tokens.reasoning,tokens.cacheRead,tokens.cacheWrite,cost
    Fix the parser,10,100,0,0,0,0.0234
    Fix the parser,10,2500,0,0,0,0.06255
    "日本語の<ESC>[31mとても長い<RLO>タイトル, ""quoted""	and | piped",10,1200000,0,0,0,12.5
    Family 👨‍👩‍👧‍👦 plans,10,7,0,0,0,
    "#);
    insta::assert_snapshot!(home.stdout(&[&["turns", "-o", "tsv", "--no-header"], &fields[..]].concat()).replace('\u{1b}', "<ESC>").replace('\u{202e}', "<RLO>").replace('\t', "<TAB>"), @r#"
    Fix the parser<TAB>10<TAB>100<TAB>0<TAB>0<TAB>0<TAB>0.0234
    Fix the parser<TAB>10<TAB>2500<TAB>0<TAB>0<TAB>0<TAB>0.06255
    日本語の<ESC>[31mとても長い<RLO>タイトル, "quoted"\tand | piped<TAB>10<TAB>1200000<TAB>0<TAB>0<TAB>0<TAB>12.5
    Family 👨‍👩‍👧‍👦 plans<TAB>10<TAB>7<TAB>0<TAB>0<TAB>0<TAB>
    "#);
    let mut reader = csv::Reader::from_reader(std::io::Cursor::new(home.stdout(&["turns", "-o", "csv"])));
    let names: Vec<String> = reader
        .records()
        .map(|row| row.expect("a record")[7].to_owned())
        .collect();
    assert!(
        !names[2].is_empty() && REPLIES[2].title.starts_with(&names[2]),
        "{names:?}"
    );
}

#[test]
fn fields_choose_and_order_keys() {
    let home = home();
    let args = [
        "turns",
        "-n1",
        "--session",
        "bbbb",
        "--fields",
        "cost,tokens.output,sessionId,tokens.input",
    ];
    let line = home.stdout(&args);
    assert_eq!(
        line,
        "{\"cost\":12.5,\"tokens\":{\"output\":1200000,\"input\":10},\"sessionId\":\"bbbb-2\"}\n"
    );
    let help = home.stdout(&["turns", "--fields", "help"]);
    assert!(help.starts_with("turnId\nsessionId\n") && help.contains("tokens\ntokens.input\n"));
    insta::assert_snapshot!(failure(&home, &["turns", "--fields", "modelID,cost"], 2), @r#"
    ttop: error: unknown field 'modelID'
    hint: did you mean modelId? run with --fields help for the list
    "#);
    insta::assert_snapshot!(failure(&home, &["turns", "--sort", "costs"], 2), @r#"
    ttop: error: unknown field 'costs'
    hint: did you mean cost, costStatus, costDisplay? run with --fields help for the list
    "#);
    insta::assert_snapshot!(failure(&home, &["turns", "--sort", "cost:down"], 2), @r#"
    ttop: error: cannot sort 'down'
    hint: write KEY, KEY:asc or KEY:desc
    "#);
    insta::assert_snapshot!(failure(&home, &["turns", "--sort", "tokens"], 2), @r#"
    ttop: error: 'tokens' has several values
    hint: sort by one of them, for example tokens.input
    "#);
}

#[test]
fn rows_are_filtered_then_sorted_then_limited() {
    let home = home();
    let models = |args: &[&str]| -> Vec<String> {
        let args = [&["turns", "--jq", r#""\(.modelId) \(.cost)""#, "-r"], args].concat();
        home.stdout(&args).lines().map(str::to_owned).collect()
    };
    let all = models(&[]);
    assert_eq!(models(&["-n", "2"]), all[2..], "the newest, oldest first");
    let sorted = models(&["--sort", "cost:desc"]);
    assert_eq!(sorted[0], "claude-opus-4-6 12.5");
    assert_eq!(sorted[3], "unheard-of-1 null", "unknown is last");
    assert_eq!(models(&["--sort", "cost"])[3], "unheard-of-1 null", "both ways");
    assert_eq!(models(&["--sort", "cost:desc", "-n", "1"]), sorted[..1]);
    assert_eq!(models(&["--grep", "PARSER", "-n", "1"]), all[1..2]);
    assert_eq!(models(&["--grep", "parser", "--grep", "タイトル"]).len(), 3);
    assert_eq!(models(&["-n", "0"]).len(), 0);
}

#[test]
fn jq_runs_on_whole_rows_and_fails_row_by_row() {
    let home = home();
    assert_eq!(
        home.stdout(&["turns", "--jq", ".tokens.output"]),
        "100\n2500\n1200000\n7\n"
    );
    assert_eq!(
        home.stdout(&["turns", "-n1", "--jq", ".sessionName"]),
        "\"Family 👨‍👩‍👧‍👦 plans\"\n"
    );
    assert_eq!(
        home.stdout(&["turns", "--jq", "select(.cost == null) | .sessionName, .tokens"])
            .lines()
            .count(),
        2
    );
    assert_eq!(
        home.stdout(&["turns", "--jq", "[nan, {\"a\": -infinite}]", "-n1"]),
        "[null,{\"a\":null}]\n"
    );
    assert_eq!(home.stdout(&["turns", "--jq", "1, halt"]), "1\n");
    let args = ["turns", "--jq", "if .cost then .cost else error(\"no price\") end"];
    let output = home.ttop().args(args).output().expect("runs");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 3);
    assert!(String::from_utf8_lossy(&output.stderr).contains("ttop: warning: --jq: row 4: no price"));
    let strict = home.ttop().args(args).arg("--strict").output().expect("runs");
    assert_eq!(strict.status.code(), Some(1));
    insta::assert_snapshot!(failure(&home, &["turns", "--jq", ".cost |"], 2), @"ttop: error: invalid jq program '.cost |': expected term at its end");
    insta::assert_snapshot!(failure(&home, &["turns", "--jq", "nothing(.)"], 2), @"ttop: error: invalid jq program 'nothing(.)': undefined filter nothing");
    insta::assert_snapshot!(failure(&home, &["turns", "--jq", ".", "-o", "json"], 2), @r#"
    ttop: error: --jq prints one value per line and cannot be combined with -o
    hint: drop -o or --jq
    "#);
    insta::assert_snapshot!(failure(&home, &["turns", "-r"], 2), @r#"
    ttop: error: -r needs --jq
    hint: --jq .sessionId -r
    "#);
    insta::assert_snapshot!(failure(&home, &["turns", "-o", "ccusage"], 2), @r#"
    ttop: error: -o ccusage supports daily, weekly, monthly and session costs
    hint: ttop cost --by day -o ccusage
    "#);
    assert_eq!(
        home.stdout(&["turns", "-n1", "--jq", ".cost", "-o", "ndjson"]),
        "null\n"
    );
}

#[test]
fn quiet_prints_nothing_at_all() {
    let home = home();
    for args in [
        &["turns", "-q"][..],
        &["turns", "-q", "-o", "table"],
        &["turns", "-q", "--agent", "nobody", "-o", "table"],
    ] {
        let output = home.ttop().args(args).output().expect("runs");
        assert_eq!(
            (output.stdout.len(), output.stderr.len(), output.status.code()),
            (0, 0, Some(0)),
            "{args:?}"
        );
    }
    let output = home
        .ttop()
        .args(["turns", "-q", "--fields", "nope"])
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let home = home();
    for format in ["ndjson", "json", "csv", "tsv", "md", "table"] {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin("ttop"))
            .args(["turns", "-o", format])
            .env_clear()
            .env("HOME", home.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(0), "{format}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{format}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure_that_is_said() {
    let home = home();
    for args in [
        &["turns"][..],
        &["turns", "-o", "json"],
        &["turns", "-o", "csv"],
        &["turns", "-o", "table"],
        &["turns", "--jq", "."],
        &["schema"],
        &["--help"],
        &["completions", "bash"],
        &["man"],
        &["turns", "--fields", "help"],
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let output = Command::new(assert_cmd::cargo::cargo_bin("ttop"))
            .args(args)
            .env_clear()
            .env("HOME", home.path())
            .stdout(full)
            .output()
            .expect("runs");
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("ttop: error: could not write to stdout: No space left on device"),
            "{args:?}: {said}"
        );
    }
}
