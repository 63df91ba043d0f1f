//! The stores that exports go to, each with a way to load it and to ask it.

use crate::support::{Home, program, skipped};
use std::cell::Cell;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

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
    use std::io::Write;
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
struct Postgres {
    dir: tempfile::TempDir,
    bin: PathBuf,
}

impl Postgres {
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
            .args(["--auth=trust", "--username=ttop", "-D"])
            .arg(&data));
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={}",
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

    fn psql(&self) -> Command {
        let mut command = self.command("psql");
        command
            .args([
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--username=ttop",
                "--dbname=postgres",
                "-h",
            ])
            .arg(self.dir.path());
        command
    }
}

impl Drop for Postgres {
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

impl Store for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn load(&self, home: &Home, host: &str) {
        let script = home.stdout(&["export", "postgres", "--host", host]);
        feed(&mut self.psql(), script.as_bytes());
    }

    fn ask(&self, sql: &str) -> String {
        feed(&mut self.psql(), format!("{sql};").as_bytes())
    }
}

/// ClickHouse's engine as a Python package, with its data in a folder.
struct ClickHouse {
    dir: tempfile::TempDir,
    /// Each run is later than the one before.
    runs: Cell<u32>,
}

impl ClickHouse {
    fn query(&self, sql: &str) -> String {
        let program = "import sys\nfrom chdb.session import Session\n\
            s = Session(sys.argv[1])\nprint(s.query(sys.stdin.read(), 'CSV'))";
        feed(
            Command::new("python3").args(["-c", program]).arg(self.dir.path()),
            sql.as_bytes(),
        )
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
    let has_chdb = Command::new("python3").args(["-c", "import chdb"]).output();
    match has_chdb.is_ok_and(|output| output.status.success()) {
        true => stores.push(Box::new(ClickHouse {
            dir: dir(),
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
