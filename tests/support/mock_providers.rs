//! The pack of provider replies over real HTTP on 127.0.0.1.
#![allow(dead_code, reason = "each test file uses its part")]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How a connection ends before its answer does.
#[derive(Clone, Copy, Debug)]
pub enum Drop {
    /// Without a byte.
    Before,
    /// After the headers.
    Headers,
    /// In the middle of the body.
    Mid,
}

/// One request that came in.
#[derive(Clone, Debug)]
pub struct Asked {
    pub provider: String,
    pub request: Option<String>,
    pub headers: BTreeMap<String, String>,
    pub body: Value,
    /// What `request.json` wants and this request has not.
    pub missing: Vec<String>,
}

/// What each provider does; `*` is every other one.
#[derive(Default)]
struct State {
    cases: BTreeMap<String, String>,
    statuses: BTreeMap<String, (u16, &'static str)>,
    latencies: BTreeMap<String, Duration>,
    drops: BTreeMap<String, Drop>,
    asked: Vec<Asked>,
}

pub struct Mock {
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Mock {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { url, state }
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().expect("not poisoned"))
    }

    pub fn case(&self, id: &str, case: &str) {
        self.with(|state| state.cases.insert(id.to_owned(), case.to_owned()));
    }

    /// A status with further header lines in place of the pack's reply; 0 for the pack's again.
    pub fn status(&self, id: &str, status: u16, headers: &'static str) {
        self.with(|state| match status {
            0 => state.statuses.remove(id),
            _ => state.statuses.insert(id.to_owned(), (status, headers)),
        });
    }

    pub fn latency(&self, id: &str, latency: Duration) {
        self.with(|state| state.latencies.insert(id.to_owned(), latency));
    }

    pub fn drop(&self, id: &str, drop: Drop) {
        self.with(|state| state.drops.insert(id.to_owned(), drop));
    }

    /// What came in since the last time.
    pub fn asked(&self) -> Vec<Asked> {
        self.with(|state| std::mem::take(&mut state.asked))
    }
}

/// A file of the pack.
pub fn pack(path: &str) -> Value {
    let path = crate::support::fixtures().join("providers").join(path);
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("valid JSON")
}

/// A request as it came in.
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// Reads a request; `None` when nothing comes.
pub fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return None;
    }
    let mut words = line.split_whitespace();
    let (method, target) = (
        words.next().unwrap_or("").to_owned(),
        words.next().unwrap_or("").to_owned(),
    );
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.trim().to_lowercase(), value.trim().to_owned());
        }
    }
    let length = headers
        .get("content-length")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body that was announced");
    Some(Request {
        method,
        target,
        headers,
        body,
    })
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    if let Some(request) = read_request(&stream) {
        answer(
            stream,
            state,
            &request.method,
            &request.target,
            request.headers,
            &request.body,
        );
    }
}

fn answer(
    mut stream: TcpStream,
    state: &Mutex<State>,
    method: &str,
    target: &str,
    headers: BTreeMap<String, String>,
    body: &[u8],
) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query: Vec<(&str, &str)> = query.split('&').filter_map(|part| part.split_once('=')).collect();
    let (id, rest) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    let spec = find(id, method, &format!("/{rest}"));
    let missing = spec
        .as_ref()
        .map(|spec| missing(spec, &headers, &query))
        .unwrap_or_default();
    let has_missing = !missing.is_empty();
    let (case, status, latency, drop) = {
        let mut state = state.lock().expect("not poisoned");
        state.asked.push(Asked {
            provider: id.to_owned(),
            request: spec.as_ref().and_then(|spec| spec["id"].as_str()).map(str::to_owned),
            headers,
            body: serde_json::from_slice(body).unwrap_or_default(),
            missing,
        });
        let case = state.cases.get(id).or_else(|| state.cases.get("*")).cloned();
        let latency = state.latencies.get(id).or_else(|| state.latencies.get("*")).copied();
        let drop = state.drops.get(id).or_else(|| state.drops.get("*")).copied();
        (
            case,
            state.statuses.get(id).or_else(|| state.statuses.get("*")).copied(),
            latency,
            drop,
        )
    };
    std::thread::sleep(latency.unwrap_or_default());
    if matches!(drop, Some(Drop::Before)) {
        return;
    }
    let (code, extra, text) = match (&spec, status) {
        (None, _) => (
            404,
            String::new(),
            json!({"mock_error": "no such endpoint"}).to_string(),
        ),
        _ if has_missing => (
            400,
            String::new(),
            json!({"mock_error": "does not fit request.json"}).to_string(),
        ),
        (Some(_), Some((code, extra))) => (
            code,
            extra.to_owned(),
            json!({"error": {"message": "forced"}}).to_string(),
        ),
        (Some(spec), None) => reply(id, &case.unwrap_or_else(|| "normal".to_owned()), spec, &query),
    };
    let length = text.len();
    let head = format!("HTTP/1.1 {code} X\r\n{extra}content-length: {length}\r\nconnection: close\r\n\r\n");
    let sent = match drop {
        Some(Drop::Headers) => "",
        Some(Drop::Mid) => &text[..length / 2],
        _ => &text,
    };
    // The one who asked may be gone.
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(sent.as_bytes()));
}

