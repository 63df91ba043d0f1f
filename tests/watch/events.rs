//! `ttop watch --events`: what happens besides the replies, in one stream with them.

use crate::support::Home;
use crate::support::alerts::{CONFIG, Hook, spend};
use crate::support::clock::eventually;
#[cfg(target_os = "linux")]
use crate::support::fake_agents;
use crate::support::running::{LIMIT, Running, ended, first_look, ttop};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

/// Now, as transcripts write it: budgets are of today.
fn now(home: &Home) -> String {
    ttop::core::time::Time(home.clock.now()).to_string()
}

fn kinds(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["type"].as_str().expect("text")).collect()
}

/// Lines until one is of this type.
fn until(running: &Running, kind: &str) -> Vec<Value> {
    let began = Instant::now();
    let mut rows: Vec<Value> = Vec::new();
    while !kinds(&rows).contains(&kind) {
        assert!(
            began.elapsed() < LIMIT,
            "no {kind}: {rows:#?}\n{}",
            running.said(Duration::ZERO)
        );
        rows.extend(running.rows(Duration::from_millis(20)));
    }
    rows
}

/// A budget of 20 dollars a day, and sinks.
fn home(sinks: &Value) -> Home {
    let home = Home::new();
    let config = json!({"budgets": {"daily": 20}, "prices": {"autoUpdate": false}, "alerts": {"sinks": sinks}});
    home.write(CONFIG, config.to_string());
    spend(&home, "m0", 1_000, &now(&home));
    home
}

/// A watch that has had its first look and may reach the network, which is this machine.
fn online(home: &Home, args: &[&str]) -> Running {
    let mut command = ttop(home, args);
    command.env_remove("TTOP_OFFLINE");
    first_look(home, || Running::start(command))
}

#[test]
fn a_heartbeat_beats_and_counts_as_a_line() {
    let home = home(&json!({}));
    let mut running = Running::watch(&home, &["--heartbeat", "100ms", "-n", "3"]);
    assert!(running.ended().success());
    let rows = running.rows(SECOND);
    assert_eq!(kinds(&rows), ["heartbeat"; 3]);
    let ids: std::collections::BTreeSet<_> = rows.iter().map(|row| row["eventId"].to_string()).collect();
    assert_eq!(ids.len(), 3);
    // It is no reason to stay.
    let mut running = Running::watch(&home, &["--heartbeat", "100ms", "--idle-exit", "600ms"]);
    assert!(running.ended().success());
}

