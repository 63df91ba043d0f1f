//! Plugins as parts of ttop: agents, providers, prices, sinks and settings, through the binary.

use crate::sources::{AGENT, PROVIDER, SINK};
use crate::support::Home;
use serde_json::{Value, json};
use std::process::Output;

/// A home with plugins in its folder, and consent to each.
fn home(plugins: &[(&str, &str)]) -> Home {
    let home = Home::new();
    for (id, source) in plugins {
        home.write(&format!(".config/tokentop/plugins/{id}.js"), source);
        home.stdout(&["plugin", "trust", id, "--yes"]);
    }
    home
}

fn agent(id: &str) -> String {
    AGENT.replace("ID", id)
}

fn line(session: &str, at: i64, model: &str, input: u64) -> String {
    let row = json!({"sessionId": session, "sessionName": "First", "providerId": "acme", "modelId": model,
        "tokens": {"input": input, "output": 10}, "timestamp": at, "projectPath": "/w/shop"});
    format!("{row}\n")
}

const AT: i64 = 1_795_164_387_000;

fn records(home: &Home, lines: &[String]) {
    home.write(".acme/usage.jsonl", lines.concat());
}

fn inputs(home: &Home, args: &[&str]) -> u64 {
    let rows = home.rows(args);
    rows.iter().filter_map(|row| row["tokens"]["input"].as_u64()).sum()
}

fn log(home: &Home, id: &str) -> String {
    let path = home.path().join(format!(".local/share/tokentop/plugins/log/{id}.log"));
    std::fs::read_to_string(path).unwrap_or_default()
}

