//! What tests of alerts share: money that is spent, and a webhook that listens.

use super::Home;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard};

pub const CONFIG: &str = ".config/tokentop/config.json";

/// A reply of Claude Code, at 15 dollars for a million tokens of output.
pub fn spend(home: &Home, id: &str, output: u64, at: &str) {
    let session = "11111111-0000-4000-8000-000000000001";
    let path = home
        .path()
        .join(format!(".claude/projects/-home-dev-acme/{session}.jsonl"));
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let line = format!(
        r#"{{"type":"assistant","isSidechain":false,"cwd":"/home/dev/acme","sessionId":"{session}","message":{{"model":"claude-sonnet-4-5","id":"{id}","type":"message","role":"assistant","content":[],"usage":{{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":{output}}}}},"uuid":"u-{id}-{output}","timestamp":"{at}"}}"#
    );
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .expect("opens");
    writeln!(file, "{line}").expect("written");
}

/// A server that takes what is posted and answers with statuses of the test's choice.
pub struct Hook {
    pub url: String,
    state: Arc<Mutex<State>>,
    /// Whoever holds it holds every answer up.
    gate: Arc<Mutex<()>>,
}

#[derive(Default)]
struct State {
    status: u16,
    /// The next answers, before `status` is.
    next: VecDeque<u16>,
    asked: usize,
    bodies: Vec<serde_json::Value>,
}

impl Hook {
    /// Answers with 200; its URL has a canary in its path.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!(
            "http://{}/services/CANARY-hook",
            listener.local_addr().expect("an address")
        );
        let state = Arc::new(Mutex::new(State {
            status: 200,
            ..State::default()
        }));
        let gate = Arc::new(Mutex::new(()));
        let (shared, held) = (Arc::clone(&state), Arc::clone(&gate));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(&stream);
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
                        break;
                    }
                    if let Some(text) = line.to_lowercase().strip_prefix("content-length:") {
                        length = text.trim().parse().expect("a number");
                    }
                }
                let mut body = vec![0; length];
                if reader.read_exact(&mut body).is_err() {
                    continue;
                }
                shared.lock().expect("not poisoned").asked += 1;
                drop(held.lock().expect("not poisoned"));
                let mut state = shared.lock().expect("not poisoned");
                let status = state.next.pop_front().unwrap_or(state.status);
                if status == 200 {
                    state.bodies.push(serde_json::from_slice(&body).expect("JSON"));
                }
                let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                // The one who asked may be gone.
                let _ = (&stream).write_all(answer.as_bytes());
            }
        });
        Self { url, state, gate }
    }

    pub fn answer_with(&self, status: u16) {
        self.state.lock().expect("not poisoned").status = status;
    }

    /// One answer before the usual ones.
    pub fn answer_once_with(&self, status: u16) {
        self.state.lock().expect("not poisoned").next.push_back(status);
    }

    /// No answer comes until this is dropped.
    pub fn hold(&self) -> MutexGuard<'_, ()> {
        self.gate.lock().expect("not poisoned")
    }

    /// How often something was posted, answered or not.
    pub fn asked(&self) -> usize {
        self.state.lock().expect("not poisoned").asked
    }

    /// What was posted and taken since the last time.
    pub fn taken(&self) -> Vec<serde_json::Value> {
        std::mem::take(&mut self.state.lock().expect("not poisoned").bodies)
    }
}
