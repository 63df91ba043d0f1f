//! What an outsider tries: requests that two readers could understand differently, and parameters that mean nothing.

use super::access::PATHS;
use super::{Reply, Served, home};
use crate::support::running::LIMIT;
use std::io::{Read, Write};

/// Statuses of all answers to these bytes.
fn statuses(served: &Served, bytes: &[u8]) -> Vec<u16> {
    let text = served.raw(bytes);
    let answers = text.match_indices("HTTP/1.1 ").map(|(at, _)| &text[at + 9..at + 12]);
    answers.map(|status| status.parse().expect("a status")).collect()
}

#[test]
fn a_request_that_can_be_read_in_two_ways_gets_one_error_and_ends_the_connection() {
    let home = home();
    let served = Served::start(&home, &[]);
    let smuggled = "GET /v1/turns HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for head in [
        "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: identity\r\n\r\n",
        "Transfer-Encoding: \r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello",
        "Content-Length: 5\r\n\r\nhello",
        "Content-Length: +0\r\n\r\n",
        "Content-Length: 0, 0\r\n\r\n",
        "Content-Length: -1\r\n\r\n",
        "X: a\r\n folded: b\r\n\r\n",
        "X: a\0b\r\n\r\n",
        "X y: z\r\n\r\n",
        ": nameless\r\n\r\n",
        "X: \u{7f}\r\n\r\n",
        "Host: attacker.example\r\n\r\n",
        "Origin: http://localhost\r\nOrigin: http://attacker.example\r\n\r\n",
    ] {
        let sent = format!("GET /v1/turns HTTP/1.1\r\nHost: localhost\r\n{head}{smuggled}");
        assert_eq!(statuses(&served, sent.as_bytes()), [400], "{head:?}");
    }
}

#[test]
fn only_paths_are_targets() {
    let home = home();
    let served = Served::start(&home, &[]);
    for (target, status) in [
        ("http://127.0.0.1/v1/turns", 400),
        ("http://attacker.example/v1/turns", 400),
        ("HTTP://localhost/v1/turns", 400),
        ("localhost:80", 400),
        ("*", 400),
        ("v1/turns", 400),
        ("?since=7d", 400),
        ("//127.0.0.1/v1/turns", 404),
        ("/\\v1\\turns", 404),
        ("/v1/turns/..", 404),
        ("/v1/./turns", 404),
        ("/%2e%2e/%2e%2e/etc/passwd", 404),
        ("/v1%2fturns", 404),
        ("/v1/turns#fragment", 404),
        ("/page/app.js", 404),
        ("/index.html", 404),
        ("/favicon.ico", 404),
    ] {
        let reply = served.get(target);
        assert_eq!(reply.status, status, "{target}: {reply:?}");
        assert!(reply.json()["error"]["message"].is_string(), "{target}: {reply:?}");
        // An error repeats nothing that a page could run.
        assert_eq!(reply.header("content-type"), Some("application/json"), "{target}");
    }
}

