//! Every command in every format on a terminal, over a home in which every foreign text tries to steer it.

use crate::LIMIT;
use crate::hostile::{STYLE, WORD, evil, home};
use crate::support::{Home, program, skipped};
use clap::Command as Definition;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use ttop::core::text::is_unsafe;
use unicode_width::UnicodeWidthChar;

const NOW: &str = "2026-11-20T18:00:00Z";
/// No writing system stacks more; ttop keeps 16.
const MOST_MARKS: usize = 16;

/// A process that looks like an agent, with hostile arguments and a hostile folder.
struct Agent(Child);

impl Agent {
    fn start(home: &Home) -> Self {
        use std::os::unix::process::CommandExt;
        let folder = home.path().join(evil());
        std::fs::create_dir_all(&folder).expect("a folder");
        let child = Command::new("sh")
            .arg0("claude")
            // Waits for a line that never comes.
            .args(["-c", "read line", "claude", "--resume", &evil(), "--model", &evil()])
            .current_dir(folder)
            .env_clear()
            .env("HOME", home.path())
            .env(evil().replace('=', ""), evil())
            .stdin(Stdio::piped())
            .spawn();
        Self(child.expect("sh runs"))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It is gone already when it cannot be killed.
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// Every command that does something by itself, with the formats and styles that it prints.
fn leaves(definition: &Definition, path: &str, into: &mut Vec<(String, Vec<String>)>) {
    let children: Vec<_> = definition
        .get_subcommands()
        .filter(|child| child.get_name() != "help")
        .collect();
    for child in &children {
        leaves(child, format!("{path} {}", child.get_name()).trim(), into);
    }
    if path.is_empty() || (!children.is_empty() && definition.is_subcommand_required_set()) {
        return;
    }
    let choices = |long: &str| -> Vec<String> {
        let arg = definition.get_arguments().find(|arg| arg.get_long() == Some(long));
        let values = arg.map(clap::Arg::get_possible_values).unwrap_or_default();
        values
            .iter()
            .map(|value| format!("--{long}={}", value.get_name()))
            .collect()
    };
    let mut ways = vec![String::new(), "-vv".to_owned(), "--color=always".to_owned()];
    for long in ["format", "style", "as"] {
        ways.extend(choices(long));
    }
    into.push((path.to_owned(), ways));
}

/// Arguments that make a command work and end by itself; `$EVIL` is hostile.
fn arguments(command: &str) -> Vec<&'static str> {
    match command {
        "show" => vec!["latest --explain --messages 9", "ses_one", "$EVIL"],
        "watch" => vec!["--once --since 2026-11-20T00:00:00Z", "--events all --for 200ms"],
        "cost" => vec![
            "--by project,model,branch,subagent,agent,session",
            "--by day,name --breakdown",
            "--model $EVIL",
        ],
        "turns" | "sessions" => vec!["", "--project $EVIL", "--grep zqzq", "--fields $EVIL"],
        "bar-status" => vec![
            "",
            "--template '{today} {model} {project} {title} {waiting}'",
            "--template $EVIL",
        ],
        "top" => vec!["", "--once --view projects", "--once --view live", "--view cost"],
        "theme show" => vec!["ink", "$EVIL"],
        "plugin info" => vec!["acme", "odd", "$EVIL"],
        "plugin new" => vec!["theme fresh", "theme $EVIL"],
        "plugin add" | "plugin remove" | "plugin untrust" | "plugin trust" => vec!["$EVIL"],
        "plugin test" => vec![
            ".config/tokentop/plugins/acme.js",
            ".config/tokentop/plugins/wrong.js",
            "$EVIL",
        ],
        "prices show" => vec!["$EVIL", "zqzq"],
        "config get" => vec!["budgets", "plugins", "$EVIL"],
        "config set" => vec!["$EVIL 1", "budgets.daily $EVIL", "display.theme $EVIL"],
        "config unset" => vec!["$EVIL"],
        "ledger forget" => vec!["--before 2020-01-01 --yes", "--agent $EVIL --yes", "--import $EVIL"],
        "ledger import" => vec!["$EVIL", ".config/tokentop/config.json"],
        "completions" => vec!["bash"],
        "alert" => vec!["", "--test note", "--test $EVIL", "--dry-run"],
        "guard" => vec!["--daily 0.0001", "--daily 1 --project $EVIL"],
        "creds" | "providers" | "mcp" => vec!["", "--all"],
        "doctor" => vec!["", "--report"],
        // A server would stay.
        "serve" => vec![
            "--install-unit",
            "--listen 127.0.0.1:0 --token-file $EVIL",
            "--listen $EVIL",
        ],
        _ => vec![""],
    }
}

/// What a terminal gets from a command.
fn shown(home: &Home, line: &str) -> Vec<u8> {
    let binary = assert_cmd::cargo::cargo_bin("ttop");
    let words = format!("exec '{}' {}", binary.display(), line.replace("$EVIL", "\"$EVIL\""));
    let mut command = Command::new("script");
    command
        .args(["-qefc", &words, "/dev/null"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("TERM", "xterm-256color")
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .env("TTOP_NOW", NOW)
        .env("TTOP_OFFLINE", "1")
        .env("EVIL", evil())
        .env("SHELL", "/bin/sh")
        .env(
            "TTOP_OPENROUTER_CREDENTIAL",
            json!({"kind": evil(), "token": "t"}).to_string(),
        )
        .env("GOOSE_PATH_ROOT", home.path().join(evil()))
        .env("TERM_PROGRAM", evil())
        .env("TMUX_PANE", evil())
        .current_dir(home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    // A screen ends with a key; everything else finds the end of its input.
    let is_screen = line.starts_with("top ") && !line.contains("--once");
    let mut child = command.spawn().expect("script starts");
    let mut keys = child.stdin.take().filter(|_| is_screen);
    let mut output = child.stdout.take().expect("piped");
    let (sender, all_read) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.read_to_end(&mut bytes).map(|_| bytes);
        // Nobody waits after the limit.
        let _ = sender.send(read);
    });
    let began = Instant::now();
    let bytes = loop {
        if let Ok(bytes) = all_read.recv_timeout(Duration::from_millis(20)) {
            break bytes.expect("what was shown");
        }
        if began.elapsed() > LIMIT {
            // It may have ended just now.
            let _ = child.kill();
            panic!("ttop {line} did not end");
        }
        if let Some(keys) = &mut keys {
            // A screen that has ended takes no key.
            let _ = keys.write_all(b"q").and_then(|()| keys.flush());
        }
    };
    child.wait().expect("a child");
    bytes
}

/// What a terminal must not get: `None` when there is nothing of it.
fn steering(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    if text.contains(STYLE) {
        return Some("a style of the data".to_owned());
    }
    let mut marks = 0;
    for (at, character) in text.char_indices() {
        let is_mark = !character.is_ascii() && character.width() == Some(0);
        marks = if is_mark { marks + 1 } else { 0 };
        let is_own = match character {
            '\n' | '\r' | '\t' => true,
            '\x1b' => is_own_sequence(&text[at + 1..]),
            _ => !is_unsafe(character),
        };
        if !is_own || marks > MOST_MARKS {
            let end = text.ceil_char_boundary((at + 40).min(text.len()));
            return Some(format!(
                "{character:?} in {:?}",
                &text[text.floor_char_boundary(at.saturating_sub(60))..end]
            ));
        }
    }
    None
}

/// Colors, cursor and screen modes as ttop itself uses them; never a sequence that sets something beyond the screen.
fn is_own_sequence(rest: &str) -> bool {
    let Some(body) = rest.strip_prefix('[') else {
        // Saved cursor and character sets of a screen, and its question for the color of the background, which the one for
        // the terminal's kind follows: every terminal answers that.
        return rest.starts_with(['7', '8', '(', '>', '=', '\\']) || rest.starts_with("]11;?");
    };
    if body.starts_with('c') {
        return true;
    }
    let end = body.find(|character: char| !matches!(character, '0'..='9' | ';' | '?' | ':' | '>' | '<' | '='));
    end.is_some_and(|end| body[end..].starts_with(|last: char| "mKJHABCDEFGhlnsuqr".contains(last)))
}

#[test]
fn no_command_in_no_format_lets_foreign_text_steer_a_terminal() {
    if program("script").is_none() {
        return skipped("no script");
    }
    let mut all = Vec::new();
    leaves(&ttop::cli::definition(), "", &mut all);
    let lines: Vec<(String, String)> = all
        .iter()
        .flat_map(|(path, ways)| {
            let line = move |(at, arguments): (usize, &'static str)| {
                // The first arguments in every way, the others once.
                let ways = if at == 0 { &ways[..] } else { &ways[..1] };
                ways.iter()
                    .map(move |way| (path.clone(), format!("{path} {arguments} {way}")))
            };
            arguments(path)
                .into_iter()
                .enumerate()
                .flat_map(line)
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(lines.len() > 150, "{lines:?}");
    let left = Mutex::new(lines.iter());
    let (speakers, wrong) = (Mutex::new(BTreeSet::new()), Mutex::new(Vec::new()));
    // Two at a time, each in a home of its own, which some commands change.
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let home = home();
                let _agent = Agent::start(&home);
                home.ttop().arg("sync").output().expect("runs");
                let next = || left.lock().expect("a lock").next();
                while let Some((path, line)) = next() {
                    let bytes = shown(&home, line);
                    if memchr::memmem::find(&bytes, WORD.as_bytes()).is_some() {
                        speakers.lock().expect("a lock").insert(path.as_str());
                    }
                    if let Some(what) = steering(&bytes) {
                        wrong.lock().expect("a lock").push(format!("ttop {line}: {what}"));
                    }
                }
            });
        }
    });
    let speakers = speakers.into_inner().expect("a lock");
    let wrong = wrong.into_inner().expect("a lock");
    assert!(
        wrong.is_empty(),
        "{} of {} runs:\n{}",
        wrong.len(),
        lines.len(),
        wrong.join("\n")
    );
    for path in [
        "sessions",
        "turns",
        "show",
        "cost",
        "mcp",
        "doctor",
        "plugin",
        "plugin info",
        "config show",
        "creds",
        "ps",
        "watch",
    ] {
        assert!(speakers.contains(path), "{path} shows nothing foreign: {speakers:?}");
    }
}

#[test]
fn what_this_test_looks_for_is_found() {
    for (text, is_wrong) in [
        ("plain \x1b[1;31mred\x1b[0m\r\n", false),
        ("é👩🏻\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👨🏼", false),
        ("\x1b]0;title\x07", true),
        ("\x1bPq", true),
        ("\u{9b}31m", true),
        ("\u{202e}", true),
        ("\x08", true),
        (STYLE, true),
        (&format!("e{}", "\u{301}".repeat(40)), true),
    ] {
        assert_eq!(steering(text.as_bytes()).is_some(), is_wrong, "{text:?}");
    }
}
