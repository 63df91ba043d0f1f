//! Documents that other programs read: otop's sessions, the GNOME extension's file, metrics, and bars from a server.

use super::{Served, home};
use serde_json::Value;

#[test]
fn sessions_have_otops_keys_and_types() {
    let home = home();
    let served = Served::start(&home, &[]);
    let document = served.get("/sessions").json();
    assert!(
        document["timestamp"].is_i64() && document["sessions"].is_array(),
        "{document}"
    );
    for sums in ["today", "global"] {
        for key in ["session_count", "message_count", "total_input", "total_output"] {
            assert!(document[sums][key].is_u64(), "{sums}.{key}: {document}");
        }
    }
    assert_eq!(
        document["global"],
        serde_json::json!({"session_count": 1, "message_count": 2, "total_input": 30, "total_output": 47})
    );
}

/// otop's groups, by the statuses it writes: its bar counts sessions so.
const GROUPS: [(&str, &[&str]); 6] = [
    ("A", &["asking"]),
    ("G", &["generating", "tool use", "busy"]),
    ("T", &["thinking", "queued"]),
    ("X", &["truncated"]),
    ("I", &["idle"]),
    ("S", &["stale", "unknown"]),
];

/// What otop's SwiftBar plugin makes of the document: the title of the bar, and a line for each session.
fn swiftbar(document: &Value) -> Vec<String> {
    let sessions = document["sessions"].as_array().expect("a list");
    let of = |statuses: &[&str]| -> Vec<&Value> {
        let is_one = |session: &&Value| statuses.contains(&session["status"].as_str().expect("a status"));
        sessions.iter().filter(is_one).collect()
    };
    let groups = GROUPS.map(|(letter, statuses)| (letter, of(statuses)));
    assert_eq!(
        groups.iter().map(|(_, sessions)| sessions.len()).sum::<usize>(),
        sessions.len(),
        "a status that otop does not know: {document}"
    );
    let filled = || groups.iter().filter(|(_, sessions)| !sessions.is_empty());
    let title: Vec<String> = filled()
        .map(|(letter, sessions)| format!("{letter}{}", sessions.len()))
        .collect();
    let lines = filled().flat_map(|(_, sessions)| sessions).map(|session| {
        let text = |key: &str| session[key].as_str().expect("text").to_owned();
        let seconds = session["round_ms"].as_i64().expect("a number") / 1_000;
        format!("{} · {} · {seconds}s", text("title"), text("model"))
    });
    [title.join(" ")].into_iter().chain(lines).collect()
}

#[test]
fn otops_bar_reads_the_sessions() {
    let served = Served::of(
        &crate::support::Home::new(),
        &["serve", "--demo", "--listen", "127.0.0.1:0"],
    );
    let bar = swiftbar(&served.get("/sessions").json());
    assert_eq!(bar[0], "A1 G1 I1");
    assert_eq!(bar.len(), 4);
    assert!(
        bar[1].starts_with("Port the payment service to async · claude-sonnet-4-6 · "),
        "{bar:?}"
    );
}