fn find(id: &str, method: &str, path: &str) -> Option<Value> {
    if !crate::support::fixtures()
        .join("providers")
        .join(id)
        .join("request.json")
        .exists()
    {
        return None;
    }
    let requests = pack(&format!("{id}/request.json"))["requests"].take();
    let fits = |one: &&Value| one["method"] == method && one["path"] == path;
    requests.as_array().expect("requests").iter().find(fits).cloned()
}

fn missing(spec: &Value, headers: &BTreeMap<String, String>, query: &[(&str, &str)]) -> Vec<String> {
    let wanted = spec["headers"].as_object().into_iter().flatten();
    let mut missing: Vec<String> = wanted
        .filter(|(name, template)| {
            let template = template.as_str().expect("a template");
            !headers.get(*name).is_some_and(|value| fits(template, value))
        })
        .map(|(name, _)| format!("header {name}"))
        .collect();
    let keys = spec["query"].as_object().into_iter().flatten();
    let lacks = |key: &str| !query.iter().any(|(name, _)| *name == key);
    missing.extend(
        keys.filter(|(key, _)| lacks(key))
            .map(|(key, _)| format!("query {key}")),
    );
    missing
}

/// Whether `Bearer {access_token}` fits: a placeholder is one run without spaces.
fn fits(template: &str, value: &str) -> bool {
    let Some((before, rest)) = template.split_once('{') else {
        return template == value;
    };
    let after = rest.split_once('}').map_or("", |(_, after)| after);
    let Some(value) = value.strip_prefix(before) else {
        return false;
    };
    let ends = (1..=value.len()).filter(|end| value.is_char_boundary(*end) && !value[..*end].contains(' '));
    ends.into_iter().any(|end| fits(after, &value[end..]))
}

/// Status, further headers and body of the pack's reply.
fn reply(id: &str, case: &str, spec: &Value, query: &[(&str, &str)]) -> (u16, String, String) {
    let replies = pack(&format!("{id}/replies/{case}.json"))["replies"].take();
    let reply = &replies[spec["id"].as_str().expect("an id")];
    let reply = match reply.as_array() {
        Some(pages) => {
            let fits = |page: &&Value| {
                let wanted = page["match"].as_object().into_iter().flatten();
                page["match"].is_object()
                    && wanted
                        .into_iter()
                        .all(|(key, value)| query.contains(&(key, value.as_str().expect("text"))))
            };
            pages
                .iter()
                .find(fits)
                .or_else(|| pages.iter().find(|page| page["match"].is_null()))
                .expect("a page")
        }
        None => reply,
    };
    let Some(status) = reply["status"].as_u64() else {
        return (
            404,
            String::new(),
            json!({"mock_error": "no reply in this case"}).to_string(),
        );
    };
    let headers = reply["headers"].as_object().into_iter().flatten();
    let headers = headers
        .map(|(name, value)| format!("{name}: {}\r\n", value.as_str().expect("text")))
        .collect();
    let body = reply["bodyText"]
        .as_str()
        .map_or_else(|| reply["body"].to_string(), str::to_owned);
    (status as u16, headers, body)
}
