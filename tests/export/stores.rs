//! The stores that exports go to, each with a way to load it and to ask it.

use crate::support::{Home, program, skipped};
use std::cell::Cell;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};

/// A store that an export goes to and that answers questions.
pub trait Store {
    fn name(&self) -> &'static str;
    fn load(&self, home: &Home, host: &str);
    /// The answer of a query with one row: its values, separated by `|`.
    fn ask(&self, sql: &str) -> String;
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Runs with text on stdin, and returns what it prints.
fn feed(command: &mut Command, text: &[u8]) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("piped");
    let bytes = text.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = child.wait_with_output().expect("waited for");
    // One that fails does not read to the end; its status shows it.
    let _ = writer.join().expect("no panic");
    assert!(
        output.status.success(),
        "{command:?}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

struct Folder {
    dir: tempfile::TempDir,
    /// `csv` or `parquet`
    format: &'static str,
    duckdb: PathBuf,
}

impl Store for Folder {
    fn name(&self) -> &'static str {
        self.format
    }

    fn load(&self, home: &Home, host: &str) {
        let folder = self.dir.path().to_str().expect("a path");
        home.stdout(&["export", self.format, folder, "--host", host]);
    }

    fn ask(&self, sql: &str) -> String {
        let views: String = ["turns", "sessions", "limits", "prices"]
            .iter()
            .map(|table| {
                let files = self.dir.path().join(format!("{table}-*.{}", self.format));
                // Files have no keys: of a turn that two machines have, one row counts.
                let once = if *table == "turns" { "distinct on (turn_id)" } else { "" };
                format!("create view {table} as select {once} * from '{}';", files.display())
            })
            .collect();
        let mut command = Command::new(&self.duckdb);
        feed(
            command.args([":memory:", "-noheader", "-list"]),
            format!("{views}{sql};").as_bytes(),
        )
    }
}

struct Sqlite(tempfile::TempDir);

impl Sqlite {
    fn path(&self) -> PathBuf {
        self.0.path().join("usage.db")
    }
}

impl Store for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn load(&self, home: &Home, host: &str) {
        let path = self.path();
        home.stdout(&["export", "sqlite", path.to_str().expect("a path"), "--host", host]);
    }

    fn ask(&self, sql: &str) -> String {
        let connection = rusqlite::Connection::open(self.path()).expect("a database");
        let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let columns = statement.column_count();
        statement
            .query_row([], |row| {
                let values = (0..columns).map(|at| {
                    Ok(match row.get::<_, rusqlite::types::Value>(at)? {
                        rusqlite::types::Value::Null => String::new(),
                        rusqlite::types::Value::Integer(number) => number.to_string(),
                        rusqlite::types::Value::Real(number) => number.to_string(),
                        rusqlite::types::Value::Text(text) => text,
                        rusqlite::types::Value::Blob(_) => "blob".to_owned(),
                    })
                });
                Ok(values.collect::<rusqlite::Result<Vec<_>>>()?.join("|"))
            })
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }
}

struct DuckDb {
    dir: tempfile::TempDir,
    duckdb: PathBuf,
}

impl Store for DuckDb {
    fn name(&self) -> &'static str {
        "duckdb"
    }

    fn load(&self, home: &Home, host: &str) {
        let path = self.dir.path().join("usage.duckdb");
        home.stdout(&["export", "duckdb", path.to_str().expect("a path"), "--host", host]);
    }

    fn ask(&self, sql: &str) -> String {
        let path = self.dir.path().join("usage.duckdb");
        let mut command = Command::new(&self.duckdb);
        feed(
            command.arg(path).args(["-noheader", "-list"]),
            format!("{sql};").as_bytes(),
        )
    }
}

/// A server on a socket in a folder of its own. PostgreSQL refuses to run as root.
struct Server {
    dir: tempfile::TempDir,
    bin: PathBuf,
}

impl Server {
    /// The server that tests share as long as one of them uses it.
    fn shared() -> Option<Arc<Self>> {
        static RUNNING: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().expect("a lock");
        if let Some(server) = running.upgrade() {
            return Some(server);
        }
        let server = Arc::new(Self::start()?);
        *running = Arc::downgrade(&server);
        Some(server)
    }

