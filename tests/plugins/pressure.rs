//! Plugins that hang, flood or change while ttop runs: nothing waits for them, and what they report arrives.

use crate::sources::{AGENT, PROVIDER, SINK};
use crate::support::Home;
use crate::support::clock::eventually;
use crate::support::running::{Running, ttop};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const AT: i64 = 1_795_164_387_000;
const PARSING: &str = "ctx.logger.info('parsing');";

fn add(home: &Home, id: &str, source: &str) {
    home.write(&format!(".config/tokentop/plugins/{id}.js"), source);
    home.stdout(&["plugin", "trust", id, "--yes"]);
}

fn agent(id: &str) -> String {
    AGENT.replace("ID", id)
}

fn record(home: &Home, session: &str) {
    let row = json!({"sessionId": session, "providerId": "acme", "modelId": "m", "tokens": {"input": 5, "output": 10}, "timestamp": AT});
    home.write(".acme/usage.jsonl", format!("{row}\n"));
}

fn log(home: &Home, id: &str) -> String {
    let path = home.path().join(format!(".local/share/tokentop/plugins/log/{id}.log"));
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn a_plugin_that_hangs_is_waited_for_once_and_holds_up_no_other() {
    let home = Home::new();
    // Alphabetical order decides which is read first.
    add(
        &home,
        "a-hang",
        &agent("a-hang").replace(PARSING, "await new Promise((done) => setTimeout(done, 3600000));"),
    );
    add(&home, "z-good", &agent("z-good"));
    record(&home, "s1");
    let agents = |home: &Home| {
        let began = Instant::now();
        let output = home
            .ttop()
            .args(["turns", "--fields", "agentId", "-o", "csv", "--no-header"])
            .output()
            .expect("runs");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(stderr.contains("plugin a-hang is still reading"), "{stderr}");
        (
            String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            began.elapsed(),
        )
    };
    let (_, first) = agents(&home);
    let (rows, second) = agents(&home);
    assert_eq!(rows, "z-good", "both were asked at the same time");
    assert!(second < first, "{second:?} after {first:?}");
    assert!(second < Duration::from_secs(8), "{second:?}");
}

/// Nothing below its roots ever changes, for it has none: its activity alone tells of its second session.
const WATCHING: &str = r"
let count = 1, wasRead = false;
const session = (at) => ({ sessionId: `s${at}`, providerId: 'acme', modelId: 'm', tokens: { input: 5, output: 10 }, timestamp: 1795164387000 });
export default {
  apiVersion: 2, id: 'acme', type: 'agent', name: 'Acme', version: '1.0.0', permissions: {}, agent: { name: 'Acme' },
  capabilities: { sessionParsing: true, authReading: false, realTimeTracking: true, multiProvider: false },
  isInstalled: async () => true,
  async parseSessions(options, ctx) { wasRead = true; ctx.logger.info(`parsing ${count}`); return Array.from({ length: count }, (_, at) => session(at)); },
  startActivityWatch(ctx, callback) {
    ctx.logger.info('watching');
    const grow = () => { if (!wasRead) return void setTimeout(grow, 50); count = 2; callback({ messageId: 'm', ...session(1) }); };
    setTimeout(grow, 1500);
  },
  stopActivityWatch(ctx) { ctx.logger.info('watched'); },
};
";

#[test]
fn activity_of_a_plugin_is_read_at_once_and_its_watch_ends_with_ttop() {
    let home = Home::new();
    add(&home, "acme", WATCHING);
    let mut watch = Running::start(ttop(&home, &["watch"]));
    let row: Value = serde_json::from_str(&watch.next_line().expect("a line")).expect("JSON");
    assert_eq!((&row["agentId"], &row["sessionId"]), (&json!("acme"), &json!("s1")));
    assert!(log(&home, "acme").contains("watching"));
    watch.interrupt();
    eventually("the watch is ended", || log(&home, "acme").contains("watched"));
}

#[test]
fn changed_settings_reach_a_plugin_that_runs() {
    let home = Home::new();
    let source = agent("acme")
        .replace("isInstalled:", "configSchema: { unit: { type: 'string' } }, onConfigChange(config, ctx) { ctx.logger.info(`now ${config.unit}`); },\n  isInstalled:")
        .replace(PARSING, "ctx.logger.info(`parsing by ${ctx.config.unit}`);");
    add(&home, "acme", &source);
    record(&home, "s1");
    let _watch = Running::start(ttop(&home, &["watch"]));
    eventually("the sessions are read", || {
        log(&home, "acme").contains("parsing by undefined")
    });
    home.stdout(&["config", "set", "pluginConfig.acme.unit", "tokens"]);
    eventually("the plugin is told", || log(&home, "acme").contains("now tokens"));
    eventually("it reads by the new settings", || {
        log(&home, "acme").contains("parsing by tokens")
    });
}

#[test]
fn info_shows_the_last_failure_and_the_providers_that_an_agent_names() {
    let home = Home::new();
    let named = "getProviders: async () => [{ id: 'anthropic', name: 'Anthropic', configured: true }, { id: 7 }],";
    let source = agent("acme").replace("isInstalled:", &format!("{named}\n  isInstalled:"));
    add(
        &home,
        "acme",
        &source.replace(PARSING, "throw new Error('the disk is gone');"),
    );
    record(&home, "s1");
    let info = |home: &Home| home.rows(&["plugin", "info", "acme"]).remove(0);
    assert_eq!(info(&home)["lastFailure"], Value::Null);
    home.ttop().arg("turns").output().expect("runs");
    let row = info(&home);
    let text = row["lastFailure"].as_str().expect("a failure");
    assert!(
        text.contains("parseSessions") && text.contains("the disk is gone"),
        "{text}"
    );
    assert!(row["lastFailureAt"].is_string(), "{row}");
    assert_eq!(
        row["providers"],
        json!([{"id": "anthropic", "name": "Anthropic", "configured": true, "enabled": true}])
    );
}

#[test]
fn a_check_of_credentials_asks_the_plugin_whether_its_service_takes_them() {
    let home = Home::new();
    let source = PROVIDER.replace(
        "fetchUsage:",
        "healthCheck: async (ctx) => { ctx.logger.info('checked'); return { ok: false, message: 'revoked' }; },\n  fetchUsage:",
    );
    add(&home, "acme", &source);
    let run = |args: &[&str]| {
        let output = home
            .ttop()
            .env("ACME_KEY", "CANARY-KEY")
            .args(args)
            .output()
            .expect("runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let rows: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("a row"))
            .collect();
        (output.status.code(), rows)
    };
    let (code, rows) = run(&["creds", "--provider", "acme"]);
    assert_eq!((code, &rows[0]["state"]), (Some(0), &json!("no_expiry")), "{rows:?}");
    assert!(!log(&home, "acme").contains("checked"), "only --check asks");
    let (code, rows) = run(&["creds", "--check", "--provider", "acme"]);
    assert_eq!((code, &rows[0]["state"]), (Some(3), &json!("malformed")), "{rows:?}");
    assert!(
        rows[0]["note"].as_str().is_some_and(|note| note.contains("revoked")),
        "{rows:?}"
    );
}

#[test]
fn no_command_shows_a_credential_that_a_plugin_tells_of() {
    let home = Home::new();
    let source = PROVIDER
        .replace("fetchUsage: async (ctx) => ({", "fetchUsage: async (ctx) => ({ error: `HTTP 401 for ${ctx.credentials.apiKey}`,")
        .replace("fetchUsage:", "healthCheck: async (ctx) => { throw new Error(`no ${ctx.authSources.env.get('ACME_KEY')}`); },\n  fetchUsage:");
    add(&home, "acme", &source);
    for args in [
        &["providers", "--provider", "acme"][..],
        &["creds", "--check"],
        &["doctor"],
    ] {
        let output = home
            .ttop()
            .env("ACME_KEY", "CANARY-KEY")
            .env_remove("TTOP_OFFLINE")
            .args(args)
            .output()
            .expect("runs");
        let told = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(!told.concat().contains("CANARY-KEY"), "{args:?}: {told:?}");
        if args[0] == "providers" {
            assert!(told[0].contains("HTTP 401 for ***"), "{told:?}");
        }
    }
}

#[test]
fn a_bar_shows_the_limits_of_a_plugin_and_starts_none() {
    let home = Home::new();
    add(&home, "acme", PROVIDER);
    add(&home, "hook", SINK);
    let asked = home
        .ttop()
        .env("ACME_KEY", "CANARY-KEY")
        .env_remove("TTOP_OFFLINE")
        .args(["providers", "--provider", "acme"])
        .output()
        .expect("runs");
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    home.stdout(&["sync"]);
    let lines = log(&home, "hook").lines().count();
    let bar = home.stdout(&["bar-status", "--segments", "limit"]);
    assert!(bar.contains("41") || bar.contains("42"), "{bar}");
    assert_eq!(log(&home, "hook").lines().count(), lines, "nothing was started");
}

/// Peak memory of a command that ends by itself.
#[cfg(target_os = "linux")]
fn peak_mib(home: &Home, args: &[&str]) -> f64 {
    measure::run(ttop(home, args)).peak_mib
}

/// The homes of the benchmark.
#[path = "../../benches/jobs/plugins.rs"]
mod benched;

#[test]
fn the_homes_of_the_benchmark_work() {
    let home = Home::new();
    benched::with_agent(&home.path(), 1);
    home.stdout(&["plugin", "trust", "acme", "--yes"]);
    assert_eq!(home.rows(&["turns"]).len(), 400);
    benched::with_one_row(&home.path());
    let other = Home::new();
    benched::with_one_reply(&other.path());
    assert_eq!(other.rows(&["turns"]).len(), 1);
    benched::with_theme(&home.path());
    home.stdout(&["plugin", "trust", "ink", "--yes"]);
    assert!(
        home.rows(&["theme"])
            .iter()
            .any(|row| row["id"] == "ink" || row["themeId"] == "ink")
    );
}

#[cfg(target_os = "linux")]
#[path = "../../benches/jobs/measure.rs"]
#[allow(dead_code, reason = "only memory is looked at")]
mod measure;

#[cfg(target_os = "linux")]
#[test]
fn no_answer_of_a_plugin_fills_the_memory_of_ttop() {
    const MOST_MIB: f64 = 64.0 + 256.0;
    let fates = [
        (
            "the same row a million times",
            "return new Array(1e6).fill({ sessionId: 'x'.repeat(4000), providerId: 'x', modelId: 'y'.repeat(4000), tokens: { input: 0, output: 1 }, timestamp: 1795164387000 });",
        ),
        (
            "a log of long lines",
            "for (let i = 0; i < 20000; i++) ctx.logger.info('x'.repeat(4000));",
        ),
        (
            "requests that nobody awaits",
            "for (let i = 0; i < 200000; i++) ctx.http.fetch('https://api.acme.test/' + i, { method: 'POST', body: 'x'.repeat(1000) });",
        ),
        (
            "bodies that nobody awaits",
            "const body = 'x'.repeat(15e6); for (let i = 0; i < 80; i++) ctx.http.fetch('https://api.acme.test/' + i, { method: 'POST', body });",
        ),
    ];
    for (what, fate) in fates {
        let home = Home::new();
        let network = "filesystem: { read: true, paths: ['~/.acme'] }, network: { enabled: true, allowedDomains: ['api.acme.test'] }";
        let source = agent("acme")
            .replace("filesystem: { read: true, paths: ['~/.acme'] }", network)
            .replace(PARSING, fate);
        add(&home, "acme", &source);
        record(&home, "s1");
        let peak = peak_mib(&home, &["sync"]);
        assert!(peak < MOST_MIB, "{what}: {peak:.0} MiB");
    }
}
