//! Things `ps` looks at: processes with chosen names, an OpenCode database, an OpenCode that answers over HTTP.

use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Epoch milliseconds.
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("after 1970").as_millis() as i64
}

/// Held while an agent is started: a socket that one is to inherit must not reach those of other tests.
pub fn starting() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A process that calls itself something else and waits until it is dropped.
pub struct Process {
    child: Child,
}

impl Process {
    /// `arguments` are those it shows; what it really runs is a shell that waits for its input to end.
    pub fn start(name: &str, folder: &Path, arguments: &[&str]) -> Self {
        Self::running("read wait", name, folder, arguments)
    }

    /// As [`Process::start`], with a script of its own.
    pub fn running(script: &str, name: &str, folder: &Path, arguments: &[&str]) -> Self {
        let _alone = starting();
        Self::spawn(script, name, folder, arguments)
    }

    /// As [`Process::start`], with a server's listening socket, as if it had opened it.
    pub fn listening(server: &Server, name: &str, folder: &Path, arguments: &[&str]) -> Self {
        let _alone = starting();
        let inherit = |flags| rustix::io::fcntl_setfd(&server.listener, flags).expect("set");
        inherit(rustix::io::FdFlags::empty());
        let process = Self::spawn("read wait", name, folder, arguments);
        inherit(rustix::io::FdFlags::CLOEXEC);
        process
    }

    /// As [`Process::start`], with variables of its own.
    pub fn surrounded(variables: &[(&str, &str)], name: &str, folder: &Path, arguments: &[&str]) -> Self {
        let _alone = starting();
        Self::launch(&[&["-c", "read wait"], arguments].concat(), name, folder, variables)
    }

    /// A runtime, as `node` is, that runs a script: a file of this path, made here.
    pub fn scripted(runtime: &str, script: &Path, folder: &Path, arguments: &[&str]) -> Self {
        std::fs::create_dir_all(script.parent().expect("a folder")).expect("folders");
        // A shell that is about to read it would find it empty while it is written again, and end.
        if !script.exists() {
            std::fs::write(script, "read wait\n").expect("a script");
        }
        let _alone = starting();
        let script = script.to_str().expect("text");
        Self::launch(&[&[script], arguments].concat(), runtime, folder, &[])
    }

    fn spawn(script: &str, name: &str, folder: &Path, arguments: &[&str]) -> Self {
        Self::launch(&[&["-c", script], arguments].concat(), name, folder, &[])
    }

    fn launch(arguments: &[&str], name: &str, folder: &Path, variables: &[(&str, &str)]) -> Self {
        std::fs::create_dir_all(folder).expect("a folder");
        let mut child = Command::new("/bin/sh")
            .arg0(name)
            .args(arguments)
            .current_dir(folder)
            // Whose it is: the home of its own test, so that no other test sees its session there.
            .env("HOME", home_of(folder))
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("a shell");
        let shown = format!("/proc/{}/cmdline", child.id());
        let end = Instant::now() + Duration::from_secs(10);
        while !std::fs::read(&shown).is_ok_and(|line| line.starts_with(name.as_bytes())) {
            assert!(
                Instant::now() < end && child.try_wait().expect("alive").is_none(),
                "{name} did not start"
            );
            std::thread::sleep(Duration::from_millis(2));
        }
        Self { child }
    }

    /// A program that shows its own name.
    pub fn of(mut command: Command) -> Self {
        let _alone = starting();
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = quiet.process_group(0).spawn().expect("a program");
        Self { child }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // What it started goes with it; it may have ended by itself.
        let _ = rustix::process::kill_process_group(
            rustix::process::Pid::from_child(&self.child),
            rustix::process::Signal::KILL,
        );
        let _ = self.child.wait();
    }
}

/// The home of a test that a folder lies in; a folder outside of one is its own.
fn home_of(folder: &Path) -> &Path {
    let temporary = std::env::temp_dir();
    let is_home =
        |place: &&Path| place.ends_with("home") && place.parent().and_then(Path::parent) == Some(temporary.as_path());
    folder.ancestors().find(is_home).unwrap_or(folder)
}

/// A program that only sleeps, under another name; takes seconds as its argument.
pub fn sleeper(folder: &Path, name: &str) -> PathBuf {
    std::fs::create_dir_all(folder).expect("a folder");
    let path = folder.join(name);
    std::fs::copy("/bin/sleep", &path).expect("copied");
    path
}

/// An OpenCode database of version 1.
pub struct Database(Connection);

