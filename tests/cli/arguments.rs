//! The command line: which arguments it refuses, with which messages, and the meaning of filters and times.

use crate::support::Home;

fn refused(args: &[&str]) -> String {
    let home = Home::new();
    let output = home.ttop().env_remove("TTOP_NOW").args(args).output().expect("runs");
    assert_eq!(
        output.status.code(),
        Some(2),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).expect("UTF-8")
}

fn ids(args: &[&str]) -> Vec<String> {
    let text = Home::new().stdout(&[args, &["--demo", "--jq", ".sessionId", "-r"]].concat());
    text.lines().map(str::to_owned).collect()
}

#[test]
fn mistakes_are_named_with_a_way_out() {
    insta::assert_snapshot!(refused(&["--since", "7d", "sessions"]), @r#"
    ttop: error: --since must come after 'sessions'
    hint: write 'ttop sessions --since 7d'
    "#);
    insta::assert_snapshot!(refused(&["-o", "json", "cost"]), @r#"
    ttop: error: --format must come after 'cost'
    hint: write 'ttop cost -o json'
    "#);
    insta::assert_snapshot!(refused(&["sessions", "--host", "dark"]), @r#"
    ttop: error: '--host' is reserved for a later version
    hint: run 'ttop --help' for the list of commands
    "#);
    insta::assert_snapshot!(refused(&["sessions", "--theme", "dark"]), @r#"
    ttop: error: unknown theme 'dark'
    hint: run 'ttop theme list' for the list of themes
    "#);
    insta::assert_snapshot!(refused(&["session"]), @r#"
    ttop: error: ttop has no command 'session'
    hint: write 'ttop sessions'
    "#);
    insta::assert_snapshot!(refused(&["export", "sqlit", "usage.db"]), @r#"
    ttop: error: 'ttop export' has no target 'sqlit'
    hint: write 'ttop export sqlite usage.db'
    "#);
    insta::assert_snapshot!(refused(&["sessions", "-o", "yaml"]), @"ttop: error: invalid value 'yaml' for --format: expected one of table, ndjson, json, csv, tsv, md");
    insta::assert_snapshot!(refused(&["sessions", "-q", "-v"]), @"ttop: error: --quiet cannot be used with --verbose");
    insta::assert_snapshot!(refused(&["turns", "-n", "-1"]), @"ttop: error: invalid value '-1' for --limit: expected a whole number");
    insta::assert_snapshot!(refused(&["sessions", "--sort", "-cost"]), @r#"
    ttop: error: --sort needs a value, and '-cost' looks like a flag
    hint: write 'ttop sessions --sort cost:desc'
    "#);
    insta::assert_snapshot!(refused(&["show"]), @r#"
    ttop: error: 'ttop show' needs <ID>
    hint: for example 'ttop show latest'
    "#);
    insta::assert_snapshot!(refused(&["--agent", "codex", "--agent", "pi", "sessions"]), @r#"
    ttop: error: --agent must come after 'sessions'
    hint: write 'ttop sessions --agent codex --agent pi'
    "#);
    insta::assert_snapshot!(refused(&["sessions", "--tz", "Mars/Olympus"]), @"ttop: error: --tz Mars/Olympus: unknown time zone 'Mars/Olympus'");
}

#[test]
fn a_command_without_its_word_names_the_help_that_lists_them() {
    for args in [&["export"][..], &["--demo", "export"], &["export", "--tz", "UTC"]] {
        let told = refused(args);
        assert!(told.starts_with("ttop: error: 'ttop export"), "{told}");
        assert!(told.contains("is incomplete\nhint: run 'ttop export"), "{told}");
        assert!(!told.contains("Usage:"), "{told}");
    }
}

#[test]
fn times_that_could_mean_two_things_are_refused() {
    insta::assert_snapshot!(refused(&["turns", "--since", "30m"]), @r#"
    ttop: error: --since: '30m' could be minutes or months
    hint: write 30min, or a date
    "#);
    insta::assert_snapshot!(refused(&["turns", "--until", "soon"]), @r#"
    ttop: error: --until: 'soon' is not a time
    hint: write 2026-11-20, 2026-11, 2026-W47, 2026-11-20T14:30:00Z, today, yesterday, monday, week, month, year, last-month, 7d, 2w, 2h, 1h30m, 30min, 45s or epoch milliseconds
    "#);
    insta::assert_snapshot!(refused(&["turns", "--on", "7d"]), @r#"
    ttop: error: --on: '7d' is not a day
    hint: write 2026-11-20, 2026-11, 2026-W47, today, yesterday, monday, week, month, year or last-month
    "#);
    for command in ["turns", "sessions", "cost", "watch"] {
        let told = refused(&[command, "--since", "whenever"]);
        assert!(
            told.starts_with("ttop: error: --since: 'whenever' is not a time"),
            "{command}: {told}"
        );
    }
    assert!(refused(&["turns", "--on", "today", "--since", "7d"]).contains("cannot be used with"));
    assert!(refused(&["turns", "--on", "today", "--until", "today"]).contains("cannot be used with"));
}

#[test]
fn bare_ttop_takes_the_flags_of_cost() {
    let home = Home::new();
    let today = home.rows(&["--demo"]);
    assert_eq!(
        today,
        home.rows(&["cost", "--since", "today", "--by", "model", "--demo"])
    );
    assert!(!today.is_empty());
    assert_eq!(
        home.rows(&["--since", "7d", "--by", "agent", "--demo"]),
        home.rows(&["cost", "--since", "7d", "--by", "agent", "--demo"])
    );
    assert_eq!(
        home.stdout(&["--demo", "-o", "csv"]),
        home.stdout(&["cost", "--demo", "--since", "today", "--by", "model", "-o", "csv"])
    );
}

#[test]
fn everywhere_flags_may_stand_before_the_command() {
    let home = Home::new();
    assert_eq!(
        home.stdout(&["--demo", "--tz", "Asia/Tokyo", "sessions"]),
        home.stdout(&["sessions", "--demo", "--tz", "Asia/Tokyo"])
    );
}

#[test]
fn the_clock_is_said_to_be_set() {
    let output = Home::new().ttop().args(["turns"]).output().expect("runs");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "ttop: the clock is fixed at 2026-11-20T18:00:00.000Z (TTOP_NOW)\n"
    );
    let output = Home::new()
        .ttop()
        .env("TTOP_NOW", "soon")
        .args(["turns"])
        .output()
        .expect("runs");
    assert_ne!(output.status.code(), Some(0));
}

#[test]
fn filters_of_one_kind_add_up_and_of_several_kinds_narrow() {
    let opencode = ids(&["sessions", "--agent", "opencode"]);
    let codex = ids(&["sessions", "--agent", "codex"]);
    assert!(!opencode.is_empty() && !codex.is_empty());
    assert_eq!(
        ids(&["sessions", "--agent", "opencode", "--agent", "CODEX"]).len(),
        opencode.len() + codex.len()
    );
    assert_eq!(ids(&["sessions", "--agent", "open*"]), opencode);
    assert!(ids(&["sessions", "--agent", "codex", "--model", "claude-*"]).is_empty());
    assert!(
        ids(&["sessions", "--agent", "open"]).is_empty(),
        "globs match whole names"
    );
}

#[test]
fn sessions_are_asked_for_by_unique_prefix_or_as_the_latest() {
    let all = ids(&["sessions"]);
    assert_eq!(ids(&["sessions", "--session", &all[1]]), all[1..2]);
    assert_eq!(ids(&["sessions", "--session", "latest"]), all[..1]);
    assert_eq!(
        ids(&["sessions", "--session", "latest", "--agent", "codex"]),
        ids(&["sessions", "--agent", "codex", "-n1"])
    );
    assert!(ids(&["sessions", "--session", "no-such-session"]).is_empty());
    let said = refused(&["sessions", "--demo", "--session", "ses_"]);
    assert!(
        said.contains("session id 'ses_' is ambiguous (") && said.contains("hint: matches: ses_demo_01, "),
        "{said}"
    );
}

#[test]
fn projects_are_paths_and_everything_below() {
    let home = Home::new();
    let of = |project: &str| home.rows(&["sessions", "--demo", "--project", project]).len();
    assert!(of("/home/dev") > of("/home/dev/acme-api"));
    assert_eq!(of("/home/dev/acme-api/"), of("/home/dev/acme-api"));
    assert_eq!(of("/home/dev/acme"), 0);
    assert_eq!(
        of("/"),
        home.rows(&["sessions", "--demo"])
            .iter()
            .filter(|row| !row["projectPath"].is_null())
            .count()
    );
}

#[test]
fn periods_follow_the_zone() {
    let home = Home::new();
    let days = |zone: &str| home.stdout(&["cost", "--demo", "--by", "day", "--tz", zone, "--jq", ".turns"]);
    assert_ne!(days("UTC"), days("Pacific/Auckland"));
    let on = home.rows(&["turns", "--demo", "--on", "2026-11-20"]);
    let range = home.rows(&["turns", "--demo", "--since", "2026-11-20", "--until", "2026-11-20"]);
    assert!(!on.is_empty());
    assert_eq!(on, range);
    assert_eq!(on, home.rows(&["turns", "--demo", "--on", "today"]));
    assert_eq!(on, home.rows(&["turns", "--demo", "--since", "1d"]));
}

#[test]
fn help_and_version_are_answers() {
    let home = Home::new();
    assert!(home.stdout(&["--version"]).starts_with("ttop "));
    assert!(home.stdout(&["--help"]).contains("--since"));
    assert!(home.stdout(&["help", "cost"]).contains("--by"));
    let colored = home
        .ttop()
        .args(["--help", "--color", "always"])
        .output()
        .expect("runs");
    assert!(colored.stdout.contains(&0x1b));
}
