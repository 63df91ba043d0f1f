//! The words of tables are the words of flags, short ids are ids, and every hint is a command line that works.

use crate::support::Home;

fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let home = Home::new();
    let output = home.ttop().args(args).output().expect("runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

const TABLES: [&[&str]; 7] = [
    &["sessions"],
    &["turns"],
    &["cost", "--by", "day,model"],
    &["cost", "--by", "session"],
    &["ps"],
    &["providers"],
    &["creds"],
];

/// The titles of a table without columns that were dropped; two spaces part them.
fn titles(command: &[&str]) -> Vec<String> {
    let home = Home::new();
    let output = home
        .ttop()
        .env("COLUMNS", "400")
        .args([&["--demo"], command, &["-o", "table"]].concat())
        .output()
        .expect("runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let head = text.lines().next().unwrap_or_default();
    head.split("  ")
        .map(str::trim)
        .filter(|title| !title.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn titles_of_columns_sort_and_choose() {
    for command in TABLES {
        for title in titles(command) {
            // Columns of what a row's session is known by besides its keys.
            let is_beside =
                command == ["cost", "--by", "session"] && ["Agent", "Project", "Updated"].contains(&title.as_str());
            if is_beside || title == "Agents" || title == "Models" || title == "Age" {
                continue;
            }
            for word in [title.clone(), title.to_lowercase()] {
                let (code, stdout, stderr) = run(&[&["--demo"], command, &["--fields", &word, "-o", "csv"]].concat());
                assert_eq!(code, Some(0), "{command:?} --fields {word}: {stderr}");
                assert!(!stdout.is_empty());
                if title != "Limits" {
                    let (code, _, stderr) = run(&[&["--demo"], command, &["--sort", &word]].concat());
                    assert_eq!(code, Some(0), "{command:?} --sort {word}: {stderr}");
                }
            }
        }
    }
}

#[test]
fn short_ids_lead_tables_and_name_their_rows() {
    let home = Home::new();
    let first_words = |command: &[&str], width: &str| -> Vec<String> {
        let mut ttop = home.ttop();
        ttop.env("COLUMNS", width)
            .args([&["--demo"], command, &["-o", "table"]].concat());
        let text = String::from_utf8(ttop.output().expect("runs").stdout).expect("UTF-8");
        assert!(text.starts_with("Id "), "{command:?} at {width}: {text}");
        let rows = text.lines().skip(1).take_while(|line| !line.contains("Total"));
        let ids = rows
            .filter(|line| !line.starts_with(' '))
            .map(|line| line.split_whitespace().next().unwrap_or_default());
        ids.map(str::to_owned).collect()
    };
    for width in ["80", "120", "200"] {
        for command in [
            &["sessions", "-n", "5"][..],
            &["cost", "--by", "session", "-n", "5"],
            &["ps"],
        ] {
            for id in first_words(command, width).iter().take(3) {
                let shown = home.rows(&["--demo", "show", id]);
                assert_eq!(shown.len(), 1, "{command:?} {id}");
                let whole = shown[0]["session"]["sessionId"].as_str().expect("an id").to_owned();
                for command in ["turns", "sessions", "cost"] {
                    let rows = home.rows(&["--demo", command, "--session", id]);
                    assert!(!rows.is_empty(), "{command} --session {id}");
                }
                assert_eq!(
                    home.rows(&["--demo", "sessions", "--session", id])[0]["sessionId"],
                    whole.as_str()
                );
            }
        }
        for id in first_words(&["turns", "-n", "5"], width) {
            let shown = home.rows(&["--demo", "show", &id]);
            assert!(
                shown[0]["turn"]["turnId"]
                    .as_str()
                    .is_some_and(|turn| turn.starts_with(&id)),
                "{id}"
            );
        }
    }
    let sessions = home
        .ttop()
        .env("COLUMNS", "80")
        .args(["--demo", "sessions", "-o", "table"])
        .output()
        .expect("runs");
    let text = String::from_utf8(sessions.stdout).expect("UTF-8");
    let head: Vec<&str> = text.lines().next().expect("titles").split_whitespace().collect();
    assert_eq!(head, ["Id", "Session", "Project", "Agent", "Cost", "Updated"]);
}

#[test]
fn words_of_other_tools_get_a_hint_that_works() {
    for (args, hint) in [
        (&["sessions", "--json"][..], "-o json"),
        (&["cost", "-s", "7d"], "--since"),
        (&["cost", "day"], "ttop cost --by day"),
        (&["cost", "models"], "ttop cost --by model"),
        (&["cost", "today"], "ttop cost --since today"),
        (&["sessions", "7d"], "ttop sessions --since 7d"),
        (&["sessions", "opencode"], "ttop sessions --agent opencode"),
        (&["cost", "--by", "dya"], "did you mean day?"),
        (&["--by", "day", "sessions"], "ttop cost --by day"),
        (&["--since", "7d", "creds"], "ttop cost --since 7d"),
        (&["--since", "7d", "turns"], "ttop turns --since 7d"),
        (&["--daily"], "ttop cost --by day"),
        (&["cost", "--mode", "calculate"], "--cost-from list"),
        (&["sessions", "--today"], "ttop sessions --since today"),
        (&["trends", "--claude"], "ttop trends --agent claude-code"),
        (&["insights", "week"], "ttop insights --since week"),
        (&["prices", "claude-sonnet-4-6"], "ttop prices show claude-sonnet-4-6"),
        (&["theme", "nord"], "ttop theme show nord"),
        (&["ledger", "-o", "json", "status"], "ttop ledger status -o json"),
    ] {
        let (code, _, stderr) = run(args);
        assert_eq!(code, Some(2), "{args:?}");
        let line = stderr
            .lines()
            .find_map(|line| line.strip_prefix("hint: "))
            .unwrap_or_default();
        assert!(line.contains(hint), "{args:?}: {stderr}");
        if let Some(proposed) = line.split('\'').nth(1) {
            let words: Vec<&str> = proposed.split(' ').skip(1).collect();
            let (code, _, stderr) = run(&words);
            assert_eq!(code, Some(0), "{proposed}: {stderr}");
        }
    }
    for args in [
        &["cost", "--by", "Agents"][..],
        &["sessions", "-o", "JSON"],
        &["cost", "--by", "MODEL,days"],
    ] {
        let (code, _, stderr) = run(&[&["--demo"], args].concat());
        assert_eq!(code, Some(0), "{args:?}: {stderr}");
    }
}

#[test]
fn cost_reports_fold_periods_and_leave_costs_out() {
    let home = Home::new();
    let periods = |args: &[&str]| -> Vec<String> {
        let rows = home.rows(&[&["--demo", "cost"], args].concat());
        let mut periods: Vec<String> = rows
            .iter()
            .filter_map(|row| row["period"].as_str().map(str::to_owned))
            .collect();
        periods.dedup();
        periods
    };
    assert_eq!(periods(&["--by", "day", "--last", "2"]), ["2026-11-19", "2026-11-20"]);
    assert_eq!(periods(&["--by", "day,model", "--last", "1"]), ["2026-11-20"]);
    assert_eq!(
        home.rows(&["--demo", "cost", "--breakdown", "--last", "3"]),
        home.rows(&["--demo", "cost", "--by", "day,model", "--last", "3"])
    );
    let (code, _, _) = run(&["--demo", "cost", "--by", "model", "--last", "2"]);
    assert_eq!(code, Some(2), "there are no periods to count");
    let (_, table, _) = run(&["--demo", "cost", "--by", "day", "--no-cost", "-o", "table"]);
    assert!(
        table.contains("Tokens") && !table.contains('$') && !table.contains("price"),
        "{table}"
    );
    let wide = home
        .ttop()
        .env("COLUMNS", "200")
        .args(["--demo", "cost", "--by", "day", "-o", "table"])
        .output()
        .expect("runs");
    let wide = String::from_utf8(wide.stdout).expect("UTF-8");
    assert!(wide.contains("Claude Sonnet 4.6, ") && wide.contains("codex"), "{wide}");
}

#[test]
fn the_watch_of_the_demo_plays_its_day() {
    let home = Home::new();
    let day = home.rows(&["--demo", "watch"]);
    assert_eq!(day.len(), home.rows(&["--demo", "turns", "--since", "today"]).len());
    assert_eq!(home.rows(&["--demo", "watch", "-n", "3"]), day[..3]);
    for row in &day {
        assert!(row["sessionCostStatus"].is_string(), "{row}");
    }
    let last = day
        .iter()
        .rev()
        .find(|row| row["sessionId"] == "ses_demo_01")
        .expect("a line");
    let session = &home.rows(&["--demo", "sessions", "--session", "ses_demo_01"])[0];
    assert_eq!(
        (&last["sessionCost"], &last["sessionCostStatus"]),
        (&session["cost"], &session["costStatus"])
    );
}

#[test]
fn a_parent_is_shown_with_its_subagents() {
    let home = Home::new();
    let shown = &home.rows(&["--demo", "show", "ses_demo_01"])[0];
    let rows = home.rows(&["--demo", "sessions"]);
    let cost = |id: &str| {
        rows.iter()
            .find(|row| row["sessionId"] == id)
            .and_then(|row| row["cost"].as_f64())
            .expect("a cost")
    };
    let sum = shown["withSubagents"]["cost"].as_f64().expect("a cost");
    assert!((sum - cost("ses_demo_01") - cost("ses_demo_02")).abs() < 1e-9, "{sum}");
    assert!(home.rows(&["--demo", "show", "ses_demo_04"])[0]["withSubagents"].is_null());
}

/// A home with a turn of each spelling of one model.
fn spellings() -> (Home, [&'static str; 4]) {
    let ids = [
        "claude-sonnet-4-5",
        "claude-sonnet-4-5-20250929",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "anthropic/claude-sonnet-4.5",
    ];
    let home = Home::new();
    let replies = ids.iter().enumerate().map(|(at, id)| {
        let reply = crate::support::claude_code::claude_reply("aaaa-1", &format!("m{at}"), 20);
        reply.replace("claude-sonnet-4-5\"", &format!("{id}\""))
    });
    home.write(".claude/projects/-w/aaaa-1.jsonl", replies.collect::<String>());
    (home, ids)
}

#[test]
fn tables_show_one_name_for_every_spelling_of_a_model_and_keys_its_id() {
    let (home, ids) = spellings();
    let rows = home.rows(&["turns"]);
    let found: Vec<&str> = rows.iter().filter_map(|row| row["modelId"].as_str()).collect();
    assert_eq!(found.len(), ids.len());
    assert!(ids.iter().all(|id| found.contains(id)), "{found:?}");
    for command in [&["turns"][..], &["sessions"], &["top", "--once", "--view", "cost"]] {
        let table = home
            .ttop()
            .env("COLUMNS", "200")
            .args(command)
            .args(["-o", "table"])
            .output();
        let output = table.expect("runs");
        let table = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{command:?}: {output:?}");
        assert!(table.contains("Claude Sonnet 4.5"), "{command:?}: {table}");
        assert!(!ids.iter().any(|id| table.contains(id)), "{command:?}: {table}");
    }
    let asked = home.stdout(&["turns", "-o", "table", "--fields", "modelId"]);
    assert!(ids.iter().all(|id| asked.contains(id)), "{asked}");
    // The word of a table is the word of a flag, and another spelling of an id is another model.
    for (wanted, count) in [
        ("Claude Sonnet 4.5", 4),
        ("claude sonnet *", 4),
        ("Claude Sonnet 4", 0),
        (ids[1], 1),
    ] {
        assert_eq!(home.rows(&["turns", "--model", wanted]).len(), count, "{wanted}");
    }
    let total = home.rows(&["cost", "--by", "name"]);
    assert_eq!(total.len(), 1, "{total:#?}");
    assert_eq!(total[0]["modelName"], "Claude Sonnet 4.5");
}

#[test]
fn sentences_of_tables_are_never_cut() {
    let home = Home::new();
    for (command, key) in [
        (&["insights"][..], "evidence"),
        (&["alert", "--dry-run"], "message"),
        (&["providers"], ""),
    ] {
        let command = [&["--demo"], command].concat();
        let sentences: Vec<String> = match key {
            "" => vec![
                "5h 11% 3h 00min, 7d 100%".to_owned(),
                "30d Premium 42.3% 10d 0h".to_owned(),
            ],
            key => home
                .rows(&command)
                .iter()
                .filter_map(|row| row[key].as_str().map(str::to_owned))
                .collect(),
        };
        assert!(!sentences.is_empty(), "{command:?}");
        for columns in [40, 60, 80, 120, 200] {
            let mut table = home.ttop();
            table
                .env("COLUMNS", columns.to_string())
                .args(&command)
                .args(["-o", "table"]);
            let output = table.output().expect("runs");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            // Only a command to be copied stays in one line.
            let mut lines = text.lines().filter(|line| !line.contains("ttop config set"));
            assert!(lines.all(|line| line.chars().count() <= columns), "{columns}: {text}");
            let words: Vec<&str> = text.split_whitespace().collect();
            for sentence in &sentences {
                let wanted: Vec<&str> = sentence.split_whitespace().collect();
                assert!(
                    words.windows(wanted.len()).any(|found| found == wanted),
                    "{columns}: {sentence}: {text}"
                );
            }
        }
    }
}