fn texts(output: &Output) -> String {
    let bytes = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn nothing_of_a_plugin_runs_before_consent_and_scripts_are_told_the_command() {
    let home = Home::new();
    home.write(".config/tokentop/plugins/acme.js", agent("acme"));
    records(&home, &[line("s1", AT, "acme-1", 100)]);
    for (args, code) in [(&["turns"][..], 0), (&["turns", "--strict"], 1)] {
        let output = home.ttop().args(args).output().expect("runs");
        assert_eq!(output.status.code(), Some(code));
        assert!(output.stdout.is_empty());
        assert!(texts(&output).contains("ttop plugin trust acme"), "{}", texts(&output));
    }
    assert_eq!(log(&home, "acme"), "");
    home.stdout(&["plugin", "trust", "acme", "--yes"]);
    assert_eq!(inputs(&home, &["turns"]), 100);
    // Other code asks again.
    home.write(
        ".config/tokentop/plugins/acme.js",
        agent("acme").replace("parsing", "Parsing"),
    );
    let output = home.ttop().arg("plugin").output().expect("runs");
    assert!(texts(&output).contains("changed since"), "{}", texts(&output));
    home.stdout(&["plugin", "trust", "acme", "--yes"]);
    home.stdout(&["plugin", "untrust", "acme"]);
    let output = home.ttop().arg("plugin").output().expect("runs");
    assert!(texts(&output).contains("not trusted"), "{}", texts(&output));
}

#[test]
fn an_agent_plugin_is_in_every_report_and_runs_only_when_its_roots_changed() {
    let home = home(&[("acme", &agent("acme"))]);
    records(
        &home,
        &[
            line("s1", AT, "acme-1", 100),
            line("s1", AT, "acme-1", 100),
            line("s2", AT + 1, "acme-1", 7),
        ],
    );
    let turns = home.rows(&["turns"]);
    assert_eq!(turns.len(), 3);
    assert_eq!(turns[0]["agentId"], "acme");
    assert_eq!(turns[0]["messageId"], Value::Null);
    assert_eq!(turns[0]["requests"], Value::Null);
    let sessions = home.rows(&["sessions"]);
    assert_eq!((sessions.len(), &sessions[0]["sessionName"]), (2, &json!("First")));
    assert_eq!(inputs(&home, &["cost", "--by", "agent"]), 207);
    let doctor = home.rows(&["doctor"]);
    let row = doctor.iter().find(|row| row["subject"] == "acme").expect("a row");
    assert_eq!((&row["counted"], &row["state"]), (&json!(3), &json!("ok")), "{row}");
    // Once the files are old enough not to change unseen, nothing is started any more.
    let settled = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    for path in [".acme/usage.jsonl", ".acme"] {
        let file = std::fs::File::open(home.path().join(path)).expect("opens");
        file.set_modified(settled).expect("set");
    }
    home.stdout(&["sync"]);
    let before = log(&home, "acme").matches("parsing").count();
    assert!(before > 0);
    for _ in 0..3 {
        assert_eq!(inputs(&home, &["turns"]), 207);
    }
    assert_eq!(log(&home, "acme").matches("parsing").count(), before);
    // A row that grew replaces itself, one that is gone stays counted.
    records(&home, &[line("s1", AT, "acme-1", 100), line("s1", AT, "acme-1", 150)]);
    assert_eq!(inputs(&home, &["turns"]), 257);
    assert_eq!(log(&home, "acme").matches("parsing").count(), before + 1);
    // Every change was logged, so a stream can go on from the first.
    let streamed = home.rows(&["watch", "--once", "--since", "2026-11-20T18:00:00Z"]);
    assert!(streamed.iter().any(|row| row["agentId"] == "acme"), "{streamed:?}");
}

#[test]
fn the_configuration_of_an_agent_plugin_is_that_of_a_known_agent() {
    let home = home(&[("acme", &agent("acme"))]);
    let config = r#"{"agents": {"acme": {"roots": []}, "acmee": {"roots": []}}}"#;
    home.write(".config/tokentop/config.json", config);
    for command in ["turns", "doctor", "plugin"] {
        let output = home.ttop().arg(command).output().expect("runs");
        let shown = texts(&output);
        assert!(!shown.contains("no agent 'acme' is known"), "{command}: {shown}");
        // Without its plugins, a command cannot know.
        let knows_agents = command != "plugin";
        assert_eq!(
            shown.contains("did you mean agents.acme?"),
            knows_agents,
            "{command}: {shown}"
        );
    }
}

#[test]
fn bad_rows_are_problems_with_their_place_and_the_others_count() {
    let home = home(&[("acme", &agent("acme"))]);
    let bad = line("s1", AT, "acme-1", 5).replace("\"input\":5", "\"input\":-5");
    records(&home, &[line("s1", AT, "acme-1", 100), bad]);
    let output = home.ttop().arg("turns").output().expect("runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1);
    assert!(
        texts(&output).contains("plugin acme: rows[1].tokens.input: "),
        "{}",
        texts(&output)
    );
}

#[test]
fn a_plugin_that_hangs_dies_or_floods_takes_no_row_of_others() {
    let fates = [
        ("hangs", "await new Promise((done) => setTimeout(done, 3600000));"),
        ("loops", "for (;;);"),
        ("throws", "throw new Error('no');"),
        ("floods", "for (;;) ctx.logger.info('x'.repeat(4000));"),
        ("grows", "const all = []; for (;;) all.push(new Uint8Array(1 << 20));"),
    ];
    let plugins: Vec<(&str, String)> = fates
        .iter()
        .map(|(id, fate)| (*id, agent(id).replace("ctx.logger.info('parsing');", fate)))
        .collect();
    let mut plugins: Vec<(&str, &str)> = plugins.iter().map(|(id, source)| (*id, source.as_str())).collect();
    let good = agent("good");
    plugins.push(("good", &good));
    let home = home(&plugins);
    records(&home, &[line("s1", AT, "acme-1", 100)]);
    let began = std::time::Instant::now();
    let output = home
        .ttop()
        .args(["turns", "--fields", "agentId", "-o", "csv", "--no-header"])
        .output()
        .expect("runs");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "good",
        "{}",
        texts(&output)
    );
    assert!(
        began.elapsed() < std::time::Duration::from_secs(45),
        "{:?}",
        began.elapsed()
    );
    for (id, _) in fates {
        assert!(
            texts(&output).contains(&format!("plugin {id}")),
            "{id}: {}",
            texts(&output)
        );
    }
}

#[test]
fn a_built_in_agent_wins_until_the_config_replaces_it_and_each_history_counts_alone() {
    let home = home(&[]);
    home.copy("agents/pi/made/home", "");
    let own = inputs(&home, &["turns", "--agent", "pi"]);
    assert!(own > 0);
    home.write(".config/tokentop/plugins/pi.js", agent("pi"));
    records(&home, &[line("s1", AT, "acme-1", 100)]);
    home.stdout(&["plugin", "trust", "pi", "--yes"]);
    assert_eq!(inputs(&home, &["turns", "--agent", "pi"]), own, "shadowed");
    home.stdout(&["config", "set", "plugins.replace", "[\"pi\"]"]);
    home.stdout(&["plugin", "trust", "pi", "--yes"]);
    for _ in 0..2 {
        assert_eq!(inputs(&home, &["turns", "--agent", "pi"]), 100, "replaced");
    }
    home.stdout(&["config", "unset", "plugins.replace"]);
    for _ in 0..2 {
        assert_eq!(inputs(&home, &["turns", "--agent", "pi"]), own, "shadowed again");
    }
}

#[test]
fn a_provider_plugin_finds_its_credential_and_shows_it_to_nobody() {
    let home = home(&[("acme", PROVIDER)]);
    let run = |args: &[&str]| {
        let mut command = home.ttop();
        command
            .env("ACME_KEY", "CANARY-KEY")
            .env_remove("TTOP_OFFLINE")
            .args(args);
        let output = command.output().expect("runs");
        assert!(output.status.success(), "{}", texts(&output));
        assert!(!texts(&output).contains("CANARY"), "{}", texts(&output));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let rows: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("a row"))
            .collect();
        rows
    };
    let creds = run(&["creds"]);
    let row = creds.iter().find(|row| row["providerId"] == "acme").expect("a row");
    assert_eq!(
        (&row["source"], &row["kind"], &row["used"]),
        (&json!("plugin:acme"), &json!("api"), &json!(true))
    );
    assert_eq!(row["origin"], "$ACME_KEY");
    let providers = run(&["providers", "--provider", "acme"]);
    let row = &providers[0];
    assert_eq!(
        (&row["state"], &row["plan"], &row["usedPercent"]),
        (&json!("ok"), &json!("Pro"), &json!(41.5)),
        "{row}"
    );
    assert_eq!(
        (&row["spend"], &row["limits"][0]["label"], &row["source"]),
        (&json!(4.2), &json!("Weekly calls"), &json!("plugin"))
    );
    let tokens = json!({"input": 10, "output": 20, "reasoning": null, "cacheRead": 3, "cacheWrite": null});
    assert_eq!(row["tokens"], tokens);
    let history = run(&["providers", "--history", "30d"]);
    assert!(
        history
            .iter()
            .any(|row| row["providerId"] == "acme" && row["label"] == "Weekly calls"),
        "{history:?}"
    );
    // Without the variable there is nothing to ask with.
    let rows = home.rows(&["providers", "--provider", "acme", "--all"]);
    assert_eq!(rows[0]["state"], "not_configured");
}

