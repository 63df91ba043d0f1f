//! `ttop setup`: shows each change before it makes it, keeps what the user has, and offers nothing twice.

use crate::support::Home;
use std::process::Output;

fn setup(home: &Home, args: &[&str]) -> Output {
    let mut command = home.ttop();
    command
        .env("SHELL", "/usr/bin/fish")
        .env("DISPLAY", ":0")
        .arg("setup")
        .args(args);
    command.output().expect("runs")
}

const TMUX: &str = "set -g status-right '#H'\n";

fn home() -> Home {
    let home = Home::new();
    home.write(".tmux.conf", TMUX);
    home.write(
        ".config/tokentop/config.json",
        "{\n  // mine\n  \"budgets\": {\"weekly\": 80}\n}\n",
    );
    home
}

fn text(home: &Home, path: &str) -> String {
    std::fs::read_to_string(home.path().join(path)).unwrap_or_default()
}

#[test]
fn without_a_terminal_it_changes_nothing_and_names_the_flags() {
    let home = home();
    let output = setup(&home, &[]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("--print") && stderr.contains("--yes"), "{stderr}");
    assert_eq!(text(&home, ".tmux.conf"), TMUX);
}

#[test]
fn print_shows_a_patch_of_each_file_and_makes_no_change() {
    let home = home();
    let output = setup(&home, &["--print", "--daily", "20"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let patch = String::from_utf8(output.stdout).expect("UTF-8");
    for line in [
        "--- /dev/null",
        "+++ ~/.config/fish/completions/ttop.fish",
        "+++ ~/.tmux.conf",
        "+set -ag status-right ' #(ttop bar-status tmux)'",
        "+++ ~/.config/tokentop/config.json",
    ] {
        assert!(patch.lines().any(|printed| printed == line), "no '{line}' in\n{patch}");
    }
    assert!(
        ["\"daily\": 20", "\"type\": \"desktop\"", "\"autoUpdate\": true"]
            .iter()
            .all(|line| patch.contains(line)),
        "{patch}"
    );
    assert_eq!(text(&home, ".tmux.conf"), TMUX);
    assert!(!home.path().join(".config/fish").exists());
    assert!(!text(&home, ".config/tokentop/config.json").contains("daily"));
}

#[test]
fn yes_makes_each_change_once_and_keeps_what_was_there() {
    let home = home();
    let budgets = ["--yes", "--daily", "20", "--monthly", "300.5"];
    let first = setup(&home, &budgets);
    assert_eq!(first.status.code(), Some(0), "{first:?}");
    assert!(!first.stdout.is_empty(), "each change is shown");
    assert!(
        String::from_utf8_lossy(&first.stderr).contains("wrote ~/.tmux.conf"),
        "{first:?}"
    );
    assert_eq!(
        text(&home, ".config/fish/completions/ttop.fish"),
        home.stdout(&["completions", "fish"])
    );
    assert!(text(&home, ".tmux.conf").starts_with(TMUX));
    let config = text(&home, ".config/tokentop/config.json");
    assert!(config.contains("// mine"), "{config}");
    for (key, value) in [
        ("budgets.daily", "20"),
        ("budgets.weekly", "80"),
        ("budgets.monthly", "300.5"),
        ("prices.autoUpdate", "true"),
    ] {
        assert_eq!(home.stdout(&["config", "get", key]).trim(), value, "{key}");
    }
    let files = [
        ".tmux.conf",
        ".config/tokentop/config.json",
        ".config/fish/completions/ttop.fish",
    ];
    let before = files.map(|file| text(&home, file));
    let second = setup(&home, &budgets);
    assert!(second.stdout.is_empty(), "{second:?}");
    assert!(
        String::from_utf8_lossy(&second.stderr).contains("everything is set up"),
        "{second:?}"
    );
    assert_eq!(files.map(|file| text(&home, file)), before);
}

#[cfg(unix)]
#[test]
fn files_keep_their_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let home = home();
    let path = home.path().join(".tmux.conf");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("set");
    assert_eq!(setup(&home, &["--yes"]).status.code(), Some(0));
    assert_eq!(
        std::fs::metadata(&path).expect("there").permissions().mode() & 0o777,
        0o644
    );
}

#[test]
fn a_file_that_cannot_be_read_as_expected_stays_and_is_named() {
    let home = home();
    home.write(".config/waybar/config", "[{\"height\": 30}]\n");
    let output = setup(&home, &["--yes"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("~/.config/waybar/config: it has several bars"),
        "{stderr}"
    );
    assert_eq!(text(&home, ".config/waybar/config"), "[{\"height\": 30}]\n");
}
