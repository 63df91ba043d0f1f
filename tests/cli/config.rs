//! `ttop config`: one file, edited in place, mistakes named with their place.

use crate::support::Home;

const FILE: &str = ".config/tokentop/config.json";

fn failure(home: &Home, args: &[&str]) -> (i32, String) {
    let output = home.ttop().args(args).output().expect("runs");
    assert!(output.stdout.is_empty(), "{args:?} printed something");
    (output.status.code().expect("a code"), told(&output))
}

/// The lines of stderr without the one about the fixed clock.
fn told(output: &std::process::Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines = stderr.lines().filter(|line| !line.contains("TTOP_NOW"));
    lines.map(|line| format!("{line}\n")).collect()
}

fn read(home: &Home) -> String {
    std::fs::read_to_string(home.path().join(FILE)).expect("a config file")
}

#[test]
fn path_names_the_file_whether_or_not_it_is_there() {
    let home = Home::new();
    assert_eq!(
        home.stdout(&["config", "path"]),
        format!("{}\n", home.path().join(FILE).display())
    );
    let output = home
        .ttop()
        .env("TTOP_CONFIG", "/elsewhere/c.json")
        .args(["config", "path"])
        .output()
        .expect("runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "/elsewhere/c.json\n");
}

#[test]
fn set_changes_one_value_and_keeps_comments() {
    let home = Home::new();
    let text = "{\n  // my limit\n  \"budgets\": { \"daily\": 5 }, // for now\n}\n";
    home.write(FILE, text);
    home.stdout(&["config", "set", "budgets.daily", "7.5"]);
    assert_eq!(read(&home), text.replace("5 }", "7.5 }"));
    home.stdout(&["config", "set", "billing.claude-code", "plan"]);
    assert!(read(&home).contains("// my limit") && read(&home).contains("// for now"));
    assert_eq!(home.stdout(&["config", "get", "billing.claude-code"]), "plan\n");
    home.stdout(&["config", "unset", "budgets.daily"]);
    assert_eq!(home.stdout(&["config", "get", "budgets.daily"]), "null\n");
    assert!(read(&home).contains("// my limit"));
}

#[test]
fn set_makes_the_file_and_only_its_owner_can_read_it() {
    let home = Home::new();
    home.stdout(&[
        "config",
        "set",
        "prices.overrides.acme/coder-1.5",
        r#"{"input": 2, "output": 8}"#,
    ]);
    assert_eq!(home.rows(&["prices", "show", "acme/coder-1.5"])[0]["input"], 2.0);
    home.stdout(&["config", "set", "projects.acme", "~/src/acme"]);
    assert_eq!(home.stdout(&["config", "get", "projects.acme"]), "[\"~/src/acme\"]\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(home.path().join(FILE)).expect("the file");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_cannot_be_is_a_wrong_command_line_and_changes_nothing() {
    let home = Home::new();
    home.write(FILE, "{}\n");
    for (args, told) in [
        (
            &["set", "budgets.dayly", "5"][..],
            "ttop: error: unknown key 'budgets.dayly'\nhint: did you mean budgets.daily",
        ),
        (
            &["set", "budgets.daily", "much"],
            "ttop: error: budgets.daily must be a number of at least 0, or null for none\n",
        ),
        (
            &["set", "budgets.daily", "-1"],
            "ttop: error: budgets.daily must be a number of at least 0, or null for none\n",
        ),
        (
            &["set", "budgets.currency", "EUR"],
            "ttop: error: budgets.currency must be USD; budgets are in US dollars\n",
        ),
        (
            &["set", "billing.codex", "free"],
            "ttop: error: billing.codex must be one of metered, plan, mixed, unknown\n",
        ),
        (
            &["set", "budgets", r#"{"dayly": 5}"#],
            "ttop: error: unknown key budgets.dayly; did you mean budgets.daily?\n",
        ),
        (
            &["get", "nothing.at.all"],
            "ttop: error: unknown key 'nothing.at.all'\n",
        ),
    ] {
        let args: Vec<&str> = ["config"].into_iter().chain(args.iter().copied()).collect();
        let (code, stderr) = failure(&home, &args);
        assert_eq!(code, 2, "{args:?}: {stderr}");
        assert!(stderr.starts_with(told), "{args:?}: {stderr}");
    }
    assert_eq!(read(&home), "{}\n");
}

#[test]
fn a_wrong_value_is_a_warning_with_its_place_and_repair() {
    let home = Home::new();
    for (text, warning, repair) in [
        (
            "{\n  \"budgets\": {\"daily\": \"20\"}\n}",
            "~/.config/tokentop/config.json:2:24: budgets.daily must be a number of at least 0, or null for none; ttop ignores it",
            "ttop config set budgets.daily 20",
        ),
        (
            "{\"budgets\": {\"currency\": \"EUR\"}}",
            "~/.config/tokentop/config.json:1:26: budgets.currency must be USD; budgets are in US dollars; ttop uses USD",
            "ttop config set budgets.currency USD",
        ),
        (
            "{\"alerts\": {\"sinks\": {\"team\": {\"type\": \"pager\"}}}}",
            "~/.config/tokentop/config.json:1:40: alerts.sinks.team.type must be one of desktop, bell, command, webhook, plugin; \
             ttop ignores alerts.sinks.team",
            "ttop config unset alerts.sinks.team.type",
        ),
        (
            "{\"budgets\": 5}",
            "~/.config/tokentop/config.json:1:13: budgets must be an object; ttop ignores it",
            "ttop config unset budgets",
        ),
    ] {
        home.write(FILE, text);
        let output = home
            .ttop()
            .args(["prices", "show", "claude-sonnet-4-5"])
            .output()
            .expect("runs");
        assert!(output.status.success() && !output.stdout.is_empty(), "{text}");
        assert_eq!(told(&output), format!("ttop: warning: {warning}\nhint: {repair}\n"));
        let doctor = home.rows(&["doctor"]);
        let row = doctor.iter().find(|row| row["kind"] == "config").expect("a row");
        assert_eq!(row["state"], "problem");
        assert!(
            row["problems"][0]
                .as_str()
                .is_some_and(|problem| problem.contains(warning)),
            "{row}"
        );
    }
}

#[test]
fn the_suggested_command_repairs_each_wrong_value() {
    let home = Home::new();
    for text in [
        r#"{"budgets": {"daily": "20", "weekly": "much", "currency": "GBP"}, "offline": "yes"}"#,
        r#"{"alerts": {"warningPercent": 96}, "billing": {"codex": "Plan"}, "theme": 5}"#,
        r#"{"alerts": {"sinks": {"my team": {"type": "webhook"}, "b": 5}}}"#,
        r#"{"budgets": {"rules": [{"every": "day"}, 5]}, "prices": {"overrides": {"noslash": 1, "a/b": "x"}}}"#,
        r#"{"budgets": 5, "providers": [], "budget": {"daily": 5}, "un.known": {"a.b": 1}}"#,
        r#"{"providers": {"openai": {"baseUrl": 5, "enabled": "no", "login": 1, "key": "x"}}}"#,
    ] {
        home.write(FILE, text);
        for _ in 0..8 {
            let output = home.ttop().args(["prices", "show", "gpt-5.5"]).output().expect("runs");
            let told = told(&output);
            let Some(repair) = told.lines().find_map(|line| line.strip_prefix("hint: ttop ")) else {
                break;
            };
            let words: Vec<String> = repair
                .split('\'')
                .enumerate()
                .flat_map(|(at, part)| match at % 2 {
                    0 => part.split_whitespace().map(str::to_owned).collect(),
                    _ => vec![part.to_owned()],
                })
                .collect();
            let run = home.ttop().args(&words).output().expect("runs");
            assert!(
                run.status.success(),
                "{words:?}: {}",
                String::from_utf8_lossy(&run.stderr)
            );
        }
        let output = home.ttop().args(["prices", "show", "gpt-5.5"]).output().expect("runs");
        assert_eq!(told(&output), "", "{text}\n{}", read(&home));
    }
}

#[test]
fn a_file_that_cannot_be_parsed_means_defaults_and_one_warning() {
    let home = Home::new();
    for (text, place) in [
        ("{\n  \"offline\": tru\n}", "2:14"),
        ("{\"budgets\": {\"daily\": 20,, }", "1:26"),
        ("[]", "1:1"),
    ] {
        home.write(FILE, text);
        let output = home.ttop().args(["prices", "show", "gpt-5.5"]).output().expect("runs");
        assert!(output.status.success() && !output.stdout.is_empty(), "{text}");
        let told = told(&output);
        let start = format!("ttop: warning: ~/.config/tokentop/config.json:{place}: ");
        assert!(told.starts_with(&start) && told.lines().count() == 2, "{told}");
        let strict = home
            .ttop()
            .args(["prices", "show", "gpt-5.5", "--strict"])
            .output()
            .expect("runs");
        assert_eq!(strict.status.code(), Some(1));
        let (code, stderr) = failure(&home, &["config", "set", "offline", "true"]);
        assert_eq!(code, 1);
        assert!(
            stderr.contains(&format!("config.json:{place}: ")) && stderr.contains("\nhint: "),
            "{stderr}"
        );
        assert_eq!(read(&home), text);
    }
}

#[test]
fn unknown_keys_warn_and_the_rest_counts() {
    let home = Home::new();
    home.write(
        FILE,
        "{\"offlin\": true,\n \"prices\": {\"overrides\": {\"a/b\": {\"input\": 1, \"output\": 2}}}}",
    );
    let output = home.ttop().args(["prices", "show", "a/b"]).output().expect("runs");
    assert_eq!(
        told(&output),
        "ttop: warning: ~/.config/tokentop/config.json:1:2: unknown key offlin; did you mean offline?\nhint: ttop config unset offlin\n"
    );
    assert!(output.status.success() && !output.stdout.is_empty());
    let strict = home
        .ttop()
        .args(["prices", "show", "a/b", "--strict"])
        .output()
        .expect("runs");
    assert_eq!(strict.status.code(), Some(1));
}

#[test]
fn the_number_format_of_tokentop_takes_effect() {
    let home = Home::of("opencode/data/home");
    let total = home.rows(&["cost", "--by", "total"])[0]["totalTokens"]
        .as_u64()
        .expect("tokens");
    assert!(total > 1000, "{total}");
    let digits = total.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| str::from_utf8(group).ok())
        .collect();
    let full = groups.join(",");
    assert!(!home.stdout(&["cost", "--by", "total", "-o", "table"]).contains(&full));
    home.write(FILE, r#"{"display": {"numberFormat": "full"}}"#);
    let table = home.stdout(&["cost", "--by", "total", "-o", "table"]);
    assert!(table.contains(&full), "{table}");
    assert_eq!(home.rows(&["cost", "--by", "total"])[0]["totalTokens"], total);
}

#[test]
fn init_writes_a_commented_file_once() {
    let home = Home::new();
    assert_eq!(
        home.stdout(&["config", "init"]),
        format!("{}\n", home.path().join(FILE).display())
    );
    assert!(read(&home).contains("// \"budgets\""));
    let (code, stderr) = failure(&home, &["config", "init"]);
    assert_eq!(
        (code, stderr.as_str()),
        (1, "ttop: error: ~/.config/tokentop/config.json already exists\n")
    );
    // A first value goes into the template.
    home.stdout(&["config", "set", "budgets.daily", "20"]);
    assert_eq!(home.stdout(&["config", "get", "budgets.daily"]), "20\n");
    assert!(read(&home).contains("// \"budgets\""));
}

#[test]
fn show_prints_what_is_in_force_without_secrets() {
    let home = Home::new();
    let config = r#"{
        "refreshInterval": 30000,
        "alerts": {"warningPercent": 70, "sinks": {"slack": {"type": "webhook", "url": "https://hooks.example/T0/hunter2"}}},
        "providers": {"openai": {"baseUrl": "https://hunter2@proxy.example/hunter2"}},
        "pluginConfig": {"slack": {"token": "hunter2"}},
        "unheardOf": "hunter2"
    }"#;
    home.write(FILE, config);
    for args in [
        &["config"][..],
        &["config", "show"],
        &["config", "get", "alerts"],
        &["config", "get", "providers"],
    ] {
        let text = home.stdout(args);
        assert!(!text.contains("hunter2"), "{text}");
    }
    let shown: serde_json::Value = serde_json::from_str(&home.stdout(&["config", "show"])).expect("JSON");
    assert_eq!(shown["alerts"]["criticalPercent"], 95);
    assert_eq!(shown["alerts"]["warningPercent"], 70);
    assert_eq!(shown["alerts"]["sinks"]["slack"]["url"], "https://hooks.example");
    assert_eq!(shown["refresh"]["intervalMs"], 30000);
    assert_eq!(shown["providers"]["openai"]["baseUrl"], "https://proxy.example");
}