impl Database {
    pub fn new(home: &Path) -> Self {
        let folder = home.join(".local/share/opencode");
        std::fs::create_dir_all(&folder).expect("a folder");
        let connection = Connection::open(folder.join("opencode.db")).expect("a database");
        connection
            .execute_batch(
                "pragma journal_mode = wal;
                 create table session(id text primary key, project_id text, parent_id text, directory text, title text,
                   version text, permission text, time_created integer, time_updated integer, time_archived integer);
                 create table message(id text primary key, session_id text, time_created integer, time_updated integer, data text);
                 create table part(id text primary key, message_id text, session_id text, time_created integer,
                   time_updated integer, data text);",
            )
            .expect("tables");
        Self(connection)
    }

    pub fn session(&self, id: &str, folder: &Path, created: i64, updated: i64) -> &Self {
        self.child_session(id, None, folder, created, updated)
    }

    pub fn child_session(&self, id: &str, parent: Option<&str>, folder: &Path, created: i64, updated: i64) -> &Self {
        let folder = folder.to_str().expect("text");
        self.0
            .execute(
                "insert into session values (?1, 'p', ?2, ?3, ?4, '1.18.33', null, ?5, ?6, null)",
                rusqlite::params![id, parent, folder, format!("Title of {id}"), created, updated],
            )
            .expect("a session");
        self
    }

    /// A message made and last written `at`; `data` without role and times.
    pub fn message(&self, id: &str, session: &str, role: &str, at: i64, data: Value) -> &Self {
        let mut whole =
            json!({"role": role, "time": {"created": at}, "providerID": "anthropic", "modelID": "claude-opus-4-6"});
        let fields = whole.as_object_mut().expect("an object");
        for (key, value) in data.as_object().expect("an object") {
            fields.insert(key.clone(), value.clone());
        }
        if data.get("finish").is_some() {
            fields["time"]["completed"] = json!(at);
        }
        self.0
            .execute(
                "insert into message values (?1, ?2, ?3, ?3, ?4)",
                rusqlite::params![id, session, at, whole.to_string()],
            )
            .expect("a message");
        self
    }

    pub fn tool(&self, message: &str, session: &str, tool: &str, status: &str, at: i64) -> &Self {
        let data =
            json!({"type": "tool", "tool": tool, "callID": "c", "state": {"status": status, "time": {"start": at}}});
        self.part(message, session, at, data)
    }

    pub fn text(&self, message: &str, session: &str, text: &str, at: i64) -> &Self {
        self.part(message, session, at, json!({"type": "text", "text": text}))
    }

    fn part(&self, message: &str, session: &str, at: i64, data: Value) -> &Self {
        self.0
            .execute(
                "insert into part values (hex(randomblob(8)), ?1, ?2, ?3, ?3, ?4)",
                rusqlite::params![message, session, at, data.to_string()],
            )
            .expect("a part");
        self
    }
}

/// A server that answers GET requests from a table; everything else is 404.
pub struct Server {
    pub address: SocketAddr,
    listener: TcpListener,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `answers` by path without query. With a `login`, requests without it are refused.
    pub fn start(answers: &[(&str, Value)], login: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answers: BTreeMap<String, String> = answers
            .iter()
            .map(|(path, answer)| ((*path).to_owned(), answer.to_string()))
            .collect();
        let (accepting, log) = (listener.try_clone().expect("a second handle"), Arc::clone(&asked));
        let login = login.map(|login| format!("authorization: basic {login}").to_lowercase());
        std::thread::spawn(move || {
            for stream in accepting.incoming().flatten() {
                answer(stream, &answers, login.as_deref(), &log);
            }
        });
        Self {
            address,
            listener,
            asked,
        }
    }

    /// The request lines it got.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("not poisoned").clone()
    }
}

fn answer(
    stream: std::net::TcpStream,
    answers: &BTreeMap<String, String>,
    login: Option<&str>,
    log: &Mutex<Vec<String>>,
) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line.trim().is_empty() {
                break;
            }
            head.push(line.trim().to_owned());
        }
        let Some(first) = head.first().cloned() else { return };
        log.lock().expect("not poisoned").push(first.clone());
        let path = first.split(' ').nth(1).unwrap_or_default();
        let path = path.split('?').next().unwrap_or_default();
        let is_known = login.is_none_or(|login| head.iter().any(|line| line.to_lowercase() == login));
        let (status, body) = match answers.get(path) {
            _ if !is_known => ("401 Unauthorized", "{}"),
            Some(body) => ("200 OK", body.as_str()),
            None => ("404 Not Found", "{}"),
        };
        let text = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if (&stream).write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

/// Reads lines of a child as they come.
pub fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let stdout = child.stdout.take().expect("piped");
    BufReader::new(stdout).lines().map_while(Result::ok)
}

/// All that a child has written.
pub fn rest(child: &mut Child) -> String {
    let mut text = String::new();
    if let Some(stderr) = &mut child.stderr {
        stderr.read_to_string(&mut text).expect("text");
    }
    text
}
