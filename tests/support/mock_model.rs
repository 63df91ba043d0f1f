//! A language model on 127.0.0.1 that speaks OpenAI's chat completions, and keeps a list of what it billed.

use super::mock_providers::{Request, read_request};
use serde_json::{Value, json};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// One answer as it was billed: input without what was cached, output without reasoning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Billed {
    pub model: String,
    pub input: i64,
    pub output: i64,
    pub reasoning: i64,
    pub cached: i64,
}

pub struct MockModel {
    /// What goes into `baseURL`.
    pub url: String,
    billed: Arc<Mutex<Vec<Billed>>>,
}

impl MockModel {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let billed = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&billed);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let billed = Arc::clone(&shared);
                std::thread::spawn(move || answer(stream, &billed));
            }
        });
        Self { url, billed }
    }

    /// What one of its models billed, smallest first.
    pub fn billed(&self, model: &str) -> Vec<Billed> {
        let mut billed = self.billed.lock().expect("not poisoned").clone();
        billed.retain(|answer| answer.model == model);
        billed.sort();
        billed
    }
}

fn answer(mut stream: TcpStream, billed: &Mutex<Vec<Billed>>) {
    let Some(request) = read_request(&stream) else { return };
    // An agent that is stopped no longer listens.
    let _ = respond(&mut stream, &request, billed);
}

fn respond(stream: &mut TcpStream, request: &Request, billed: &Mutex<Vec<Billed>>) -> std::io::Result<()> {
    let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let model = asked["model"].as_str().unwrap_or_default().to_owned();
    let bill = {
        let mut billed = billed.lock().expect("not poisoned");
        let number = billed.len() as i64 + 1;
        // No two alike, so that an answer that is missing and one that counts twice cannot make up for each other.
        let bill = Billed {
            model,
            input: 1000 + 7 * number,
            output: 100 + number,
            reasoning: 10 * (number % 3),
            cached: 64 * (number % 2),
        };
        billed.push(bill.clone());
        bill
    };
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
    )?;
    let (delta, finish) = match tool_to_use(&asked) {
        Some(call) => (json!({"role": "assistant", "tool_calls": [call]}), "tool_calls"),
        None => (json!({"role": "assistant", "content": "Done as asked."}), "stop"),
    };
    let usage = json!({
        "prompt_tokens": bill.input + bill.cached,
        "completion_tokens": bill.output + bill.reasoning,
        "total_tokens": bill.input + bill.cached + bill.output + bill.reasoning,
        "prompt_tokens_details": {"cached_tokens": bill.cached},
        "completion_tokens_details": {"reasoning_tokens": bill.reasoning},
    });
    let chunk = |choices: Value, usage: Value| json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_795_000_000, "model": bill.model, "choices": choices, "usage": usage});
    for event in [
        chunk(
            json!([{"index": 0, "delta": delta, "finish_reason": null}]),
            Value::Null,
        ),
        chunk(json!([{"index": 0, "delta": {}, "finish_reason": finish}]), Value::Null),
        chunk(json!([]), usage),
    ] {
        write!(stream, "data: {event}\n\n")?;
        stream.flush()?;
    }
    write!(stream, "data: [DONE]\n\n")
}

/// A call of the shell, where the last message is a prompt that contains TOOL.
fn tool_to_use(asked: &Value) -> Option<Value> {
    let last = asked["messages"].as_array()?.last()?;
    let wants = last["role"] == "user" && last["content"].to_string().contains("TOOL");
    let arguments = json!({"command": "echo hello", "description": "says hello"}).to_string();
    let has_shell = asked["tools"].to_string().contains("\"bash\"");
    (wants && has_shell).then(|| {
        json!({"index": 0, "id": "call_1", "type": "function", "function": {"name": "bash", "arguments": arguments}})
    })
}
