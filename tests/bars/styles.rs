//! Each style against a title that is written to break it.

use super::{bar, synced};
use serde_json::Value;

/// Commands and colors of every bar, a line break, an escape, a mark that turns the line around, and a lot of it.
fn hostile() -> String {
    let tricks =
        "#{pane_id}#(id)#[fg=red] | bash=id %{F#f00}%{A1:id:} <b>&'\"$(id)`id` \\n\n\u{1b}[31m\u{7}\u{202e}::{x}";
    format!("{tricks}{}", "x".repeat(4096))
}

fn drawn(style: &str) -> String {
    let home = synced(&hostile());
    bar(&home, &[style, "--segments", "session"])
}

/// What is left of a text when these pieces of syntax are taken out.
fn without(text: &str, pieces: &[&str]) -> String {
    pieces
        .iter()
        .fold(text.to_owned(), |text, piece| text.replace(piece, ""))
}

#[test]
fn nothing_steers_and_titles_are_short() {
    for style in [
        "plain",
        "tmux",
        "polybar",
        "starship",
        "zjstatus",
        "vim",
        "sketchybar",
        "i3blocks",
        "i3status-rs",
        "waybar",
    ] {
        let line = drawn(style);
        assert_eq!(line.matches('\n').count(), 1, "{style}: {line:?}");
        assert!(
            !line.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r']),
            "{style}: {line:?}"
        );
        assert!(line.chars().count() < 2_000, "{style}");
        assert!(line.contains("pane_id"), "{style}: {line:?}");
    }
}

#[test]
fn tmux_expands_nothing_of_it() {
    let line = drawn("tmux");
    // Every # of the text is doubled, so that an odd run of them is ours.
    let rest = without(&line, &["##", "#[fg=#737aa2]", "#[default]"]);
    assert!(!rest.contains('#'), "{line}");
    assert!(line.contains("##{pane_id}##(id)"), "{line}");
}

#[test]
fn polybar_zjstatus_and_vim_see_no_syntax_of_theirs() {
    let home = synced("%{F#f00}%{A1:id:} 50% #[fg=red] a::b %#Error#");
    let polybar = bar(&home, &["polybar", "--segments", "session"]);
    assert!(!polybar.contains("%{"), "{polybar}");
    let zjstatus = bar(&home, &["zjstatus", "--segments", "session"]);
    let text = zjstatus.strip_prefix("zjstatus::pipe::pipe_ttop::").expect("a message");
    assert!(!text.contains("::") && !text.contains("#["), "{zjstatus}");
    let vim = bar(&home, &["vim", "--segments", "session"]);
    assert!(!vim.replace("%%", "").contains('%'), "{vim}");
}

#[test]
fn no_syntax_comes_together_from_pieces() {
    let home = synced("{A1:touch x:}click [fg=red] ::::");
    let template = |style: &str, template: &str| bar(&home, &[style, "--template", template]);
    let polybar = template("polybar", "100%{session.name}");
    assert!(polybar.starts_with("100% {A1"), "{polybar}");
    let zjstatus = template("zjstatus", "#{session.name}");
    let text = zjstatus.strip_prefix("zjstatus::pipe::pipe_ttop::").expect("a message");
    assert!(!text.contains("::"), "{zjstatus}");
    let home = synced("[fg=red]");
    let zjstatus = bar(&home, &["zjstatus", "--template", "#{session.name}"]);
    assert!(!zjstatus.contains("#["), "{zjstatus}");
}

#[test]
fn drop_downs_keep_attributes_to_themselves() {
    for style in ["swiftbar", "xbar", "argos"] {
        let text = drawn(style);
        let (header, _) = text.split_once("\n---\n").expect("a separator");
        assert_eq!(header.lines().count(), 1, "{text}");
        for line in text.lines() {
            assert!(line.matches('|').count() <= 1, "{style}: {line}");
        }
        let attributes = header.split('|').nth(1).expect("attributes");
        assert!(!attributes.contains("bash"), "{header}");
        assert!(text.ends_with("Refresh | refresh=true\n"));
    }
}

#[test]
fn json_bars_get_json_and_escaped_markup() {
    for (style, key) in [("waybar", "text"), ("i3blocks", "full_text"), ("i3status-rs", "text")] {
        let line = drawn(style);
        let value: Value = serde_json::from_str(&line).expect("JSON");
        let text = value[key].as_str().expect("text");
        let rest = without(text, &["<span color='#737aa2'>", "</span>"]);
        assert!(!rest.contains(['<', '>', '"']), "{style}: {text}");
        let entities = without(&rest, &["&amp;", "&lt;", "&gt;", "&#39;", "&quot;"]);
        assert!(!entities.contains('&'), "{style}: {text}");
    }
}

#[test]
fn words_for_sketchybar_are_words() {
    let home = synced("it's $(id) `id` \"x\" \\ end");
    let line = bar(&home, &["sketchybar", "--segments", "session"]);
    for reader in ["xargs printf '<%s>'", "read -r line; eval \"printf '<%s>' $line\""] {
        let mut child = std::process::Command::new("sh")
            .args(["-c", reader])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("a shell");
        std::io::Write::write_all(&mut child.stdin.take().expect("stdin"), line.as_bytes()).expect("written");
        let output = child.wait_with_output().expect("ends");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "<label=▸ it's $(id) `id` \"x\" \\ end $0.7500><label.color=0xffffffff>",
            "{reader}"
        );
    }
}