#[test]
fn the_prices_of_a_plugin_price_what_no_list_has() {
    let home = home(&[("coder", agent("coder").as_str()), ("acme", PROVIDER)]);
    let million = 1_000_000;
    records(
        &home,
        &[
            line("s1", AT, "acme-1", million),
            line("s1", AT + 1, "acme-1:turbo", million),
            line("s1", AT + 2, "other", 1),
        ],
    );
    let turns = home.rows(&["turns"]);
    let cost = |model: &str| {
        let turn = turns.iter().find(|turn| turn["modelId"] == model).expect("a turn");
        turn["cost"].as_f64()
    };
    assert_eq!(cost("acme-1"), Some(1.000_02));
    assert_eq!(cost("acme-1:turbo"), Some(1.000_02));
    assert_eq!(cost("other"), None);
}

#[test]
fn a_notification_plugin_gets_the_events_that_it_supports_in_six_keys() {
    let home = home(&[("hook", SINK), ("acme", agent("acme").as_str())]);
    home.stdout(&["config", "set", "pluginConfig.hook.channel", "ops"]);
    let output = home
        .ttop()
        .args(["alert", "--test", "plugin:hook"])
        .output()
        .expect("runs");
    assert!(output.status.success(), "{}", texts(&output));
    let said = log(&home, "hook");
    assert!(
        said.contains("hello ops") && said.contains("tested") && said.contains("stopped"),
        "{said}"
    );
    home.stdout(&["config", "set", "budgets.daily", "0.5"]);
    home.stdout(&[
        "config",
        "set",
        "prices.overrides.acme/acme-1",
        r#"{"input": 1, "output": 1}"#,
    ]);
    records(&home, &[line("s1", 1_795_190_000_000, "acme-1", 1_000_000)]);
    let output = home.ttop().arg("alert").output().expect("runs");
    let said = log(&home, "hook");
    assert!(
        said.contains("got budget.limitReached data,message,severity,timestamp,title,type"),
        "{said}\n{}",
        texts(&output)
    );
    assert!(!said.contains("app.started"), "{said}");
}