#[test]
fn a_crossing_is_told_in_every_stream_and_to_a_sink_once() {
    let hook = Hook::start();
    let home = home(&json!({"team": {"type": "webhook", "url": hook.url}}));
    let streams = [0, 1].map(|_| online(&home, &["watch", "--events", "activity,budget"]));
    spend(&home, "m1", 1_100_000, &now(&home));
    let mut ids = Vec::new();
    for stream in &streams {
        let rows = until(stream, "budget.thresholdCrossed");
        assert_eq!(kinds(&rows)[0], "activity");
        ids.push(rows.last().expect("a line")["eventId"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    let mut taken = Vec::new();
    eventually("the sink takes it", || {
        taken.extend(hook.taken());
        !taken.is_empty()
    });
    assert_eq!(taken.len(), 1);
    assert!(
        taken[0]["text"]
            .as_str()
            .expect("text")
            .starts_with("[WARNING] Budget daily reached 82 %")
    );
    for stream in &streams {
        let said = stream.said(Duration::from_millis(50));
        assert!(!said.contains("CANARY"), "{said}");
    }
    let late = ttop(&home, &["alert", "--provider", "none"]).output().expect("runs");
    assert!(late.status.success() && late.stdout.is_empty());
    assert_eq!(hook.taken(), Vec::<Value>::new());
}

#[test]
fn a_slow_webhook_never_holds_a_line_up() {
    let hook = Hook::start();
    let held = hook.hold();
    let home = home(&json!({"team": {"type": "webhook", "url": hook.url}}));
    let running = online(&home, &["watch", "--events", "activity,budget"]);
    spend(&home, "m1", 1_100_000, &now(&home));
    until(&running, "budget.thresholdCrossed");
    eventually("the webhook is asked", || hook.asked() > 0);
    spend(&home, "m2", 10, &now(&home));
    until(&running, "activity");
    assert_eq!(hook.taken(), Vec::<Value>::new(), "it has not answered yet");
    drop(held);
    eventually("it answers", || !hook.taken().is_empty());
}

#[test]
fn an_event_can_be_gone_on_from() {
    let home = home(&json!({}));
    ttop(&home, &["sync"]).output().expect("runs");
    let start = now(&home);
    let budget = |args: &[&str]| {
        let output = ttop(
            &home,
            &[&["watch", "--once", "--events", "activity,budget"], args].concat(),
        );
        let output = { output }.output().expect("runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let rows = text.lines().map(|line| serde_json::from_str(line).expect("JSON"));
        rows.collect::<Vec<Value>>()
    };
    spend(&home, "m1", 1_100_000, &now(&home));
    let first = budget(&["--since", &start]);
    assert_eq!(kinds(&first), ["activity", "budget.thresholdCrossed"]);
    spend(&home, "m2", 1_100_000, &now(&home));
    assert_eq!(kinds(&budget(&["--since", &start])).len(), 4);
    let id = |row: &Value| row["eventId"].as_str().expect("an id").to_owned();
    let rest = budget(&["--since", &id(&first[1])]);
    assert_eq!(kinds(&rest), ["activity", "budget.limitReached"]);
    // From a reply on, the events that followed it come again.
    let rest = budget(&["--since", &id(&first[0])]);
    assert_eq!(
        kinds(&rest),
        ["activity", "budget.thresholdCrossed", "budget.limitReached"]
    );
}

#[test]
fn both_shapes_go_through_jq_fields_and_tables() {
    let home = Home::new();
    let watch = |args: &[&str]| home.stdout(&[&["--demo", "watch", "--once", "--events", "all"], args].concat());
    let types = watch(&["--jq", ".type", "-r"]);
    assert!(types.lines().any(|line| line == "session.waiting"), "{types}");
    let picked = watch(&["--fields", "type,title,cost"]);
    let started = "{\"type\":\"app.started\",\"title\":\"ttop started\",\"cost\":null}";
    assert_eq!(picked.lines().filter(|line| *line == started).count(), 1, "{picked}");
    let csv = watch(&["--fields", "type,modelId,severity", "-o", "csv"]);
    assert!(csv.starts_with("type,modelId,severity\nactivity,"), "{csv}");
    assert!(csv.contains("\napp.started,,info\n"), "{csv}");
    let table = watch(&["-o", "table"]);
    assert!(table.contains("Session is waiting for"), "{table}");
    assert_eq!(watch(&[]), watch(&[]));
    let day = home.stdout(&["--demo", "watch", "--once"]);
    let turns = home.stdout(&["--demo", "turns", "--since", "today"]);
    assert_eq!(day.lines().count(), turns.lines().count(), "the day of the sample home");
    for wrong in [
        &["--events", "nonsense"][..],
        &["--heartbeat", "0s"],
        &["--fields", "severity"],
    ] {
        let output = home
            .ttop()
            .args([&["--demo", "watch", "--once"], wrong].concat())
            .output();
        assert_eq!(output.expect("runs").status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn without_a_usable_ledger_there_are_no_alerts() {
    let home = home(&json!({}));
    home.write(
        ".local/share/tokentop/ledger.db",
        "not a database, and long enough to be taken for one by somebody",
    );
    let output = ttop(&home, &["watch", "--once", "--events", "budget"])
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("ttop ledger rebuild"));
    assert!(
        ttop(&home, &["watch", "--once"])
            .output()
            .expect("runs")
            .status
            .success()
    );
}

#[cfg(unix)]
#[test]
fn a_reader_that_was_away_gets_sums_and_is_told_so() {
    use std::io::{BufRead, BufReader};
    let home = home(&json!({}));
    let mut command = ttop(&home, &["watch", "--events", "activity,gap"]);
    let mut child = first_look(&home, || command.spawn().expect("started"));
    // More than a pipe holds, and no reader.
    for at in 0..400 {
        spend(&home, &format!("fill{at}"), 1, &now(&home));
    }
    let before = stalled(child.id());
    // Notices without a receiver.
    for at in 0..20_000 {
        home.write(&format!(".claude/projects/-home-dev-acme/{at:0200}.txt"), "");
    }
    for output in 1..=6 {
        spend(&home, "msg_grows", output * 10, &now(&home));
        ttop(&home, &["sync"]).output().expect("runs");
    }
    let grown = memory(child.id()) - before;
    assert!(grown < 2 << 20, "grown by {grown} bytes");
    let mut reader = BufReader::new(child.stdout.take().expect("stdout"));
    let (mut sum, mut grows, mut gap) = (0, 0, None);
    while gap.is_none() || sum < 400 + 60 {
        let mut line = String::new();
        assert!(
            reader.read_line(&mut line).expect("a line") > 0,
            "ended at {sum}, {gap:?}"
        );
        let row: Value = serde_json::from_str(&line).expect("JSON");
        if row["type"] == "gap" {
            gap = Some(row);
        } else {
            sum += row["tokens"]["output"].as_i64().expect("a number");
            grows += usize::from(row["messageId"] == "msg_grows");
        }
    }
    child.kill().expect("killed");
    child.wait().expect("a child");
    let gap = gap.expect("a gap");
    assert_eq!((sum, grows), (460, 1), "{gap}");
    assert!(gap["data"]["changes"].as_u64() > gap["data"]["lines"].as_u64(), "{gap}");
}

#[cfg(unix)]
#[test]
fn a_stream_that_nobody_reads_can_be_ended() {
    let home = home(&json!({}));
    let mut child = first_look(&home, || ttop(&home, &["watch"]).spawn().expect("started"));
    for at in 0..400 {
        spend(&home, &format!("fill{at}"), 1, &now(&home));
    }
    stalled(child.id());
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("sent");
    assert_eq!(ended(&mut child).code(), Some(143));
}

/// Waits until a process is blocked: one that is not wakes four times a second. Its memory then.
#[cfg(unix)]
fn stalled(pid: u32) -> i64 {
    let wakes = || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches:"));
        line.map(str::to_owned)
    };
    let (mut last, mut since) = (None, Instant::now());
    eventually("it is blocked", || {
        let now = wakes();
        if now != last {
            (last, since) = (now, Instant::now());
        }
        since.elapsed() > SECOND
    });
    memory(pid)
}

/// Resident memory in bytes, where the system reports it.
#[cfg(unix)]
fn memory(pid: u32) -> i64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<i64>().ok());
    kib.unwrap_or_default() << 10
}

/// A service of OpenCode 2, run by this very test, in which a session waits.
#[cfg(target_os = "linux")]
#[test]
fn a_session_that_waits_is_told_once() {
    use std::os::unix::fs::PermissionsExt;
    let home = home(&json!({}));
    let pid = std::process::id();
    let pending = json!({"data": [{"id": "per_1", "sessionID": "ses_wait", "action": "bash", "resources": []}]});
    let server = fake_agents::Server::start(
        &[
            (
                "/api/info",
                json!({"version": "2.1.4", "pid": pid, "urls": [], "paths": {}}),
            ),
            (
                "/api/session/active",
                json!({"data": {"ses_wait": {"type": "running"}}}),
            ),
            ("/api/session/ses_wait/permission", pending),
        ],
        None,
    );
    let file = json!({"id": "x", "version": "2.1.4", "pid": pid, "url": format!("http://{}", server.address)});
    let path = ".local/state/opencode/service.json";
    home.write(path, file.to_string());
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(home.path().join(path), mode).expect("mode");
    let running = Running::watch(&home, &["--events", "session", "--session", "ses_wait"]);
    let mut rows = until(&running, "session.waiting");
    // It still waits at the next looks.
    let asked = server.asked().len();
    eventually("three more looks", || server.asked().len() >= asked + 9);
    rows.extend(running.rows(Duration::ZERO));
    assert_eq!(kinds(&rows), ["session.waiting"]);
    assert_eq!(
        (&rows[0]["agentId"], &rows[0]["sessionId"], &rows[0]["data"]["status"]),
        (&json!("opencode"), &json!("ses_wait"), &json!("waiting_permission"))
    );
}
