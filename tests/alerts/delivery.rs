//! `ttop alert`: an event that is due fires once and reaches the sinks, in spite of failures on the way.

use crate::support::Home;
use crate::support::alerts::{CONFIG, Hook, spend};
use crate::support::opencode_db::{Database, Reply};
use serde_json::{Value, json};

const AT: &str = "2026-11-20T09:00:00.000Z";

/// With a budget of 20 dollars a day.
fn home(sinks: &Value) -> Home {
    let home = Home::new();
    let config = json!({"budgets": {"daily": 20}, "alerts": {"sinks": sinks}});
    home.write(CONFIG, config.to_string());
    home
}

struct Run {
    code: i32,
    rows: Vec<Value>,
    stderr: String,
}

/// The network is there: what is reached is this machine.
fn alert(home: &Home, args: &[&str]) -> Run {
    let output = home
        .ttop()
        .env_remove("TTOP_OFFLINE")
        .env("TTOP_PRICES_URL", "http://127.0.0.1:9/none")
        .arg("alert")
        .args(args)
        .output()
        .expect("runs");
    let all = [output.stdout.clone(), output.stderr.clone()].concat();
    assert!(!String::from_utf8_lossy(&all).contains("CANARY"), "{args:?}");
    let rows = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let told = stderr.lines().filter(|line| !line.contains("TTOP_NOW"));
    Run {
        code: output.status.code().expect("a code"),
        rows: rows
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect(),
        stderr: told.map(|line| format!("{line}\n")).collect(),
    }
}

/// Types and severities of the events these tests cause; ttop itself and processes of other tests cause more.
fn told(run: &Run) -> Vec<String> {
    assert_eq!(run.code, 0, "{}", run.stderr);
    let kinds = run.rows.iter().map(|row| {
        let text = |key: &str| row[key].as_str().expect("text").to_owned();
        format!("{} {}", text("type"), text("severity"))
    });
    kinds
        .filter(|kind| kind.starts_with("budget.") || kind.starts_with("provider."))
        .collect()
}

#[test]
fn a_crossing_is_told_once_and_a_dry_run_remembers_nothing() {
    let home = home(&json!({}));
    spend(&home, "m1", 1_100_000, AT);
    let dry = alert(&home, &["--dry-run"]);
    assert_eq!(told(&dry), ["budget.thresholdCrossed warning"]);
    let first = alert(&home, &[]);
    assert_eq!(told(&first), ["budget.thresholdCrossed warning"]);
    let row = first.rows.last().expect("a row");
    assert_eq!(row["title"], "Budget daily reached 82 %");
    assert_eq!(row["message"], "~$16.50 of $20.00 spent in 2026-11-20");
    assert_eq!(
        (&row["data"]["budgetType"], &row["data"]["cost"], &row["data"]["limit"]),
        (&json!("daily"), &json!(16.5), &json!(20.0))
    );
    assert!(row["eventId"].as_str().is_some_and(|id| id.ends_with(".2")), "{row}");
    assert_eq!(told(&alert(&home, &[])), [""; 0]);
    spend(&home, "m2", 200_000, AT);
    assert_eq!(told(&alert(&home, &[])), ["budget.thresholdCrossed critical"]);
    spend(&home, "m3", 300_000, AT);
    assert_eq!(told(&alert(&home, &[])), ["budget.limitReached critical"]);
    // The next day.
    spend(&home, "m4", 1_100_000, "2026-11-21T09:00:00.000Z");
    let home = home.at("2026-11-21T18:00:00Z");
    assert_eq!(told(&alert(&home, &[])), ["budget.thresholdCrossed warning"]);
}

