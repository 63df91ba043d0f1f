//! The screen is a view: its rows are those of the command that it names.

use crate::support::Home;
use serde_json::Value;
use ttop::top::view::View;
use ttop::top::wanted::Wanted;
use ttop::top::window::Window;

fn rows(home: &Home, args: &[&str]) -> Vec<String> {
    let mut rows: Vec<String> = home.rows(args).iter().map(Value::to_string).collect();
    rows.sort();
    rows
}

#[test]
fn each_view_prints_the_rows_of_the_command_it_copies() {
    let home = Home::new();
    for view in View::ALL {
        for window in [Window::Today, Window::Month, Window::All] {
            let wanted = Wanted {
                view,
                window,
                ..Wanted::default()
            };
            let command = wanted.command();
            let words: Vec<&str> = ["--demo"].into_iter().chain(command.split(' ').skip(1)).collect();
            let top = [
                "--demo",
                "top",
                "--once",
                "--view",
                view.name(),
                "--window",
                window.name(),
            ];
            // A sample without a second look has no load of processors.
            let shown = rows(&home, &top);
            assert_eq!(shown, rows(&home, &words), "{command}");
            assert!(!shown.is_empty(), "{command}");
        }
    }
}

#[test]
fn filters_of_the_command_line_hold() {
    let home = Home::new();
    let top = [
        "--demo", "top", "--once", "--view", "cost", "--window", "30d", "--agent", "codex",
    ];
    let found = home.rows(&top);
    assert!(!found.is_empty() && found.iter().all(|row| row["agentId"] == "codex"));
    let output = home
        .ttop()
        .args(["--demo", "top", "--once", "--view", "plans", "--model", "x"])
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(2), "providers have no model");
}

#[test]
fn without_a_terminal_it_exits_2_and_names_the_way_out() {
    let home = Home::new();
    let output = home.ttop().args(["--demo", "top"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("ttop top --once"), "{stderr}");
    assert!(output.stdout.is_empty());
    let output = home
        .ttop()
        .args(["--demo", "top"])
        .env("TERM", "dumb")
        .output()
        .expect("runs");
    assert!(
        output.status.success() && !output.stdout.is_empty(),
        "a dumb terminal gets rows"
    );
}