#[test]
fn each_version_and_method_gets_its_answer_on_every_path() {
    let home = home();
    let served = Served::start(&home, &[]);
    for path in PATHS.iter().chain(&["/", "/app.js", "/style.css", "/nowhere"]) {
        let get = served.get(path);
        let head = Reply::parse(&served.raw(format!(
            "HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )));
        assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{path}");
        for name in ["content-type", "content-security-policy", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
        // An old client names its host, too, and its connection ends.
        let old = served.raw(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n"));
        let old = Reply::parse(&old);
        assert_eq!(
            (old.status, old.header("connection")),
            (get.status, Some("close")),
            "{path}"
        );
        assert_eq!(
            statuses(&served, format!("GET {path}\r\n\r\n").as_bytes()),
            [400],
            "{path}"
        );
        for (version, status) in [
            ("HTTP/0.9", 505),
            ("HTTP/2.0", 505),
            ("HTTP/1.2", 505),
            ("http/1.1", 505),
        ] {
            let sent = format!("GET {path} {version}\r\nHost: localhost\r\n\r\n");
            assert_eq!(statuses(&served, sent.as_bytes()), [status], "{path} {version}");
        }
        for method in ["PUT", "PATCH", "TRACE", "get", "HEADER", "PROPFIND", "X-FOO"] {
            let sent = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assert_eq!(statuses(&served, sent.as_bytes()), [405], "{method} {path}");
        }
    }
}

#[test]
fn a_web_socket_of_another_site_is_refused() {
    let home = home();
    let served = Served::start(&home, &[]);
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (headers, status) in [
        ("Host: localhost\r\nOrigin: http://attacker.example", 403),
        ("Host: localhost\r\nOrigin: http://localhost.attacker.example", 403),
        ("Host: localhost\r\nOrigin: http://localhost:1", 403),
        ("Host: localhost\r\nOrigin: null", 403),
        ("Host: localhost\r\nOrigin: file://", 403),
        ("Host: attacker.example\r\nOrigin: http://attacker.example", 403),
        (
            "Host: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: websocket",
            403,
        ),
        ("Host: localhost:80@attacker.example", 403),
        ("Host: 127.0.0.1.attacker.example", 403),
        ("Host: [::1]x", 403),
        ("Host: 0x7f000001.attacker.example", 403),
        ("Host: localhost\r\nOrigin: http://localhost", 101),
        ("Host: localhost", 101),
        ("Host: [::1]:8390\r\nOrigin: http://[::1]:8390", 101),
    ] {
        let mut stream = served.connect();
        let sent = format!("GET /v1/events HTTP/1.1\r\n{headers}\r\n{upgrade}\r\n");
        stream.write_all(sent.as_bytes()).expect("sent");
        let mut first = [0; 12];
        stream.read_exact(&mut first).expect("an answer");
        let line = String::from_utf8_lossy(&first).into_owned();
        assert_eq!(line, format!("HTTP/1.1 {status}"), "{headers}");
    }
}

#[test]
fn a_last_event_that_means_nothing_is_a_gap_and_no_error() {
    let home = home();
    let served = Served::start(&home, &[]);
    let long = "9".repeat(4_000);
    for last in [
        "x",
        "-1",
        "00000000.1",
        "zzzzzzzz.1",
        ".",
        "deadbeef.18446744073709551616",
        "../..",
        "é",
        &long,
    ] {
        let mut stream = served.connect();
        stream.set_read_timeout(Some(LIMIT)).expect("set");
        let sent = format!("GET /v1/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: {last}\r\n\r\n");
        stream.write_all(sent.as_bytes()).expect("sent");
        let mut seen = String::new();
        while !seen.contains("\ndata: ") {
            let mut bytes = [0; 4096];
            let length = stream.read(&mut bytes).expect("bytes");
            assert!(length > 0, "{last}: {seen}");
            seen.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
        assert!(
            seen.starts_with("HTTP/1.1 200") && seen.contains("\nevent: gap\n"),
            "{last}: {seen}"
        );
    }
}

/// Parameters of every path of rows, with values that mean nothing.
const WRONG: &[(&str, &[&str])] = &[
    (
        "since",
        &["", "whenever", "2026-13-45", "99999999999999999999", "1x", "%20"],
    ),
    ("until", &["", "whenever", "2026-02-30", "-1"]),
    ("on", &["", "7d", "someday", "2026-99"]),
    ("agent", &[""]),
    ("provider", &[""]),
    ("model", &[""]),
    ("project", &[""]),
    ("session", &[""]),
    ("branch", &[""]),
    ("subagent", &[""]),
    ("presence", &["", "elsewhere", "present,elsewhere"]),
    ("grep", &[""]),
    ("fields", &["", "nonsense", "cost,nonsense", "help", "__proto__"]),
    ("sort", &["", "nonsense", "cost:sideways"]),
    ("limit", &["", "-1", "1e3", "1.5", "all", "99999999999999999999999999"]),
];
/// Parameters of one path, in the same way.
const OWN: &[(&str, &str, &[&str])] = &[
    ("/v1/sessions", "tree", &["maybe", "2"]),
    ("/v1/sessions", "interactive", &["yes%20please"]),
    ("/v1/sessions", "local", &["here"]),
    ("/v1/turns", "local", &["here"]),
    ("/v1/cost", "by", &["", "phase", "day,hour", "day,phase"]),
    ("/v1/cost", "roots", &["x"]),
    ("/v1/cost", "local", &["x"]),
    ("/v1/ps", "all", &["x"]),
    ("/v1/ps", "waiting", &["x"]),
    ("/v1/ps", "text", &["x"]),
    ("/v1/ps", "orphans", &["x"]),
    ("/v1/ps", "local", &["x"]),
    ("/v1/providers", "all", &["x"]),
    ("/v1/budgets", "include-plan", &["x"]),
    ("/v1/schema", "row", &["", "nonsense"]),
    ("/v1/schema", "as", &["", "cobol"]),
    ("/v1/events", "events", &["", "nonsense"]),
    ("/v1/events", "since", &["", "whenever"]),
    ("/v1/events", "agent", &[""]),
    ("/v1/events", "session", &[""]),
    ("/v1/ledger", "since", &["", "whenever"]),
    ("/v1/ledger", "until", &["", "whenever"]),
    ("/api/stats", "local", &["x"]),
];

#[test]
fn a_parameter_that_means_nothing_is_an_error_that_names_it() {
    let home = home();
    let served = Served::start(&home, &[]);
    let refuses = |path: &str, name: &str, value: &str| {
        let row = if path == "/v1/schema" && name == "as" {
            "row=turn&"
        } else {
            ""
        };
        let target = format!("{path}?{row}{name}={value}");
        let reply = served.get(&target);
        assert_eq!(reply.status, 400, "{target}: {reply:?}");
        let error = reply.json();
        let message = error["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains(name), "{target}: {error}");
    };
    for path in [
        "/v1/sessions",
        "/v1/turns",
        "/v1/cost",
        "/v1/ps",
        "/v1/providers",
        "/v1/budgets",
    ] {
        for (name, values) in WRONG {
            values.iter().for_each(|value| refuses(path, name, value));
            // Twice is once too often where one value counts, and one thing too many is never lost.
            if ["since", "until", "on", "sort", "limit"].contains(name) {
                assert_eq!(
                    served.get(&format!("{path}?{name}=1&{name}=1")).status,
                    400,
                    "{path} {name}"
                );
            }
        }
    }
    for (path, name, values) in OWN {
        values.iter().for_each(|value| refuses(path, name, value));
    }
    for path in PATHS {
        let mark = if path.contains('?') { '&' } else { '?' };
        if *path != "/health" {
            refuses(
                &format!("{}?x", path.split('?').next().expect("a path")),
                "nonsense",
                "1",
            );
        }
        for broken in [
            "grep=%00",
            "grep=a%FF",
            "%C3%28=1",
            "grep=a%0d%0aX:%20y",
            "grep=%1b%5b2J",
            "grep=%ED%A0%80",
        ] {
            let reply = served.get(&format!("{path}{mark}{broken}"));
            assert_eq!(reply.status, 400, "{path} {broken}: {reply:?}");
            assert!(reply.json()["error"]["message"].is_string());
            assert!(!reply.head.contains("\nx: y"), "{reply:?}");
        }
    }
}