#[test]
fn a_corrected_reply_does_not_arm_it_again() {
    let home = home(&json!({}));
    let database = Database::create(&home.path().join(".local/share/opencode/opencode.db"));
    let at = 1_795_190_000_000;
    database.session("ses_a", at);
    let cost = |cost| Reply { cost, ..Reply::at(at) };
    database.reply("msg_a", "ses_a", &cost(16.1));
    assert_eq!(told(&alert(&home, &[])), ["budget.thresholdCrossed warning"]);
    for (step, dollars) in [15.0, 16.2, 3.0, 18.9].into_iter().enumerate() {
        database.rewrite("msg_a", &cost(dollars), at + 1_000 + step as i64);
        assert_eq!(told(&alert(&home, &[])), [""; 0], "{dollars}");
    }
    assert_eq!(home.rows(&["cost", "--since", "today"])[0]["cost"], 18.9);
    database.rewrite("msg_a", &cost(19.5), at + 2_000);
    assert_eq!(told(&alert(&home, &[])), ["budget.thresholdCrossed critical"]);
}

#[test]
fn a_run_with_other_prices_makes_nothing_be_told_twice() {
    let home = home(&json!({}));
    let database = Database::create(&home.path().join(".local/share/opencode/opencode.db"));
    database.session("ses_a", 1_795_190_000_000);
    let reply = Reply {
        cost: 21.0,
        ..Reply::at(1_795_190_000_000)
    };
    database.reply("msg_a", "ses_a", &reply);
    assert_eq!(told(&alert(&home, &[])), ["budget.limitReached critical"]);
    for _ in 0..2 {
        // By the list it is a few cents.
        assert_eq!(told(&alert(&home, &["--cost-from", "list"])), [""; 0]);
        assert_eq!(told(&alert(&home, &[])), [""; 0]);
    }
}

#[test]
fn processes_at_the_same_time_tell_it_once() {
    let home = home(&json!({}));
    spend(&home, "m1", 1_100_000, AT);
    home.stdout(&["sync"]);
    let told: usize = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| told(&alert(&home, &[])).len())).collect();
        runs.into_iter().map(|run| run.join().expect("ends")).sum()
    });
    assert_eq!(told, 1);
}

#[test]
fn a_webhook_that_fails_is_tried_again_and_its_address_never_told() {
    let hook = Hook::start();
    let home = home(&json!({"team": {"type": "webhook", "url": "{env:HOOK}"}}));
    spend(&home, "m1", 1_100_000, AT);
    let run = |args: &[&str]| {
        let mut command = home.ttop();
        command.env_remove("TTOP_OFFLINE").env("HOOK", &hook.url).arg("alert");
        let output = command.args(args).output().expect("runs");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let all = String::from_utf8_lossy(&output.stdout).into_owned() + &stderr;
        assert!(!all.contains("CANARY") && !all.contains(&hook.url), "{all}");
        (output.status.code(), stderr)
    };
    // Not even tried.
    let (code, stderr) = run(&["--offline"]);
    assert!(code == Some(0) && !stderr.contains("warning"), "{stderr}");
    hook.answer_with(404);
    let (code, stderr) = run(&[]);
    assert!(
        code == Some(0) && stderr.contains("ttop: warning: sink team: HTTP 404"),
        "{stderr}"
    );
    assert_eq!(run(&["--strict"]).0, Some(1));
    hook.answer_with(200);
    let (code, stderr) = run(&["--strict"]);
    assert_eq!(code, Some(0), "{stderr}");
    let text = "[WARNING] Budget daily reached 82 %: ~$16.50 of $20.00 spent in 2026-11-20";
    assert_eq!(hook.taken(), [json!({ "text": text })]);
    run(&[]);
    assert_eq!(hook.taken(), Vec::<Value>::new());
}

#[test]
fn a_server_that_stumbles_is_asked_again_in_the_same_run() {
    let hook = Hook::start();
    let home = home(&json!({"team": {"type": "webhook", "url": hook.url, "format": "discord", "minSeverity": "info"}}));
    hook.answer_once_with(503);
    let recovering = alert(&home, &["--test", "team"]);
    assert_eq!(hook.asked(), 2);
    assert_eq!(recovering.code, 0, "{}", recovering.stderr);
    assert_eq!(recovering.stderr, "ttop: sink team: delivered\n");
    assert_eq!(hook.taken()[0]["content"], "[INFO] ttop: a test of sink 'team'");
}