    fn start() -> Option<Self> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let bin = versions
            .map(|version| version.path().join("bin"))
            .find(|bin| bin.join("initdb").exists())?;
        let dir = tempfile::tempdir().expect("a folder");
        let server = Self { dir, bin };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(server.dir.path()));
        }
        let data = server.data();
        run(server
            .command("initdb")
            .args(["--auth=trust", "--username=ttop", "--no-sync", "-D"])
            .arg(&data));
        let options = format!(
            "-c fsync=off -c listen_addresses= -c unix_socket_directories={}",
            server.dir.path().display()
        );
        run(server
            .command("pg_ctl")
            .args(["-w", "-o", &options, "-l"])
            .arg(server.dir.path().join("log"))
            .arg("-D")
            .arg(&data)
            .arg("start")
            .stdout(Stdio::null())
            .stderr(Stdio::null()));
        Some(server)
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.dir.path());
        command
    }

    fn psql(&self, database: &str) -> Command {
        let mut command = self.command("psql");
        command
            .args([
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--username=ttop",
                "--dbname",
                database,
                "-h",
            ])
            .arg(self.dir.path());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.data();
        let stopped = self
            .command("pg_ctl")
            .args(["-m", "immediate", "-D"])
            .arg(data)
            .arg("stop")
            .output();
        drop(stopped);
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

/// A database of its own in the server.
struct Postgres {
    server: Arc<Server>,
    database: String,
}

impl Postgres {
    fn start() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = Server::shared()?;
        let database = format!("store{}", COUNT.fetch_add(1, Ordering::Relaxed));
        feed(
            &mut server.psql("postgres"),
            format!("create database {database}").as_bytes(),
        );
        Some(Self { server, database })
    }
}

impl Store for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn load(&self, home: &Home, host: &str) {
        let script = home.stdout(&["export", "postgres", "--host", host]);
        feed(&mut self.server.psql(&self.database), script.as_bytes());
    }

    fn ask(&self, sql: &str) -> String {
        feed(&mut self.server.psql(&self.database), format!("{sql};").as_bytes())
    }
}

/// ClickHouse's engine as a Python package, with its data in a folder. Loading it takes about a second, so one process
/// answers all questions.
pub struct ClickHouse {
    dir: tempfile::TempDir,
    process: Mutex<Option<Child>>,
    /// Each run is later than the one before.
    runs: Cell<u32>,
}

impl ClickHouse {
    pub fn is_installed() -> bool {
        let program = "import importlib.util, sys; sys.exit(importlib.util.find_spec('chdb') is None)";
        let found = Command::new("python3").args(["-c", program]).status();
        found.is_ok_and(|status| status.success())
    }

    fn start(&self) -> Child {
        let program = "import json, sys\nfrom chdb.session import Session\ns = Session(sys.argv[1])\n\
            for line in sys.stdin: print(json.dumps(str(s.query(json.loads(line), 'CSV')).strip()), flush=True)";
        let mut command = Command::new("python3");
        command.args(["-c", program]).arg(self.dir.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.spawn().expect("Python runs")
    }

    fn query(&self, sql: &str) -> String {
        let mut process = self.process.lock().expect("a lock");
        let process = process.get_or_insert_with(|| self.start());
        let question = serde_json::Value::from(sql);
        let mut stdin = process.stdin.as_ref().expect("piped");
        writeln!(stdin, "{question}").expect("asked");
        let mut answer = String::new();
        // It writes one line per question, so nothing after it is lost with the buffer.
        let mut stdout = BufReader::new(process.stdout.as_mut().expect("piped"));
        stdout.read_line(&mut answer).expect("an answer");
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }
}

impl Drop for ClickHouse {
    fn drop(&mut self) {
        if let Some(process) = self.process.get_mut().ok().and_then(Option::as_mut) {
            // The end of its input ends it, and it writes its data.
            drop(process.stdin.take());
            drop(process.wait());
        }
    }
}

impl Store for ClickHouse {
    fn name(&self) -> &'static str {
        "clickhouse"
    }

    fn load(&self, home: &Home, host: &str) {
        self.runs.set(self.runs.get() + 1);
        let now = format!("2026-11-20T18:00:{:02}Z", self.runs.get());
        let mut command = home.ttop();
        command
            .env("TTOP_NOW", now)
            .args(["export", "clickhouse", "--host", host]);
        let output = command.output().expect("runs");
        assert!(output.status.success());
        self.query(&String::from_utf8_lossy(&output.stdout));
    }

    fn ask(&self, sql: &str) -> String {
        self.query(&format!("{sql} settings final = 1"))
            .replace('"', "")
            .replace(',', "|")
            .replace("\\N", "")
    }
}

/// Every store whose program is here.
pub fn stores() -> Vec<Box<dyn Store>> {
    let dir = || tempfile::tempdir().expect("a folder");
    let mut stores: Vec<Box<dyn Store>> = vec![Box::new(Sqlite(dir()))];
    if let Some(duckdb) = program("duckdb") {
        for format in ["csv", "parquet"] {
            stores.push(Box::new(Folder {
                dir: dir(),
                format,
                duckdb: duckdb.clone(),
            }));
        }
        stores.push(Box::new(DuckDb { dir: dir(), duckdb }));
    }
    match Postgres::start() {
        Some(server) => stores.push(Box::new(server)),
        None => skip("no PostgreSQL server"),
    }
    match ClickHouse::is_installed() {
        true => stores.push(Box::new(ClickHouse {
            dir: dir(),
            process: Mutex::new(None),
            runs: Cell::new(0),
        })),
        false => skip("no Python package chdb"),
    }
    stores
}

pub fn skip(why: &str) {
    assert!(
        std::env::var_os("TTOP_TEST_ALL").is_none(),
        "{why}, and TTOP_TEST_ALL is set"
    );
    skipped(why);
}