#[test]
fn settings_are_checked_against_the_schema_of_the_plugin() {
    let home = home(&[("hook", SINK)]);
    for (key, value, wanted) in [
        ("most", "12", "a number from 1 to 9"),
        ("most", "many", "a number from 1 to 9"),
        ("tone", "loud", "one of low, high"),
        ("nothing", "1", "no such setting"),
    ] {
        let key = format!("pluginConfig.hook.{key}");
        let output = home.ttop().args(["config", "set", &key, value]).output().expect("runs");
        assert_eq!(output.status.code(), Some(2), "{key} {value}");
        assert!(texts(&output).contains(wanted), "{key} {value}: {}", texts(&output));
    }
    for (key, value, kept) in [
        ("channel", "12345", json!("12345")),
        ("most", "3", json!(3)),
        ("tone", "low", json!("low")),
    ] {
        home.stdout(&["config", "set", &format!("pluginConfig.hook.{key}"), value]);
        let config = std::fs::read_to_string(home.path().join(".config/tokentop/config.json")).expect("a config");
        let config: Value = serde_json::from_str(&config).expect("JSON");
        assert_eq!(config["pluginConfig"]["hook"][key], kept);
    }
}

#[test]
fn a_path_on_the_command_line_is_loaded_for_that_run_and_needs_consent_too() {
    let home = Home::new();
    home.write("work/plugin.js", agent("acme"));
    records(&home, &[line("s1", AT, "acme-1", 100)]);
    let output = home
        .ttop()
        .args(["turns", "--plugin", "work/plugin.js"])
        .output()
        .expect("runs");
    assert!(
        output.stdout.is_empty() && texts(&output).contains("ttop plugin trust"),
        "{}",
        texts(&output)
    );
    home.stdout(&["plugin", "trust", "work/plugin.js", "--yes"]);
    assert_eq!(inputs(&home, &["turns", "--plugin", "work/plugin.js"]), 100);
}

#[test]
fn a_new_plugin_of_each_type_passes_its_own_case() {
    for kind in ["agent", "notification", "provider", "theme"] {
        let home = Home::new();
        home.stdout(&["plugin", "new", kind, "my-own"]);
        let folder = format!("tokentop-{kind}-my-own");
        let output = home.ttop().args(["plugin", "test", &folder]).output().expect("runs");
        assert!(output.status.success(), "{}", texts(&output));
        let output = home
            .ttop()
            .args(["plugin", "add", &format!("./{folder}"), "--yes"])
            .output()
            .expect("runs");
        assert!(output.status.success(), "{}", texts(&output));
        let rows = home.rows(&["plugin"]);
        assert_eq!(
            (&rows[0]["pluginId"], &rows[0]["state"]),
            (&json!("my-own"), &json!("loaded"))
        );
        home.stdout(&["plugin", "remove", "my-own"]);
        assert_eq!(home.rows(&["plugin"]), [] as [Value; 0]);
    }
}

#[test]
fn what_an_agent_plugin_reads_of_credentials_is_listed_and_used_by_nobody() {
    let reading = agent("acme").replace(
        "isInstalled:",
        "readCredentials: async () => ({ providers: { openai: { apiKey: 'CANARY-1', source: 'external' }, acme: { oauth: { accessToken: 'CANARY-2' }, source: 'external' } } }),\n  isInstalled:",
    );
    let home = home(&[("acme", reading.as_str())]);
    let text = home.stdout(&["creds"]);
    assert!(!text.contains("CANARY"), "{text}");
    let rows = home.rows(&["creds"]);
    for (provider, kind) in [("openai", "api"), ("acme", "oauth")] {
        let mut own = rows.iter().filter(|row| row["source"] == "plugin:acme");
        let row = own
            .find(|row| row["kind"] == kind)
            .unwrap_or_else(|| panic!("{provider}: {rows:?}"));
        assert_eq!(row["used"], json!(false), "{row}");
    }
    let text = home.stdout(&["providers", "--provider", "openai*", "--all"]);
    assert!(!text.contains("CANARY") && !text.contains("plugin:acme"), "{text}");
}