#[cfg(unix)]
#[test]
fn commands_and_the_desktop_get_hostile_titles_as_they_are() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let (seen, shown) = (folder.path().join("seen"), folder.path().join("shown"));
    let program = folder.path().join("notify-send");
    let script = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{}'\n", shown.display());
    std::fs::write(&program, script).expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("set");
    let id = "\"; touch pwned; $(touch pwned) `touch pwned` <b> \u{1b}[31m";
    let home = Home::new();
    let config = json!({
        "budgets": {"rules": [{"id": id, "every": "day", "usd": 1}]},
        "alerts": {"sinks": {
            "mine": {"type": "command", "command": ["/bin/sh", "-c", "cat >> \"$1\"", "sh", seen], "events": ["budget"]},
            "desktop": {"type": "desktop"},
            "deaf": {"type": "desktop", "events": ["session.*"]},
        }},
    });
    home.write(CONFIG, config.to_string());
    spend(&home, "m1", 1_000_000, AT);
    let path = format!(
        "{}:{}",
        folder.path().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let output = home.ttop().env("PATH", path).arg("alert").output().expect("runs");
    assert!(output.status.success());
    let event: Value = serde_json::from_str(&std::fs::read_to_string(seen).expect("written")).expect("JSON");
    assert_eq!(event["title"], format!("Budget {id} is exceeded"));
    assert_eq!(event["type"], "budget.limitReached");
    let shown = std::fs::read_to_string(shown).expect("written");
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[..3], ["--app-name=ttop", "--urgency=critical", "--"]);
    assert_eq!(lines.len(), 5, "told once: {shown}");
    assert!(
        lines[3].contains("$(touch pwned)") && !shown.contains('\u{1b}'),
        "{shown}"
    );
    assert!(!home.path().join("pwned").exists());
}

#[test]
fn a_failing_command_is_a_warning_and_gets_the_event_later() {
    let home = home(&json!({"mine": {"type": "command", "command": ["~/notify"]}}));
    spend(&home, "m1", 1_100_000, AT);
    let run = alert(&home, &[]);
    assert_eq!(told(&run).len(), 1);
    assert!(
        run.stderr
            .contains("ttop: warning: sink mine: the command could not be started"),
        "{}",
        run.stderr
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        home.write("notify", "#!/bin/sh\ncat > \"$HOME/got\"\n");
        let program = home.path().join("notify");
        std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).expect("set");
        let run = alert(&home, &[]);
        assert_eq!((told(&run).len(), run.stderr.as_str()), (0, ""));
        let got = std::fs::read_to_string(home.path().join("got")).expect("written");
        assert!(got.contains("budget.thresholdCrossed"), "{got}");
    }
}

#[cfg(unix)]
#[test]
fn what_a_sink_refuses_keeps_nothing_from_it_and_is_given_up() {
    let got = |home: &Home| std::fs::read_to_string(home.path().join("got")).unwrap_or_default();
    let config = |home: &Home, events: &str| {
        let script = "read -r line; case \"$line\" in *tokens-daily*) exit 1;; esac; echo \"$line\" >> \"$HOME/got\"";
        let sink = json!({"type": "command", "command": ["/bin/sh", "-c", script], "events": [events]});
        let budgets = json!({"rules": [{"id": "t", "every": "day", "tokens": 1_000}], "tokens": {"daily": 1_000}});
        let config = json!({"budgets": budgets, "alerts": {"sinks": {"mine": sink}}});
        home.write(CONFIG, config.to_string());
    };
    let refused = "ttop: warning: sink mine: the command exited with 1\n";
    let home = Home::new();
    config(&home, "budget");
    spend(&home, "m1", 2_000, AT);
    let run = alert(&home, &[]);
    assert_eq!((told(&run).len(), run.stderr.as_str()), (2, refused));
    assert_eq!(got(&home).lines().count(), 1, "the one after the refused one");
    assert_eq!(alert(&home, &[]).stderr, refused);
    // It may be given up by the user, too.
    config(&home, "session");
    assert_eq!(alert(&home, &[]).stderr, "");
    config(&home, "budget");
    assert_eq!(alert(&home, &[]).stderr, "");
    spend(&home, "m2", 2_000, "2026-11-21T09:00:00.000Z");
    let home = home.at("2026-11-21T18:00:00Z");
    assert_eq!(alert(&home, &[]).stderr, refused);
    let home = home.at("2026-11-29T18:00:00Z");
    let given_up = "ttop: warning: sink mine: dropped 1 events that could not be delivered for 7 days\n";
    assert_eq!(alert(&home, &[]).stderr, given_up);
    assert_eq!(alert(&home, &[]).stderr, "");
    assert_eq!(got(&home).lines().count(), 2);
}

