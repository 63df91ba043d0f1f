//! `ttop export otlp`: spans and metrics in OpenTelemetry's conventions.

use crate::support::Home;
use crate::support::claude_code::{CLAUDE_SESSION, claude_reply};
use crate::support::mock_providers::read_request;
use serde_json::Value;
use std::io::Write;
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};

#[derive(Clone, Debug)]
struct Taken {
    target: String,
    token: Option<String>,
    body: Value,
}

/// A collector that takes everything, or answers with this status.
fn collector(status: u16) -> (String, Arc<Mutex<Vec<Taken>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let taken = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&taken);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let Some(request) = read_request(&stream) else { continue };
            into.lock().expect("not poisoned").push(Taken {
                target: request.target,
                token: request.headers.get("x-token").cloned(),
                body: serde_json::from_slice(&request.body).expect("JSON"),
            });
            // The one who asked may be gone.
            let _ = write!(
                stream,
                "HTTP/1.1 {status} X\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}"
            );
        }
    });
    (url, taken)
}

/// Two sessions with a few replies.
fn home() -> Home {
    let home = Home::new();
    for (session, replies) in [(CLAUDE_SESSION, 3), ("22222222-0000-4000-8000-000000000002", 1)] {
        let lines: String = (0..replies)
            .map(|at| claude_reply(session, &format!("{session}_{at}"), 10 + at))
            .collect();
        home.write(&format!(".claude/projects/-home-dev-acme/{session}.jsonl"), lines);
    }
    home
}

fn send(home: &Home, url: &str) -> std::process::Output {
    let mut command = home.ttop();
    command
        .env_remove("TTOP_OFFLINE")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "X-Token=s3cret");
    command
        .args(["export", "otlp", "--host", "here", "--endpoint", url])
        .output()
        .expect("runs")
}

fn spans(taken: &[Taken]) -> Vec<Value> {
    let bodies = taken.iter().filter(|taken| taken.target == "/v1/traces");
    bodies
        .flat_map(|taken| {
            taken.body["resourceSpans"][0]["scopeSpans"][0]["spans"]
                .as_array()
                .expect("spans")
                .clone()
        })
        .collect()
}

fn attribute<'a>(of: &'a Value, name: &str) -> Option<&'a Value> {
    let all = of["attributes"].as_array().expect("attributes");
    all.iter().find(|one| one["key"] == name).map(|one| &one["value"])
}

#[test]
fn a_collector_gets_a_span_for_each_turn_and_totals_that_equal_them() {
    let (url, taken) = collector(200);
    let home = home();
    let output = send(&home, &url);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let taken = taken.lock().expect("not poisoned").clone();
    let spans = spans(&taken);
    let turns = home.rows(&["turns", "-o", "ndjson"]);
    assert_eq!(spans.len(), turns.len());
    let output_of = |turn: &Value| {
        let tokens = &turn["tokens"];
        tokens["output"]
            .as_u64()
            .map(|output| output + tokens["reasoning"].as_u64().unwrap_or(0))
    };
    for turn in &turns {
        let span = spans
            .iter()
            .find(|span| span["spanId"] == turn["turnId"])
            .expect("a span");
        assert_eq!(
            attribute(span, "gen_ai.operation.name").expect("a name")["stringValue"],
            "chat"
        );
        let sent = attribute(span, "gen_ai.usage.output_tokens");
        let sent = sent
            .and_then(|value| value["intValue"].as_str())
            .map(|text| text.parse::<u64>().expect("a count"));
        assert_eq!(sent, output_of(turn));
        assert_eq!(span["traceId"].as_str().map(str::len), Some(32));
    }
    let metrics = taken
        .iter()
        .find(|taken| taken.target == "/v1/metrics")
        .expect("metrics");
    let metrics = metrics.body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
        .as_array()
        .expect("metrics")
        .clone();
    let usage = metrics
        .iter()
        .find(|metric| metric["name"] == "gen_ai.client.token.usage")
        .expect("the metric");
    let points = usage["histogram"]["dataPoints"].as_array().expect("points");
    let sum: f64 = points
        .iter()
        .filter(|point| attribute(point, "gen_ai.token.type").is_some_and(|kind| kind["stringValue"] == "output"))
        .map(|point| point["sum"].as_f64().expect("a sum"))
        .sum();
    assert_eq!(sum as u64, turns.iter().filter_map(output_of).sum::<u64>());
    for point in points {
        let buckets = point["bucketCounts"].as_array().expect("buckets");
        assert_eq!(
            buckets.len(),
            point["explicitBounds"].as_array().expect("bounds").len() + 1
        );
    }
}

#[test]
fn sending_again_sends_the_same_ids_and_totals() {
    let home = home();
    let (url, taken) = collector(200);
    assert!(send(&home, &url).status.success());
    let first = std::mem::take(&mut *taken.lock().expect("not poisoned"));
    assert!(send(&home, &url).status.success());
    let second = taken.lock().expect("not poisoned").clone();
    let ids = |taken: &[Taken]| {
        spans(taken)
            .iter()
            .map(|span| span["spanId"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&first), ids(&second));
    let metrics = |taken: &[Taken]| {
        taken
            .iter()
            .find(|taken| taken.target == "/v1/metrics")
            .expect("metrics")
            .body
            .clone()
    };
    assert_eq!(metrics(&first), metrics(&second));
}

#[test]
fn headers_reach_the_collector_and_no_output() {
    let (url, taken) = collector(200);
    let home = home();
    let output = send(&home, &url);
    assert!(
        taken
            .lock()
            .expect("not poisoned")
            .iter()
            .all(|taken| taken.token.as_deref() == Some("s3cret"))
    );
    let printed = [output.stdout, output.stderr].concat();
    assert!(!String::from_utf8_lossy(&printed).contains("s3cret"));
}

#[test]
fn a_collector_that_refuses_is_an_error_with_a_remedy() {
    let (url, _) = collector(404);
    let home = home();
    let output = send(&home, &url);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("answered 404") && text.contains("hint: check --endpoint"),
        "{text}"
    );
}

#[test]
fn the_messages_are_those_of_the_protocol() {
    let known = Command::new("python3")
        .args(["-c", "import opentelemetry.proto"])
        .output();
    if !known.is_ok_and(|output| output.status.success()) {
        assert!(
            std::env::var_os("TTOP_TEST_ALL").is_none(),
            "opentelemetry-proto is missing"
        );
        crate::support::skipped("no Python package opentelemetry-proto");
        return;
    }
    let home = home();
    let (url, taken) = collector(200);
    assert!(send(&home, &url).status.success());
    let program = "import sys, json\n\
        from google.protobuf.json_format import Parse\n\
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest\n\
        from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest\n\
        kind = ExportTraceServiceRequest if sys.argv[1].endswith('traces') else ExportMetricsServiceRequest\n\
        Parse(open(sys.argv[2]).read(), kind())";
    for one in taken.lock().expect("not poisoned").iter() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), one.body.to_string()).expect("written");
        let output = Command::new("python3")
            .args(["-c", program, &one.target])
            .arg(file.path())
            .output()
            .expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
