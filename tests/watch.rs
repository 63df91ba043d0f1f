//! `ttop watch`: what it prints is exactly the growth of `ttop turns`, and it ends when it should.

mod support;

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::Home;

const LIMIT: Duration = Duration::from_secs(30);

/// The binary as a child that the test talks to while it runs.
fn start(home: &Home, args: &[&str]) -> Child {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("ttop"));
    command
        .env_clear()
        .env("HOME", home.path())
        .env("TTOP_OFFLINE", "1")
        .env("TZ", "UTC")
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().expect("started")
}

/// Waits for an end, and kills what does not come to one.
fn ended(child: &mut Child) -> std::process::ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status;
        }
        if began.elapsed() > LIMIT {
            child.kill().expect("killed");
            panic!("still running after {LIMIT:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn transcript(home: &Home) -> PathBuf {
    home.path()
        .join(".claude/projects/-home-dev-acme/11111111-0000-4000-8000-000000000001.jsonl")
}

/// A reply of Claude Code; the same id again is a later snapshot of it.
fn reply(id: &str, output: u64) -> String {
    format!(
        r#"{{"type":"assistant","isSidechain":false,"cwd":"/home/dev/acme","sessionId":"11111111-0000-4000-8000-000000000001","message":{{"model":"claude-sonnet-4-5","id":"{id}","type":"message","role":"assistant","content":[],"usage":{{"input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":5,"output_tokens":{output}}}}},"uuid":"u-{id}-{output}","timestamp":"2026-11-20T09:00:00.000Z"}}"#
    ) + "\n"
}

fn append(home: &Home, text: &str) {
    let path = transcript(home);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .expect("opens");
    file.write_all(text.as_bytes()).expect("written");
}

fn line(reader: &mut impl BufRead) -> Value {
    let mut text = String::new();
    reader.read_line(&mut text).expect("a line");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text:?}"))
}

/// Lets the watch get past its first look, which seeds silently.
fn settle(home: &Home) {
    let ledger = home.path().join(".local/share/tokentop/ledger.db");
    let began = Instant::now();
    while !ledger.exists() {
        assert!(began.elapsed() < LIMIT, "no ledger");
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(300));
}

#[test]
fn every_line_is_a_step_and_all_steps_are_the_growth() {
    let home = Home::new();
    append(&home, &reply("msg_0", 7));
    let mut child = start(&home, &["watch", "-n", "4"]);
    settle(&home);
    let mut reader = BufReader::new(child.stdout.take().expect("stdout"));
    append(&home, &reply("msg_1", 1));
    let first = line(&mut reader);
    assert_eq!(
        (&first["type"], &first["tokens"]["output"], &first["tokens"]["input"]),
        (&"activity".into(), &1.into(), &10.into())
    );
    assert_eq!(first["sessionTokens"]["output"], 8);
    append(&home, &reply("msg_1", 40));
    let grown = line(&mut reader);
    assert_eq!(
        (&grown["tokens"]["output"], &grown["tokens"]["input"]),
        (&39.into(), &0.into())
    );
    assert_eq!(grown["turnId"], first["turnId"]);
    assert_ne!(grown["eventId"], first["eventId"]);
    // A copy of a session: nothing was spent.
    let copy = transcript(&home).with_file_name("22222222-0000-4000-8000-000000000002.jsonl");
    std::fs::copy(transcript(&home), copy).expect("copied");
    append(&home, &format!("{}{}", reply("msg_2", 5), reply("msg_3", 6)));
    let (third, fourth) = (line(&mut reader), line(&mut reader));
    let outputs = [&third, &fourth].map(|line| line["tokens"]["output"].as_i64().expect("a number"));
    assert_eq!(outputs.iter().sum::<i64>(), 11);
    assert_eq!(fourth["sessionTokens"]["output"], 58);
    assert!(ended(&mut child).success());
    let turns = home.rows(&["turns"]);
    let total: i64 = turns
        .iter()
        .map(|turn| turn["tokens"]["output"].as_i64().expect("a number"))
        .sum();
    assert_eq!(total, 58);
    // From an event on: the rest comes again, with the same ids.
    let since = first["eventId"].as_str().expect("an id");
    let again = home.rows(&["watch", "--once", "--since", since]);
    let ids: Vec<_> = again.iter().map(|line| line["eventId"].clone()).collect();
    assert_eq!(ids, [&grown, &third, &fourth].map(|line| line["eventId"].clone()));
}

#[test]
fn it_ends_when_its_reader_goes_even_if_nothing_happens() {
    let home = Home::new();
    append(&home, &reply("msg_0", 7));
    let mut child = start(&home, &["watch"]);
    settle(&home);
    drop(child.stdout.take());
    assert!(ended(&mut child).success());
}

#[cfg(unix)]
#[test]
fn signals_end_it_with_their_code() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let home = Home::new();
        append(&home, &reply("msg_0", 7));
        let mut child = start(&home, &["watch"]);
        settle(&home);
        let killed = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(killed.success());
        assert_eq!(ended(&mut child).code(), Some(code));
    }
}

#[test]
fn two_watchers_and_a_report_agree() {
    let home = Home::new();
    append(&home, &reply("msg_0", 7));
    let mut children = [
        start(&home, &["watch", "--for", "4s"]),
        start(&home, &["watch", "--for", "4s"]),
    ];
    settle(&home);
    for at in 1..=20 {
        append(&home, &reply(&format!("msg_{at}"), at));
        if at % 5 == 0 {
            home.stdout(&["cost", "-q"]);
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    for child in &mut children {
        let mut text = String::new();
        child
            .stdout
            .take()
            .expect("stdout")
            .read_to_string(&mut text)
            .expect("text");
        assert!(ended(child).success());
        let sum: i64 = text
            .lines()
            .map(|line| {
                serde_json::from_str::<Value>(line).expect("JSON")["tokens"]["output"]
                    .as_i64()
                    .expect("a number")
            })
            .sum();
        assert_eq!(sum, (1..=20).sum::<i64>(), "{text}");
    }
}

#[test]
fn what_the_log_no_longer_has_is_said() {
    let home = Home::new();
    append(&home, &reply("msg_0", 7));
    home.stdout(&["turns"]);
    let output = home
        .ttop()
        .args(["watch", "--once", "--since", "2020-01-01"])
        .output()
        .expect("runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("ttop turns --since 2020-01-01"), "{stderr}");
    let output = home
        .ttop()
        .args(["watch", "--once", "--sort", "cost"])
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(2));
}
