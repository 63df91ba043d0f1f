//! `ttop watch`: what it prints is exactly the growth of `ttop turns`, and it ends when it should.

use crate::support::Home;
use crate::support::claude_code::{CLAUDE_SESSION, claude_reply};
use crate::support::running::{ended, first_look, ttop};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

/// A command that has had its first look.
fn start(home: &Home, args: &[&str]) -> Child {
    first_look(home, || ttop(home, args).spawn().expect("started"))
}

fn transcript(home: &Home) -> PathBuf {
    home.path()
        .join(format!(".claude/projects/-home-dev-acme/{CLAUDE_SESSION}.jsonl"))
}

fn reply(id: &str, output: u64) -> String {
    claude_reply(CLAUDE_SESSION, id, output)
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

#[test]
fn every_line_is_a_step_and_all_steps_are_the_growth() {
    let home = Home::new();
    append(&home, &reply("msg_0", 7));
    let mut child = start(&home, &["watch", "-n", "4"]);
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
