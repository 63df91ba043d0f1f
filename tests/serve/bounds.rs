//! Sizes, times and connections: what a client does wrong or slowly costs others nothing.

use super::{Reply, Served, home};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// An answer that comes later made somebody wait.
const SOON: Duration = Duration::from_secs(3);

fn is_answered(served: &Served) {
    let began = Instant::now();
    assert_eq!(served.get("/v1/turns").status, 200);
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

#[test]
fn heads_that_are_too_large_get_an_error_and_no_reset() {
    let home = home();
    let served = Served::start(&home, &[]);
    let long = "a".repeat(100_000);
    let many = "X: y\r\n".repeat(1_000);
    for (head, status) in [
        (format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"), 431),
        (
            format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", &long[..5_000]),
            414,
        ),
        (format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {long}\r\n\r\n"), 431),
        (format!("GET / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"), 431),
        (
            format!("GET /v1/turns?{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "a&".repeat(200)),
            414,
        ),
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello".to_owned(),
            400,
        ),
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
            400,
        ),
        (
            "GET http://localhost/v1/turns HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
            400,
        ),
        ("GET / HTTP/3.0\r\n\r\n".to_owned(), 505),
        ("\u{16}\u{3}\u{1} a TLS greeting\r\n\r\n".to_owned(), 400),
    ] {
        let reply = Reply::parse(&served.raw(&head));
        assert_eq!(reply.status, status, "{}", &head[..head.len().min(70)]);
        assert_eq!(reply.header("connection"), Some("close"));
    }
    is_answered(&served);
}

#[test]
fn requests_that_come_together_are_answered_in_their_order() {
    let home = home();
    let served = Served::start(&home, &[]);
    let mut sent = String::new();
    for at in 0..50 {
        let path = ["/health", "/v1/turns", "/nowhere"][at % 3];
        sent.push_str(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    }
    sent.push_str("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let text = served.raw(sent);
    let statuses: Vec<&str> = text
        .match_indices("HTTP/1.1 ")
        .map(|(at, _)| &text[at + 9..at + 12])
        .collect();
    let expected: Vec<&str> = (0..50).map(|at| ["200", "200", "404"][at % 3]).chain(["200"]).collect();
    assert_eq!(statuses, expected);
}

#[test]
fn a_thousand_idle_connections_cost_others_nothing() {
    let home = home();
    let served = Served::start(&home, &[]);
    let idle: Vec<TcpStream> = (0..900).map(|_| served.connect()).collect();
    is_answered(&served);
    // Heads that never end are no better.
    for mut stream in &idle {
        // The server may have closed it by now.
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nX");
    }
    is_answered(&served);
    drop(idle);
    is_answered(&served);
}

#[test]
fn a_head_that_trickles_in_is_given_up() {
    let home = home();
    let served = Served::start(&home, &[]);
    let mut stream = served.connect();
    let began = Instant::now();
    let mut sender = stream.try_clone().expect("cloned");
    std::thread::spawn(move || {
        // A byte now and then does not buy more time.
        while sender.write_all(b"G").is_ok() {
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
}

#[test]
fn clients_that_never_read_do_not_block_the_next_one() {
    let home = home();
    let served = Served::start(&home, &[]);
    let deaf: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = served.connect();
            for _ in 0..400 {
                stream.set_write_timeout(Some(Duration::from_millis(50))).expect("set");
                let request = b"GET /v1/schema?row=turn HTTP/1.1\r\nHost: localhost\r\n\r\n";
                if stream.write_all(request).is_err() {
                    break;
                }
            }
            stream
        })
        .collect();
    is_answered(&served);
    drop(deaf);
}
