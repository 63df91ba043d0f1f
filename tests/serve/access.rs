//! Who may ask: hosts, origins, methods, paths, tokens, sockets; and what no answer holds.

use super::{Served, TITLE, append, home};
use crate::support::Home;
use crate::support::running::ttop;
use std::process::Output;

/// Every path with an answer of its own.
pub const PATHS: &[&str] = &[
    "/health",
    "/sessions",
    "/api/stats",
    "/metrics",
    "/v1/sessions",
    "/v1/turns",
    "/v1/cost?by=session",
    "/v1/trends",
    "/v1/insights",
    "/v1/ps?all&text",
    "/v1/providers?all",
    "/v1/budgets",
    "/v1/schema",
    "/v1/ledger",
    "/v1/snapshot",
];

#[test]
fn every_path_of_the_server_is_among_those_that_are_attacked() {
    let routes = include_str!("../../src/serve/route.rs");
    let paths = routes
        .lines()
        .filter_map(|line| line.trim().strip_prefix("(\"")?.split_once("\", Route::"));
    let paths: Vec<&str> = paths
        .map(|(path, _)| path)
        .filter(|path| *path != "/v1/events")
        .collect();
    assert!(paths.len() > 10, "{paths:?}");
    for path in paths {
        let is_attacked = |known: &&str| known.split('?').next() == Some(path);
        assert!(PATHS.iter().any(is_attacked), "{path}");
    }
}

/// A run that ends by itself.
fn ended(home: &Home, args: &[&str]) -> Output {
    ttop(home, &[&["serve"], args].concat()).output().expect("runs")
}

#[test]
fn requests_of_other_sites_and_other_methods_are_refused_on_every_path() {
    let home = home();
    let served = Served::start(&home, &[]);
    for path in PATHS {
        assert_eq!(served.get(path).status, 200, "{path}");
        for (method, headers, status) in [
            ("GET", "Host: attacker.example", 403),
            ("GET", "Host: 192.168.0.7", 403),
            ("GET", "X: y", 400),
            ("GET", "Host: localhost\r\nHost: localhost", 400),
            ("GET", "Host: localhost\r\nOrigin: http://attacker.example", 403),
            ("GET", "Host: localhost\r\nOrigin: null", 403),
            (
                "GET",
                "Host: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors",
                403,
            ),
            ("POST", "Host: localhost", 405),
            ("OPTIONS", "Host: localhost\r\nOrigin: http://attacker.example", 405),
            ("DELETE", "Host: localhost", 405),
            ("CONNECT", "Host: localhost", 405),
        ] {
            let text = served.raw(format!(
                "{method} {path} HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n"
            ));
            let reply = super::Reply::parse(&text);
            assert_eq!(reply.status, status, "{method} {path} {headers}: {reply:?}");
            assert!(!reply.head.contains("access-control"), "{reply:?}");
            assert!(!text.contains(TITLE), "{text}");
        }
    }
}

#[test]
fn paths_are_compared_as_they_are_sent() {
    let home = home();
    let served = Served::start(&home, &[]);
    for path in [
        "/..",
        "/../etc/passwd",
        "/v1/../v1/turns",
        "/v1/%74urns",
        "/v1/turns/",
        "//v1/turns",
        "/V1/turns",
        "/v1/turns%00",
        "/v1/turns;x",
        "/.config/tokentop/config.json",
    ] {
        assert_eq!(served.get(path).status, 404, "{path}");
    }
}

#[test]
fn every_answer_keeps_browsers_from_misusing_it() {
    let home = home();
    let served = Served::start(&home, &[]);
    for path in PATHS.iter().chain(&["/nowhere"]) {
        let reply = served.get(path);
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "deny"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(reply.header(name), Some(value), "{path} {name}");
        }
        let policy = reply.header("content-security-policy");
        assert!(
            policy.is_some_and(|policy| policy.contains("default-src 'none'")),
            "{path}"
        );
    }
}

#[cfg(unix)]
#[test]
fn an_address_for_others_needs_a_private_token_file() {
    use std::os::unix::fs::PermissionsExt;
    let home = home();
    let file = home.path().join("token");
    let token = "0123456789abcdef0123456789abcdef";
    let shown = file.to_str().expect("text").to_owned();
    let everywhere = ["--listen", "0.0.0.0:0", "--token-file", &shown];
    let refused = |why: &str| {
        let output = ended(&home, &everywhere);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && told.contains(why) && !told.contains(token),
            "{told}"
        );
    };
    refused("openssl rand");
    let default = ended(&home, &["--listen", "0.0.0.0:0"]);
    assert!(
        String::from_utf8_lossy(&default.stderr).contains("serve-token"),
        "{default:?}"
    );
    home.write("token", token);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("set");
    refused("chmod 600");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("set");
    home.write("token", "short");
    refused("at least 16");
    home.write("token", format!("{token}\n"));
    let served = Served::of(&home, &[&["serve"], &everywhere[..]].concat());
    for path in PATHS.iter().chain(&["/v1/events", "/nowhere"]) {
        for headers in ["", "Authorization: Bearer wrong\r\n", "Authorization: Basic Og==\r\n"] {
            let reply = served.get_with(path, headers);
            assert_eq!(reply.status, 401, "{path} {headers}");
            assert!(reply.head.contains("www-authenticate: bearer"), "{reply:?}");
        }
    }
    let good = format!("Authorization: Bearer {token}\r\n");
    assert_eq!(served.get_with("/v1/turns", &good).status, 200);
    let rebound = format!("GET /v1/turns HTTP/1.1\r\nHost: attacker.example\r\n{good}Connection: close\r\n\r\n");
    assert!(served.raw(rebound).starts_with("HTTP/1.1 403"));
}

