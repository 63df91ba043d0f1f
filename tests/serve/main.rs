//! `ttop serve` as a real process, asked over real sockets.

mod access;
mod bounds;
mod documents;
mod events;
mod gnome;
mod others;
mod outsiders;
mod page;
mod remotes;
mod rows;
#[path = "../support/mod.rs"]
mod support;

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use support::Home;
use support::claude_code::{CLAUDE_SESSION, claude_reply};
use support::clock::eventually;
use support::running::{LIMIT, Running, ttop};

/// The name of the session in [`home`].
const TITLE: &str = "Quarterly secret plan";

/// A home with a session of Claude Code that has a title and two turns.
fn home() -> Home {
    let home = Home::new();
    let title = format!(r#"{{"type":"summary","summary":"{TITLE}","leafUuid":"u-msg_1-40"}}"#);
    let prompt = format!(
        r#"{{"type":"user","isSidechain":false,"cwd":"/home/dev/acme","sessionId":"{CLAUDE_SESSION}","message":{{"role":"user","content":"{TITLE}"}},"uuid":"u-1","timestamp":"2026-11-20T08:59:00.000Z"}}"#
    );
    let replies = [("msg_0", 7), ("msg_1", 40)].map(|(id, output)| claude_reply(CLAUDE_SESSION, id, output));
    home.write(
        &format!(".claude/projects/-home-dev-acme/{CLAUDE_SESSION}.jsonl"),
        format!("{title}\n{prompt}\n{}", replies.concat()),
    );
    home
}

/// Adds a reply to the session of [`home`].
fn append(home: &Home, id: &str, output: u64) {
    let path = home
        .path()
        .join(format!(".claude/projects/-home-dev-acme/{CLAUDE_SESSION}.jsonl"));
    let mut file = std::fs::OpenOptions::new().append(true).open(path).expect("opens");
    file.write_all(claude_reply(CLAUDE_SESSION, id, output).as_bytes())
        .expect("written");
}

/// A running server; killed when dropped.
struct Served {
    process: Running,
    port: u16,
}

impl Served {
    fn start(home: &Home, args: &[&str]) -> Self {
        Self::of(home, &[&["serve", "--listen", "127.0.0.1:0"], args].concat())
    }

    fn of(home: &Home, args: &[&str]) -> Self {
        let process = Running::start(ttop(home, args));
        let mut port = None;
        eventually("the server listens", || {
            let said = process.said(Duration::from_millis(20));
            let line = said
                .lines()
                .find_map(|line| line.strip_prefix("ttop: listening on http://"));
            port = line.and_then(|address| address.rsplit_once(':')?.1.parse().ok());
            port.is_some()
        });
        let port = port.expect("a port");
        Self { process, port }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("connects");
        stream.set_read_timeout(Some(LIMIT)).expect("set");
        stream
    }

    /// Sends these bytes and returns everything that comes until the server closes.
    fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes.as_ref()).expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("text");
        text
    }

    fn get_with(&self, target: &str, headers: &str) -> Reply {
        let head = format!(
            "GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n",
            self.port
        );
        Reply::parse(&self.raw(format!("{head}{headers}\r\n")))
    }

    fn get(&self, target: &str) -> Reply {
        self.get_with(target, "")
    }
}

/// A parsed answer.
#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn parse(text: &str) -> Self {
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Self {
            status: status.expect("a status"),
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