/// `curl` as people use it, where it is installed.
#[test]
fn curl_reads_rows_and_events() {
    let Some(curl) = crate::support::program("curl") else {
        return;
    };
    let home = home();
    let served = Served::start(&home, &[]);
    let ask = |words: &[&str], path: &str| {
        let url = format!("http://127.0.0.1:{}{path}", served.port);
        let output = std::process::Command::new(&curl)
            .arg("-sf")
            .args(words)
            .arg(url)
            .output();
        let output = output.expect("runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (code, rows) = ask(&["-H", "Accept: application/x-ndjson"], "/v1/turns");
    assert_eq!((code, rows.lines().count()), (Some(0), 2), "{rows}");
    // It ends after its time, with the lines of what was written meanwhile.
    let mut streaming = std::process::Command::new(&curl)
        .args(["-sfN", "--max-time", "3"])
        .arg(format!("http://127.0.0.1:{}/v1/events", served.port))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("runs");
    let mut written = 0;
    while streaming.try_wait().expect("a child").is_none() {
        written += 1;
        super::append(&home, &format!("msg_curl_{written}"), 3);
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let output = streaming.wait_with_output().expect("ends");
    let events = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(28), "{events}");
    let lines = |start: &str| events.lines().filter(|line| line.starts_with(start)).count();
    let told = lines("data: ");
    assert!(told > 0 && events.contains("msg_curl_"), "{events}");
    assert_eq!((lines("id: "), lines("event: activity")), (told, told), "{events}");
    assert_eq!(ask(&[], "/v1/nothing").0, Some(22));
    assert_eq!(ask(&["-X", "POST"], "/v1/turns").0, Some(22));
}

#[cfg(target_os = "linux")]
#[test]
fn a_running_session_is_listed_as_otop_lists_it() {
    use crate::support::fake_agents::{Database, Process, now};
    let home = home();
    let folder = home.path().join("api");
    let database = Database::new(&home.path());
    database.session("ses_served1", &folder, now(), now());
    let process = Process::start("opencode", &folder, &["-s", "ses_served1"]);
    let mut command = super::ttop(&home, &["serve", "--listen", "127.0.0.1:0"]);
    command.env_remove("TTOP_NOW");
    let running = super::Running::start(command);
    running.says("ttop: listening on http://");
    let said = running.said(std::time::Duration::ZERO);
    let port = said.trim().rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let served = Served {
        process: running,
        port: port.expect("a port"),
    };
    let document = served.get("/sessions").json();
    let sessions = document["sessions"].as_array().expect("a list");
    let session = sessions
        .iter()
        .find(|session| session["pid"] == process.pid())
        .unwrap_or_else(|| panic!("{document}"));
    assert_eq!(session["session_id"], "ses_served1");
    for (key, is_right) in [
        ("title", Value::is_string as fn(&Value) -> bool),
        ("status", Value::is_string),
        ("model", Value::is_string),
        ("last_output", Value::is_string),
        ("directory", Value::is_string),
        ("message_count", Value::is_u64),
        ("total_input_tokens", Value::is_u64),
        ("total_output_tokens", Value::is_u64),
        ("total_cache_read", Value::is_u64),
        ("last_message_time", Value::is_i64),
        ("uptime_ms", Value::is_i64),
        ("round_ms", Value::is_i64),
        ("cpu_percent", Value::is_f64),
        ("mem_mb", Value::is_f64),
        ("tty", Value::is_string),
        ("interactive", Value::is_boolean),
    ] {
        assert!(is_right(&session[key]), "{key}: {session}");
    }
}

#[test]
fn stats_are_those_of_the_gnome_bar() {
    let home = home();
    let served = Served::start(&home, &[]);
    let printed: Value = serde_json::from_str(&home.stdout(&["bar-status", "gnome"])).expect("JSON");
    let answered = served.get("/api/stats").json();
    for (part, key) in [
        ("daily", "date"),
        ("daily", "totalTokens"),
        ("total", "totalTokens"),
        ("total", "costsByModel"),
    ] {
        assert_eq!(answered[part][key], printed[part][key], "{part}.{key}");
    }
    assert!(answered["session"]["isIdle"].is_boolean());
}

#[test]
fn metrics_have_the_sums_of_the_ledger_and_their_end() {
    let home = home();
    home.write(".config/tokentop/config.json", r#"{"budgets": {"daily": 5}}"#);
    let served = Served::start(&home, &[]);
    let reply = served.get("/metrics");
    let kind = reply.header("content-type");
    assert_eq!(kind, Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    let labels = r#"agent="claude-code",provider="anthropic",model="claude-sonnet-4-5""#;
    assert!(
        reply
            .body
            .contains(&format!("ttop_tokens_total{{{labels},bucket=\"output\"}} 47\n")),
        "{}",
        reply.body
    );
    assert!(
        reply.body.contains(&format!("ttop_turns_total{{{labels}}} 2\n")),
        "{}",
        reply.body
    );
    assert!(
        reply.body.contains("ttop_budget_used_ratio{budget=\"daily\"}"),
        "{}",
        reply.body
    );
    assert!(reply.body.ends_with("# EOF\n"));
    // Every sample belongs to the family above it, as parsers demand.
    let mut family = "";
    for line in reply.body.lines().filter(|line| *line != "# EOF") {
        match line.strip_prefix("# TYPE ") {
            Some(rest) => family = rest.split(' ').next().expect("a name"),
            None if line.starts_with('#') => assert!(line.split(' ').nth(2) == Some(family), "{line}"),
            None => assert!(line.starts_with(family), "{line} below {family}"),
        }
    }
}

/// The reference parser, where Python has it.
#[test]
fn metrics_are_read_by_the_reference_parser() {
    let Some(python) = crate::support::program("python3") else {
        return;
    };
    let check = |code: &str, input: &str| {
        use std::io::Write;
        let mut child = std::process::Command::new(&python)
            .args(["-c", code])
            .stdin(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("runs");
        let mut stdin = child.stdin.take().expect("stdin");
        // A parser that fails closes its input.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        child.wait_with_output().expect("ends")
    };
    if !check("import prometheus_client", "").status.success() {
        return crate::support::skipped("no prometheus_client");
    }
    let home = home();
    let served = Served::start(&home, &[]);
    let code = "import sys\nfrom prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n\
                assert len(list(parse(sys.stdin.read()))) >= 4";
    let output = check(code, &served.get("/metrics").body);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// `promtool`, where it is installed.
#[test]
fn metrics_pass_promtool_in_the_text_it_reads() {
    use std::io::Write;
    let Some(promtool) = crate::support::program("promtool") else {
        return;
    };
    let home = home();
    home.write(".config/tokentop/config.json", r#"{"budgets": {"daily": 5}}"#);
    let served = Served::start(&home, &[]);
    let reply = served.get_with("/metrics", "Accept: text/plain;version=0.0.4\r\n");
    let kind = reply.header("content-type");
    assert_eq!(kind, Some("text/plain; version=0.0.4; charset=utf-8"));
    let mut child = std::process::Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("runs");
    let mut stdin = child.stdin.take().expect("stdin");
    // A parser that fails closes its input.
    let _ = stdin.write_all(reply.body.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    // The same samples as in OpenMetrics.
    let samples = |body: &str| -> Vec<String> {
        let lines = body.lines().filter(|line| !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(samples(&reply.body), samples(&served.get("/metrics").body));
}

#[test]
fn bars_show_what_a_server_knows() {
    let (home, elsewhere) = (home(), crate::support::Home::new());
    let served = Served::start(&home, &[]);
    let from = format!("http://127.0.0.1:{}", served.port);
    home.stdout(&["sync"]);
    for style in ["plain", "json", "tmux"] {
        let own = home.stdout(&["bar-status", style, "--no-sync", "--segments", "today"]);
        let shown = elsewhere.stdout(&["bar-status", style, "--from", &from, "--segments", "today"]);
        let (own, shown) = match style {
            "json" => (today(&own), today(&shown)),
            _ => (own, shown),
        };
        assert_eq!(shown, own, "{style}");
    }
    drop(served);
    let output = elsewhere
        .ttop()
        .args(["bar-status", "plain", "--from", &from])
        .output()
        .expect("runs");
    assert!(output.status.success() && !output.stdout.is_empty(), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("no connection"), "{told}");
}

fn today(json: &str) -> String {
    let bar: Value = serde_json::from_str(json).expect("JSON");
    bar["today"].to_string()
}
