//! What reaches stdout and stderr: formats, fields, order, limits, jq, tables, colours, and failures of stdout.

mod support;

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
            .args(["turns", "--agent", "nobody", "-o", format])
            .output()
            .expect("runs");
        assert_eq!(output.status.code(), Some(0), "{format}");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (
            text(output.stdout),
            text(output.stderr).replace("ttop: the clock is set to 2026-11-20T18:00:00.000Z (TTOP_NOW)\n", ""),
        )
    };
    assert_eq!(nothing("ndjson"), (String::new(), String::new()));
    assert_eq!(nothing("json"), ("[]\n".to_owned(), String::new()));
    assert_eq!(nothing("table"), (String::new(), "no turns\n".to_owned()));
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
    hint: did you mean modelId? --fields help lists all
    "#);
    insta::assert_snapshot!(failure(&home, &["turns", "--sort", "costs"], 2), @r#"
    ttop: error: unknown field 'costs'
    hint: did you mean cost, costStatus? --fields help lists all
    "#);
    insta::assert_snapshot!(failure(&home, &["turns", "--sort", "cost:down"], 2), @r#"
    ttop: error: cannot sort 'down'
    hint: write KEY, KEY:asc or KEY:desc
    "#);
    insta::assert_snapshot!(failure(&home, &["turns", "--sort", "tokens"], 2), @r#"
    ttop: error: 'tokens' holds several values
    hint: sort by one, such as tokens.input
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
    insta::assert_snapshot!(failure(&home, &["turns", "--jq", ".cost |"], 2), @"ttop: error: bad jq program '.cost |': expected term at its end");
    insta::assert_snapshot!(failure(&home, &["turns", "--jq", "nothing(.)"], 2), @"ttop: error: bad jq program 'nothing(.)': undefined filter nothing");
    insta::assert_snapshot!(failure(&home, &["turns", "--jq", ".", "-o", "json"], 2), @r#"
    ttop: error: --jq prints one value a line, so it takes no other format
    hint: leave out -o, or --jq
    "#);
    insta::assert_snapshot!(failure(&home, &["turns", "-r"], 2), @r#"
    ttop: error: -r is for --jq
    hint: --jq .sessionId -r
    "#);
    insta::assert_snapshot!(failure(&home, &["turns", "-o", "ccusage"], 2), @r#"
    ttop: error: -o ccusage is for daily, weekly, monthly and session costs
    hint: ttop cost --by day -o ccusage
    "#);
    assert_eq!(
        home.stdout(&["turns", "-n1", "--jq", ".cost", "-o", "ndjson"]),
        "null\n"
    );
}

#[test]
fn tables_are_aligned_clean_and_fit() {
    let home = home();
    insta::assert_snapshot!(home.stdout(&["sessions", "-o", "table"]), @r#"
    Id      Session                Project                 Agent        Model            Tokens      Cost  Updated
    cccc-3  Family 👨‍👩‍👧‍👦 plans        /home/dev/acme-api      claude-code  unheard-of-1         17         —  2026-11-20 09:30
    bbbb-2  日本語の[31mとても長…  /home/d…s/acme/backend  claude-code  claude-opus-4-6    1.2M    $12.50  2026-11-20 09:00
    aaaa-1  Fix the parser         /home/dev/acme-api      claude-code  claude-opus-4-6    2.6K  ~$0.0860  2026-11-19 23:30
    "#);
    let narrow = home
        .ttop()
        .env("COLUMNS", "50")
        .args(["sessions", "-o", "table"])
        .output()
        .expect("runs");
    insta::assert_snapshot!(String::from_utf8_lossy(&narrow.stdout), @r#"
    Session                    Cost  Updated
    Family 👨‍👩‍👧‍👦 plans               —  2026-11-20 09:30
    日本語の[31mとても長…    $12.50  2026-11-20 09:00
    Fix the parser         ~$0.0860  2026-11-19 23:30
    "#);
    insta::assert_snapshot!(home.stdout(&["turns", "-o", "table", "--fields", "modelId,tokens.output,requests,timestamp,vendorId"]), @r#"
    Model              Output  requests  timestamp         vendorId
    claude-sonnet-4-5     100         1  2026-11-18 10:00  anthropic
    claude-opus-4-6      2.5K         1  2026-11-19 23:30  anthropic
    claude-opus-4-6      1.2M         1  2026-11-20 09:00  anthropic
    unheard-of-1            7         1  2026-11-20 09:30  —
    "#);
    insta::assert_snapshot!(home.stdout(&["cost", "--by", "day", "-o", "md"]), @r#"
    | Period | Sessions | Turns | Input | Output | Reason | Cache R | Cache W | Tokens | Cost |
    | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
    | 2026-11-18 | 1 | 1 | 10 | 100 | 0 | 0 | 0 | 110 | \$0.0234 |
    | 2026-11-19 | 1 | 1 | 10 | 2.5K | 0 | 0 | 0 | 2.5K | \~\$0.0626 |
    | 2026-11-20 | 2 | 2 | 20 | 1.2M | 0 | 0 | 0 | 1.2M | ≥\$12.50 |
    "#);
    insta::assert_snapshot!(home.stdout(&["cost", "--by", "model", "-o", "table", "--fields", "cost,modelId,turns"]), @r#"
       Cost  Model              Turns
    ~$12.56  claude-opus-4-6        2
    $0.0234  claude-sonnet-4-5      1
          —  unheard-of-1           1
    ≥$12.59  Total                  4
    "#);
}

#[test]
fn a_table_that_goes_elsewhere_is_not_cut() {
    let home = home();
    let output = home
        .ttop()
        .env_remove("COLUMNS")
        .args(["sessions", "-o", "table"])
        .output()
        .expect("runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("and | piped") && text.contains("/home/dev/clients/acme/backend"),
        "{text}"
    );
}

#[test]
fn colours_follow_the_flag_then_the_environment() {
    let home = home();
    let is_colored = |args: &[&str], env: &[(&str, &str)]| {
        let args = [&["cost", "-o", "table"], args].concat();
        let output = home.ttop().args(args).envs(env.iter().copied()).output().expect("runs");
        output.stdout.contains(&0x1b)
    };
    assert!(!is_colored(&[], &[]));
    assert!(is_colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(is_colored(&[], &[("FORCE_COLOR", "1")]));
    assert!(!is_colored(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    let rows = home.ttop().args(["turns", "--color", "always"]).output().expect("runs");
    assert!(
        !String::from_utf8_lossy(&rows.stdout).contains("\u{1b}["),
        "rows are never coloured"
    );
}

#[test]
fn on_a_terminal_rows_are_a_table_as_wide_as_it_is() {
    let Some(script) = support::program("script") else {
        return;
    };
    let home = home();
    let command = format!(
        "stty cols 60 rows 24; '{}' sessions",
        assert_cmd::cargo::cargo_bin("ttop").display()
    );
    let run = |env: &[(&str, &str)]| {
        let mut run = Command::new(&script);
        run.args(["-qec", &command, "/dev/null"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        run.env("HOME", home.path())
            .env("TZ", "UTC")
            .env("TERM", "xterm-256color")
            .envs(env.iter().copied());
        let output = run.stdin(Stdio::null()).output().expect("runs");
        String::from_utf8_lossy(&output.stdout).replace('\r', "")
    };
    let text = run(&[("NO_COLOR", "1")]);
    assert!(text.starts_with("Session") || text.starts_with("Id"), "{text}");
    assert!(text.lines().all(|line| ttop::render::text::width(line) <= 60), "{text}");
    assert!(text.contains('…'));
    assert!(run(&[]).contains("\u{1b}[1m"), "titles are bold");
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

#[test]
fn ccusage_reports_are_those_of_ccusage() {
    let home = Home::new();
    let report = |by: &str| -> Value {
        let text = home.stdout(&["cost", "--demo", "--by", by, "-o", "ccusage"]);
        serde_json::from_str(&text).expect("JSON")
    };
    let keys = |value: &Value| -> Vec<String> {
        let mut keys: Vec<_> = value.as_object().expect("an object").keys().cloned().collect();
        keys.sort();
        keys
    };
    let daily = report("day");
    assert_eq!(
        keys(&daily["daily"][0]).join(" "),
        "agent cacheCreationTokens cacheReadTokens inputTokens metadata modelBreakdowns modelsUsed outputTokens period \
         totalCost totalTokens"
    );
    assert_eq!(
        keys(&daily["daily"][0]["modelBreakdowns"][0]).join(" "),
        "cacheCreationTokens cacheReadTokens cost inputTokens modelName outputTokens"
    );
    let days = home.rows(&["cost", "--demo", "--by", "day"]);
    assert_eq!(daily["daily"].as_array().map(Vec::len), Some(days.len()));
    for (mine, theirs) in days.iter().zip(daily["daily"].as_array().expect("days")) {
        assert_eq!(mine["period"], theirs["period"]);
        // Without a price ccusage says 0.
        assert_eq!(
            mine["cost"].as_f64().unwrap_or(0.0),
            theirs["totalCost"].as_f64().expect("a number")
        );
        assert_eq!(mine["totalTokens"], theirs["totalTokens"]);
    }
    assert_eq!(
        report("week")["weekly"][0]["period"].as_str().map(str::len),
        Some("2026-11-16".len())
    );
    assert_eq!(
        report("month")["monthly"][0]["period"].as_str().map(str::len),
        Some("2026-11".len())
    );
    let sessions = report("session");
    assert_eq!(sessions["totals"], daily["totals"]);
    assert!(sessions["session"][0]["metadata"]["lastActivity"].is_string());
    for args in [&["--by", "model"][..], &["--by", "day", "--fields", "cost"]] {
        failure(&home, &[&["cost", "--demo", "-o", "ccusage"], args].concat(), 2);
    }
}

#[test]
fn a_named_project_counts_its_paths_as_one() {
    let home = home();
    let projects = |home: &Home| -> Vec<Value> {
        home.rows(&["cost", "--by", "project"])
            .into_iter()
            .map(|row| json!([row["projectPath"], row["turns"]]))
            .collect()
    };
    assert_eq!(projects(&home).len(), 2);
    home.write(
        ".config/tokentop/config.json",
        r#"{"projects": {"acme": ["/home/dev/acme-api", "/home/dev/clients/acme"]}}"#,
    );
    assert_eq!(projects(&home), [json!(["/home/dev/acme-api", 4])]);
    for project in ["acme", "/home/dev/acme-api", "/home/dev/clients/acme"] {
        assert_eq!(home.rows(&["turns", "--project", project]).len(), 4, "{project}");
    }
    assert_eq!(
        home.rows(&["turns", "--project", "/home/dev/clients/acme/backend"])
            .len(),
        1
    );
}

#[test]
fn the_project_of_this_directory_is_the_nearest_known_one() {
    let home = home();
    let at = |folder: &str| {
        let path = home.path().join(folder);
        std::fs::create_dir_all(&path).expect("a folder");
        let output = home
            .ttop()
            .current_dir(path)
            .args(["turns", "--project", "."])
            .output()
            .expect("runs");
        assert!(output.status.success());
        output.stdout.iter().filter(|&&byte| byte == b'\n').count()
    };
    let root = home.path().join("app");
    let record = json!({"type": "assistant", "sessionId": "dddd-4", "cwd": root, "timestamp": "2026-11-20T10:00:00.000Z",
        "uuid": "u", "isSidechain": false, "requestId": "r", "message": {"id": "m", "role": "assistant",
        "model": "claude-opus-4-6", "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 1}}});
    home.write(".claude/projects/-app/dddd-4.jsonl", format!("{record}\n"));
    assert_eq!(at("app"), 1);
    assert_eq!(at("app/src/deep"), 1);
    assert_eq!(at("application"), 0);
}