#[test]
fn a_crash_is_an_event_for_plugins_and_for_whoever_reads_alerts() {
    let loops = agent("loops").replace("ctx.logger.info('parsing');", "for (;;);");
    let listening = SINK.replace("event.type.startsWith('budget.')", "event.type.startsWith('plugin.')");
    let home = home(&[("loops", loops.as_str()), ("hook", listening.as_str())]);
    records(&home, &[line("s1", AT, "acme-1", 100)]);
    let rows = home.rows(&["alert"]);
    let crash = rows.iter().find(|row| row["type"] == "plugin.crashed");
    assert_eq!(crash.expect("an event")["data"]["pluginId"], "loops");
    let said = log(&home, "hook");
    assert!(
        said.contains("got plugin.crashed data,message,severity,timestamp,title,type"),
        "{said}"
    );
}

#[test]
fn a_theme_plugin_is_read_from_its_manifest_and_nothing_is_started() {
    let theme = r##"
import { createThemePlugin } from '@tokentop/plugin-sdk';
export default createThemePlugin({ id: 'ink', type: 'theme', name: 'Ink', version: '1.0.0', permissions: {},
  colorScheme: 'dark', colors: { background: '#101010', text: '#eeeeee', success: '#00ff00', error: '#ff0000' } });
"##;
    let home = home(&[("ink", theme)]);
    let env = [("HOME".to_owned(), home.path().to_string_lossy().into_owned())];
    let system = ttop::system::System::new(ttop::system::Os::Linux, home.path(), env.into());
    // This program is no ttop: it could not start a plugin.
    let session = ttop::plugins::session::Session::open(&system, &ttop::system::config::Config::default(), &[], true);
    let session = session.expect("plugins").expect("a plugin");
    let themes = session.themes();
    assert_eq!(themes.len(), 1, "{:?}", session.problems());
    let colors = &themes[0].colors;
    assert_eq!(
        (themes[0].id.as_ref(), colors.success.hex()),
        ("ink", "#00ff00".to_owned())
    );
    assert_eq!(colors.text_muted.hex(), "#eeeeee", "derived");
    // Every command shows its colors, also one that asks no plugin.
    for args in [&["plugin"][..], &["doctor"], &["ps"], &["theme", "list"]] {
        let mut command = home.ttop();
        command
            .env("COLORTERM", "truecolor")
            .env("TERM", "xterm-256color")
            .args(args);
        let output = command
            .args(["--theme", "ink", "--color", "always", "-o", "table"])
            .output();
        let output = output.expect("runs");
        assert!(output.status.success(), "{args:?}: {}", texts(&output));
        let is_green = texts(&output).contains("38;2;0;255;0");
        assert!(
            is_green || args == ["ps"] || args == ["theme", "list"],
            "{args:?}: {}",
            texts(&output)
        );
    }
}

#[test]
fn what_a_plugin_stores_is_there_in_the_next_run() {
    let counting = PROVIDER.replace(
        "fetchUsage: async (ctx) => ({",
        "healthCheck: async () => ({ ok: true }),\n  fetchUsage: async (ctx) => ({",
    );
    let counting = counting.replace(
        "discover: async (ctx) => {",
        "discover: async (ctx) => { const seen = Number(await ctx.storage.get('runs') ?? '0') + 1; await ctx.storage.set('runs', String(seen)); ctx.logger.info(`run ${seen}`);",
    );
    let home = home(&[("acme", counting.as_str())]);
    for run in 1..=3 {
        home.ttop()
            .env("ACME_KEY", "CANARY-KEY")
            .arg("creds")
            .output()
            .expect("runs");
        assert!(
            log(&home, "acme").contains(&format!("run {run}")),
            "{}",
            log(&home, "acme")
        );
    }
    home.stdout(&["plugin", "untrust", "acme"]);
}
