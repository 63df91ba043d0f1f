//! Tables: aligned, fitted, clean, in color where that is wanted.

use super::*;
use crate::support;

#[test]
fn tables_are_aligned_clean_and_fit() {
    let home = home();
    insta::assert_snapshot!(home.stdout(&["sessions", "-o", "table"]), @r#"
    Id    Session              Project               Agent        Model            Turns  Output  Tokens      Cost  Updated
    cccc  Family 👨‍👩‍👧‍👦 plans      /home/dev/acme-api    claude-code  unheard-of-1         1       7      17         —  09:30
    bbbb  日本語の[31mとても…  /home/…/acme/backend  claude-code  Claude Opus 4.6      1    1.2M    1.2M  $12.50    09:00
    aaaa  Fix the parser       /home/dev/acme-api    claude-code  Claude Opus 4.6      2    2.6K    2.6K  ~$0.0860  Thu
    17 tokens have no price: unheard-of-1 (anthropic)
    models newer than the prices of models.dev 2026-09-28: ttop prices update
    "#);
    // The hint is given once, so that it wraps in a home where it was not given.
    let narrow = self::home()
        .ttop()
        .env("COLUMNS", "50")
        .args(["sessions", "-o", "table"])
        .output()
        .expect("runs");
    insta::assert_snapshot!(String::from_utf8_lossy(&narrow.stdout), @r#"
    Id    Session                        Cost  Updated
    cccc  Family 👨‍👩‍👧‍👦 plans                   —  09:30
    bbbb  日本語の[31mとても長いタ…  $12.50    09:00
    aaaa  Fix the parser             ~$0.0860  Thu
    17 tokens have no price: unheard-of-1 (anthropic)
    models newer than the prices of models.dev
      2026-09-28: ttop prices update
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
    ~$12.56    claude-opus-4-6        2
      $0.0234  claude-sonnet-4-5      1
            —  unheard-of-1           1
    ≥$12.59    Total                  4
    17 tokens have no price: unheard-of-1 (anthropic)
    "#);
}

#[test]
fn the_hint_at_a_newer_price_list_is_given_once() {
    let home = home();
    let hints = |args: &[&str]| home.stdout(args).matches("ttop prices update").count();
    // Rows of other formats, and a table without rows, have no place for it.
    assert_eq!(hints(&["cost"]), 0);
    assert_eq!(hints(&["cost", "-o", "table", "--since", "2026-11-21"]), 0);
    assert_eq!(hints(&["cost", "-o", "table"]), 1);
    for args in [
        ["cost", "-o", "table"],
        ["sessions", "-o", "table"],
        ["turns", "-o", "table"],
    ] {
        assert_eq!(hints(&args), 0, "{args:?}");
        assert!(
            home.stdout(&args).contains("17 tokens have no price: unheard-of-1"),
            "{args:?}"
        );
    }
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
fn colors_follow_the_flag_then_the_environment() {
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
        "rows are never colored"
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
fn a_total_says_of_what_it_is() {
    let home = Home::new();
    let foot = |args: &[&str]| {
        let text = home.stdout(&[&["cost", "--demo", "--by", "model", "-o", "table"], args].concat());
        text.lines()
            .filter(|line| line.starts_with("Total"))
            .map(|line| line[..11].trim().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(foot(&[]), ["Total"]);
    assert_eq!(foot(&["-n", "2"]), ["Total of 8"], "the total is that of all rows");
    assert_eq!(
        foot(&["--grep", "claude"]),
        [""; 0],
        "nor is there one for some of them"
    );
}

#[test]
fn columns_asked_for_by_name_are_never_dropped() {
    let home = home();
    let output = home
        .ttop()
        .env("COLUMNS", "30")
        .args([
            "sessions",
            "-o",
            "table",
            "--fields",
            "agentId,sessionName,projectPath,turns,cost",
        ])
        .output()
        .expect("runs");
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout), @r#"
    Ag…  Se…  Pr…  Turns      Cost
    cl…  Fa…  /h…      1         —
    cl…  日…  /h…      1  $12.50
    cl…  Fi…  /h…      2  ~$0.0860
    17 tokens have no price:
      unheard-of-1 (anthropic)
    models newer than the prices
      of models.dev 2026-09-28:
      ttop prices update
    "#);
}