#[test]
fn providers_are_told_from_what_others_asked() {
    let home = home(&json!({}));
    let limit = json!({"used_percent": 96.0, "window_minutes": 300, "resets_at": 1_795_200_000_000_i64});
    let answer = json!({"fetchedAt": 1_795_197_000_000_i64, "usage": {"plan": "Plus", "limits": [limit]}});
    let codex = json!({"askedWith": "x", "answer": answer, "failure": null});
    home.write(".cache/tokentop/providers/codex.json", codex.to_string());
    let failure = |times: u32| {
        let failure = json!({"at": 1_795_197_000_000_i64, "state": "unreachable", "reason": null, "hint": null,
            "blockedUntil": null, "strikes": 0, "inARow": times});
        let memory = json!({"askedWith": "x", "answer": null, "failure": failure});
        home.write(".cache/tokentop/providers/openrouter.json", memory.to_string());
    };
    failure(1);
    let run = alert(&home, &[]);
    assert_eq!(told(&run), ["provider.limitWarning critical"]);
    let row = run.rows.last().expect("a row");
    assert_eq!(
        (&row["providerId"], &row["data"]["label"]),
        (&json!("codex"), &json!("5-hour"))
    );
    failure(2);
    assert_eq!(
        told(&alert(&home, &["--provider", "openrouter"])),
        ["provider.fetchFailed warning"]
    );
    assert_eq!(told(&alert(&home, &[])), [""; 0]);
}

#[test]
fn what_is_printed_changes_nothing_and_a_ledger_in_memory_remembers_nothing() {
    let home = home(&json!({}));
    spend(&home, "m1", 1_100_000, AT);
    let in_memory = || {
        let output = home.ttop().env("TTOP_LEDGER", ":memory:").arg("alert").output();
        output.expect("runs")
    };
    for _ in 0..2 {
        let output = in_memory();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(String::from_utf8_lossy(&output.stdout).contains("budget."), "{stderr}");
        assert!(stderr.contains("TTOP_LEDGER=:memory: keeps no state"), "{stderr}");
    }
    assert_eq!(told(&alert(&home, &["--provider", "none"])), [""; 0]);
    assert_eq!(told(&alert(&home, &[])), [""; 0]);
}

#[test]
fn without_a_usable_ledger_it_refuses() {
    let home = home(&json!({}));
    home.write(
        ".local/share/tokentop/ledger.db",
        "not a database, and long enough to be taken for one by somebody",
    );
    let run = alert(&home, &[]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("ttop ledger rebuild"), "{}", run.stderr);
}

#[test]
fn what_is_wrong_is_said() {
    let home = home(&json!({"team": {"type": "bell"}}));
    let run = alert(&home, &["--test", "tema"]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("sink 'tema' not found") && run.stderr.contains("team"),
        "{}",
        run.stderr
    );
    home.write(
        CONFIG,
        "{\"alerts\": {\"sinks\": {\n  \"team\": {\"type\": \"webhook\", \"url\": \"http://hooks.example/CANARY\"}}}}",
    );
    let run = alert(&home, &[]);
    assert_eq!(run.code, 0);
    assert!(!run.stderr.contains("CANARY"), "{}", run.stderr);
    let run = alert(&home, &["--test", "team"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stderr
            .contains("config.json:2:38: alerts.sinks.team.url must be an https URL"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_demo_is_the_same_every_time() {
    let home = Home::new();
    let first = home.stdout(&["--demo", "alert"]);
    assert_eq!(first, home.stdout(&["--demo", "alert"]));
    let kinds: Vec<Value> = first
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["type"].clone())
        .collect();
    for kind in ["session.waiting", "provider.limitReached", "app.started"] {
        assert!(kinds.contains(&json!(kind)), "{kinds:?}");
    }
}