#[test]
fn titles_are_in_no_answer_without_them() {
    let home = home();
    let (with, without) = (Served::start(&home, &[]), Served::start(&home, &["--no-titles"]));
    let has_title = |served: &Served, path: &str| served.get(path).body.contains(TITLE);
    assert!(
        ["/v1/sessions", "/v1/turns", "/v1/cost?by=session"]
            .iter()
            .all(|path| has_title(&with, path))
    );
    for path in PATHS {
        assert!(!has_title(&without, path), "{path}");
    }
    // Nor in a stream, over either protocol.
    for upgrade in [
        "",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    ] {
        let mut stream = without.connect();
        let head = format!("GET /v1/events?events=activity,session HTTP/1.1\r\nHost: localhost\r\n{upgrade}\r\n");
        std::io::Write::write_all(&mut stream, head.as_bytes()).expect("sent");
        let (mut seen, mut written) = (String::new(), 0);
        while !seen.contains("sessionName") {
            written += 1;
            append(&home, &format!("msg_{}_{written}", upgrade.len()), 5);
            let mut bytes = [0; 4096];
            let length = std::io::Read::read(&mut stream, &mut bytes).expect("bytes");
            seen.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
        assert!(!seen.contains(TITLE), "{seen}");
    }
    // What is not shown cannot be searched for either.
    let found = without.get("/v1/turns?grep=quarterly").json();
    assert_eq!(found, serde_json::json!([]));
}

#[test]
fn no_answer_holds_a_secret() {
    const CANARY: &str = "CANARY";
    let home = home();
    for fixture in ["opencode-all-types", "claude-code", "codex-nested", "gemini-cli"] {
        home.copy(&format!("credentials/{fixture}/home"), "");
    }
    home.write(
        ".config/tokentop/config.json",
        r#"{"alerts": {"sinks": {"team": {"type": "webhook", "url": "https://hooks.example/services/CANARY-hook"}}}}"#,
    );
    let served = Served::start(&home, &[]);
    for path in PATHS {
        let reply = served.get(path);
        assert!(
            !reply.body.contains(CANARY) && !reply.body.contains("eyJ"),
            "{path}: {}",
            reply.body
        );
    }
}

#[cfg(unix)]
#[test]
fn a_unix_socket_is_for_its_owner_and_is_removed_at_the_end() {
    use std::io::{Read, Write};
    use std::os::unix::fs::PermissionsExt;
    let home = home();
    let path = home.path().join("ttop.sock");
    let place = format!("unix:{}", path.display());
    // A socket that a killed server left behind is replaced.
    drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket"));
    let mut process = super::Running::start(ttop(&home, &["serve", "--listen", &place]));
    process.says("ttop: listening on unix:");
    let mode = std::fs::metadata(&path).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut stream = std::os::unix::net::UnixStream::connect(&path).expect("connects");
    stream
        .write_all(b"GET /v1/turns HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("text");
    assert_eq!(super::Reply::parse(&text).json().as_array().map(Vec::len), Some(2));
    let second = ended(&home, &["--listen", &place]);
    assert!(!second.status.success(), "a second server took the socket over");
    assert_eq!(process.interrupt().code(), Some(130));
    assert!(!path.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn sockets_of_systemd_are_used_instead_of_own_ones() {
    use std::os::fd::OwnedFd;
    let home = home();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a socket");
    let port = listener.local_addr().expect("an address").port();
    // As its standard input, since a shell may know descriptors of one digit only.
    let script = "exec 3<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$0\" serve";
    let own = ttop(&home, &[]);
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", script]).arg(own.get_program());
    command.env_clear().stdin(OwnedFd::from(listener));
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    command.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let process = super::Running::start(command);
    process.says(&format!("ttop: listening on http://127.0.0.1:{port}"));
    let served = Served { process, port };
    assert_eq!(served.get("/health").body, "ok");
}

#[cfg(target_os = "linux")]
#[test]
fn unit_files_are_shown_before_they_are_written() {
    let home = home();
    let folder = home.path().join(".config/systemd/user");
    let args = ["--install-unit", "--listen", "127.0.0.1:9999", "--no-titles"];
    let shown = ended(&home, &args);
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.status.success() && !folder.exists(), "{shown:?}");
    assert!(
        text.contains("ListenStream=127.0.0.1:9999\n") && text.contains("serve --no-titles\n"),
        "{text}"
    );
    let written = ended(&home, &[&args[..], &["--yes"]].concat());
    assert!(written.status.success(), "{written:?}");
    for name in ["ttop.service", "ttop.socket"] {
        let unit = std::fs::read_to_string(folder.join(name)).expect("written");
        assert!(text.contains(&unit), "{unit}");
    }
}
