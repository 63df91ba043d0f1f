//! Measures a running `ttop serve`: the cost of a steady load, memory over many requests, and a hundred streams.
//!
//! `cargo bench --bench serve -- 20` sends a fifth of the full load (100: 100,000 requests). Prints, it never judges.

#[path = "../../tests/support/mod.rs"]
mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use support::Home;
use support::claude_code::{CLAUDE_SESSION, claude_reply};
use support::clock::eventually;
use support::running::{Running, ttop};

const PER_SECOND: u32 = 200;
const STEADY: Duration = Duration::from_secs(10);
const STREAMS: usize = 100;
const REPLIES: usize = 200;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let percent: usize = words.first().and_then(|word| word.parse().ok()).unwrap_or(20);
    let home = Home::new();
    let path = home
        .path()
        .join(format!(".claude/projects/-home-dev-acme/{CLAUDE_SESSION}.jsonl"));
    let replies: String = (0..2_000)
        .map(|at| claude_reply(CLAUDE_SESSION, &format!("msg_{at}"), 5))
        .collect();
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(&path, replies).expect("written");
    let server = Running::start(ttop(&home, &["serve", "--listen", "127.0.0.1:0"]));
    let mut port = 0;
    eventually("the server listens", || {
        let said = server.said(Duration::from_millis(20));
        port = said
            .trim()
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok())
            .unwrap_or(0);
        port != 0
    });
    let mut client = Client::new(port);
    client.get("/sessions");
    steady(&mut client, server.child.id());
    many(&mut client, server.child.id(), percent * 1_000);
    streams(port, server.child.id(), &path);
}

/// A connection that is used again and again.
struct Client {
    reader: BufReader<TcpStream>,
}

impl Client {
    fn new(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("connects");
        stream.set_nodelay(true).expect("set");
        Self {
            reader: BufReader::new(stream),
        }
    }

    fn get(&mut self, path: &str) -> usize {
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.reader.get_mut().write_all(head.as_bytes()).expect("sent");
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).expect("a line");
            if let Some(bytes) = line.strip_prefix("Content-Length: ") {
                length = bytes.trim().parse().expect("a number");
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body).expect("a body");
        length
    }
}

fn steady(client: &mut Client, server: u32) {
    let (before, began, mut sent) = (cpu(server), Instant::now(), 0_u32);
    while began.elapsed() < STEADY {
        client.get("/sessions");
        sent += 1;
        let next = Duration::from_secs(1) * sent / PER_SECOND;
        std::thread::sleep(next.saturating_sub(began.elapsed()));
    }
    let used = cpu(server) - before;
    let share = 100.0 * used.as_secs_f64() / began.elapsed().as_secs_f64();
    print(&format!(
        "{PER_SECOND} requests of /sessions a second: {share:.1} % of a core"
    ));
}

fn many(client: &mut Client, server: u32, requests: usize) {
    let paths = [
        "/sessions",
        "/v1/cost?by=model",
        "/v1/turns?limit=10",
        "/health",
        "/metrics",
    ];
    let (before, began) = (resident_mib(server), Instant::now());
    for at in 0..requests {
        client.get(paths[at % paths.len()]);
    }
    let seconds = began.elapsed().as_secs_f64();
    let after = resident_mib(server);
    print(&format!(
        "{requests} requests: {:.0} a second, memory {before:.1} MiB before and {after:.1} MiB after",
        requests as f64 / seconds
    ));
}

fn streams(port: u16, server: u32, path: &std::path::Path) {
    let open = |_| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("connects");
        stream
            .write_all(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .expect("sent");
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).expect("a line");
        }
        reader
    };
    let mut streams: Vec<BufReader<TcpStream>> = (0..STREAMS).map(open).collect();
    let before = cpu(server);
    let mut file = std::fs::File::options().append(true).open(path).expect("opens");
    let mut delays = Vec::new();
    for at in 0..REPLIES {
        let began = Instant::now();
        file.write_all(claude_reply(CLAUDE_SESSION, &format!("late_{at}"), 5).as_bytes())
            .expect("written");
        for stream in &mut streams {
            let mut line = String::new();
            while !line.starts_with("data: ") {
                line.clear();
                stream.read_line(&mut line).expect("a line");
            }
        }
        delays.push(began.elapsed());
    }
    delays.sort();
    let used = (cpu(server) - before).as_secs_f64() * 1e6 / (REPLIES * STREAMS) as f64;
    print(&format!(
        "{STREAMS} streams: written to read by all in {:?} (median) and {:?} (99th), {used:.0} µs of processor an event, {:.1} MiB",
        delays[delays.len() / 2],
        delays[delays.len() * 99 / 100],
        resident_mib(server)
    ));
}

#[cfg(target_os = "linux")]
fn cpu(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("runs");
    let fields: Vec<&str> = stat.rsplit_once(") ").expect("a name").1.split(' ').collect();
    let ticks: u64 = [11, 12]
        .iter()
        .map(|at| fields[*at].parse::<u64>().expect("ticks"))
        .sum();
    let per_second = rustix::param::clock_ticks_per_second();
    Duration::from_millis(1000 * ticks / per_second)
}

#[cfg(target_os = "linux")]
fn resident_mib(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 = line
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .expect("a size");
    kib / 1024.0
}

#[cfg(not(target_os = "linux"))]
fn cpu(_pid: u32) -> Duration {
    Duration::ZERO
}

#[cfg(not(target_os = "linux"))]
fn resident_mib(_pid: u32) -> f64 {
    0.0
}

#[expect(clippy::print_stdout, reason = "a benchmark prints")]
fn print(line: &str) {
    println!("{line}");
}
