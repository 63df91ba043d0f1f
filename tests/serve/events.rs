//! `/v1/events`: the lines of `watch`, over server-sent events and WebSocket, resumed without a gap or a repetition.

use super::{Served, append, home};
use crate::support::running::LIMIT;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// A stream of server-sent events.
struct Stream {
    reader: BufReader<TcpStream>,
}

/// One event.
#[derive(Debug)]
struct Event {
    id: String,
    kind: String,
    data: Value,
}

impl Stream {
    fn open(served: &Served, target: &str, headers: &str) -> Self {
        let mut stream = served.connect();
        let head = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).expect("sent");
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).expect("a line") > 0, "{head}");
        }
        assert!(
            head.starts_with("HTTP/1.1 200") && head.contains("text/event-stream"),
            "{head}"
        );
        Self { reader }
    }

    fn next(&mut self) -> Event {
        let (mut id, mut kind, mut data) = (String::new(), String::new(), String::new());
        loop {
            let mut line = String::new();
            assert!(
                self.reader.read_line(&mut line).expect("a line") > 0,
                "the stream ended"
            );
            match line.trim_end().split_once(": ") {
                Some(("id", value)) => value.clone_into(&mut id),
                Some(("event", value)) => value.clone_into(&mut kind),
                Some(("data", value)) => value.clone_into(&mut data),
                None if line == "\n" && !data.is_empty() => break,
                _ => {}
            }
        }
        Event {
            data: serde_json::from_str(&data).expect("JSON"),
            id,
            kind,
        }
    }
}

fn output(event: &Event) -> i64 {
    event.data["tokens"]["output"].as_i64().expect("a number")
}

#[test]
fn every_step_of_a_reply_is_an_event_for_every_reader() {
    let home = home();
    let served = Served::start(&home, &[]);
    let mut streams: Vec<Stream> = (0..100).map(|_| Stream::open(&served, "/v1/events", "")).collect();
    let mut others = Stream::open(&served, "/v1/events?agent=codex&agent=claude-code&grep=msg_3", "");
    append(&home, "msg_2", 5);
    append(&home, "msg_2", 9);
    append(&home, "msg_3", 1);
    for stream in &mut streams {
        let mut sum = 0;
        while sum < 10 {
            let event = stream.next();
            assert_eq!(
                (event.kind.as_str(), &event.data["type"]),
                ("activity", &"activity".into())
            );
            assert_eq!(event.data["eventId"], event.id.as_str());
            sum += output(&event);
        }
        assert_eq!(sum, 10);
    }
    assert_eq!(output(&others.next()), 1);
}

#[test]
fn a_stream_goes_on_after_the_last_event_of_the_client() {
    let home = home();
    let served = Served::start(&home, &[]);
    let mut stream = Stream::open(&served, "/v1/events", "");
    append(&home, "msg_2", 5);
    let first = stream.next();
    drop(stream);
    for at in 3..10 {
        append(&home, &format!("msg_{at}"), at);
    }
    let resumed = format!("Last-Event-ID: {}\r\n", first.id);
    let mut stream = Stream::open(&served, "/v1/events", &resumed);
    let mut missed: Vec<i64> = (3..10).map(|_| output(&stream.next())).collect();
    missed.sort_unstable();
    assert_eq!(missed, [3, 4, 5, 6, 7, 8, 9]);
    append(&home, "msg_10", 100);
    assert_eq!(output(&stream.next()), 100);
    let mut since = Stream::open(&served, &format!("/v1/events?since={}", first.id), "");
    assert!((3..10).contains(&output(&since.next())));
    // An id of another ledger: the client learns that lines are missing.
    let mut lost = Stream::open(&served, "/v1/events", "Last-Event-ID: 00000000.5\r\n");
    assert_eq!(lost.next().kind, "gap");
    append(&home, "msg_11", 50);
    assert_eq!(output(&lost.next()), 50);
}

#[test]
fn a_reader_that_was_away_misses_nothing() {
    let home = home();
    let served = Served::start(&home, &[]);
    let mut slow = Stream::open(&served, "/v1/events", "");
    let mut quick = Stream::open(&served, "/v1/events", "");
    // More than any buffer between the two holds.
    const REPLIES: i64 = 12_000;
    for at in 0..REPLIES {
        append(&home, &format!("slow_{at}"), 1);
    }
    let mut sum = 0;
    while sum < REPLIES {
        sum += output(&quick.next());
    }
    let mut ids = std::collections::BTreeSet::new();
    let mut sum = 0;
    while sum < REPLIES {
        let event = slow.next();
        assert!(ids.insert(event.id.clone()), "{} came twice", event.id);
        sum += output(&event);
    }
    assert_eq!(sum, REPLIES);
    append(&home, "last", 7);
    assert_eq!(output(&slow.next()), 7);
}

#[test]
fn a_web_socket_has_the_same_events() {
    let home = home();
    let served = Served::start(&home, &[]);
    let (mut socket, answer) =
        tungstenite::client(format!("ws://127.0.0.1:{}/v1/events", served.port), served.connect())
            .expect("a handshake");
    assert_eq!(answer.status(), 101);
    append(&home, "msg_2", 5);
    let message = socket.read().expect("a message").into_text().expect("text");
    let row: Value = serde_json::from_str(&message).expect("JSON");
    assert_eq!(row["tokens"]["output"], 5);
    socket.send(tungstenite::Message::Ping("x".into())).expect("sent");
    assert!(matches!(
        socket.read().expect("a message"),
        tungstenite::Message::Pong(_)
    ));
    socket.close(None).expect("closes");
    let ended = loop {
        if let Err(error) = socket.read() {
            break error;
        }
    };
    assert!(matches!(ended, tungstenite::Error::ConnectionClosed), "{ended}");
    // Pages of other sites may open sockets: browsers tell where they come from.
    let text = served.raw(
        "GET /v1/events HTTP/1.1\r\nHost: localhost\r\nOrigin: http://attacker.example\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            .replace("Connection: Upgrade", "Connection: Upgrade, close"),
    );
    assert!(text.starts_with("HTTP/1.1 403"), "{text}");
}

#[test]
fn a_web_socket_that_breaks_the_rules_is_closed() {
    let home = home();
    let served = Served::start(&home, &[]);
    for garbage in [&[0xff_u8; 64][..], &[0x82, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]] {
        let mut stream = served.connect();
        stream
            .write_all(
                b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                  Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
            )
            .expect("sent");
        let mut head = [0; 12];
        stream.read_exact(&mut head).expect("a head");
        assert_eq!(&head, b"HTTP/1.1 101");
        stream.write_all(garbage).expect("sent");
        stream.set_read_timeout(Some(LIMIT)).expect("set");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("it is closed");
    }
    assert_eq!(served.get("/health").status, 200);
}
