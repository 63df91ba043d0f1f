//! What tests share: temporary homes made from fixtures, and the real binary with a clean environment.
#![allow(dead_code, clippy::print_stdout, reason = "each test file uses its part")]

pub mod alerts;
pub mod cells;
pub mod claude_code;
pub mod clock;
pub mod counting;
#[cfg(target_os = "linux")]
pub mod fake_agents;
pub mod mock_model;
pub mod mock_providers;
pub mod mutate;
pub mod opencode_db;
pub mod opencode_home;
pub mod opencode_live;
pub mod replay;
pub mod running;
pub mod skips;
pub mod subjects;
#[cfg(target_os = "linux")]
pub mod tmux;
pub mod writer;

use assert_cmd::Command;
use std::path::{Path, PathBuf};

/// The fixtures folder.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The cases of an agent: `fixtures/agents/<id>/<case>`, each with a `home` and a `truth.json`.
pub fn agent_cases(agent_id: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(fixtures().join("agents").join(agent_id)) else {
        return Vec::new();
    };
    let mut cases: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    cases.sort();
    for case in &cases {
        assert!(
            case.join("home").is_dir() && case.join("truth.json").is_file(),
            "{}: expected a case, a folder with home/ and truth.json: fixtures/agents/{agent_id}/<case>/home",
            case.display()
        );
    }
    cases
}

/// A temporary home; removed when dropped.
pub struct Home {
    dir: tempfile::TempDir,
    now: String,
    zone: String,
    /// For commands that stay, and for what runs in the background.
    pub clock: clock::Clock,
}

impl Home {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(dir.path().join("home")).expect("a home");
        Self {
            dir,
            now: "2026-11-20T18:00:00Z".into(),
            zone: "UTC".into(),
            clock: clock::Clock::start(),
        }
    }

    /// A home that holds a copy of `fixtures/<fixture>`.
    pub fn of(fixture: &str) -> Self {
        let home = Self::new();
        home.copy(fixture, "");
        home
    }

    #[must_use]
    pub fn at(mut self, now: &str) -> Self {
        now.clone_into(&mut self.now);
        self
    }

    #[must_use]
    pub fn in_zone(mut self, zone: &str) -> Self {
        zone.clone_into(&mut self.zone);
        self
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// Copies `fixtures/<fixture>` (a file or a folder's content) to a place below the home.
    pub fn copy(&self, fixture: &str, to: &str) -> &Self {
        copy_tree(&fixtures().join(fixture), &self.path().join(to));
        self
    }

    /// Writes a file below the home, making its folders.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, content).expect("written");
        self
    }

    /// The binary, with nothing inherited but PATH.
    pub fn ttop(&self) -> Command {
        let mut command = Command::cargo_bin("ttop").expect("the binary is built");
        self.surround(&mut command);
        command
    }

    /// Gives a command the home and a clean environment.
    pub fn surround(&self, command: &mut Command) {
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("USERPROFILE", self.path())
            .env("TTOP_NOW", &self.now)
            .env("TTOP_OFFLINE", "1")
            .env("TZ", &self.zone)
            .env("COLUMNS", "120")
            .current_dir(self.path());
    }

    /// Runs and returns stdout; the run must succeed.
    pub fn stdout(&self, args: &[&str]) -> String {
        let output = self.ttop().args(args).output().expect("runs");
        let (stdout, stderr) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "ttop {args:?} failed\n{stdout}\n{stderr}");
        stdout.into_owned()
    }

    /// Runs and returns the NDJSON rows; the run must succeed.
    pub fn rows(&self, args: &[&str]) -> Vec<serde_json::Value> {
        let text = self.stdout(args);
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }
}

/// Copies a file, or the content of a folder.
pub fn copy_tree(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("a readable fixture") {
            let entry = entry.expect("an entry");
            copy_tree(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
        std::fs::copy(from, to).unwrap_or_else(|error| panic!("could not copy {}: {error}", from.display()));
    }
}

/// The files below a folder, without what links lead to.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        match entry.file_type().expect("a type") {
            kind if kind.is_dir() => files.extend(files_in(&entry.path())),
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    files
}

/// Whether a file is a database, by its first bytes.
pub fn is_database(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0"))
}

/// Sets when a file was written last.
pub fn set_modified(path: &Path, at: std::time::SystemTime) {
    let file = std::fs::File::options().append(true).open(path).expect("opens");
    file.set_modified(at).expect("a time");
}

/// For tests that need a program: its path, or a line that the test was skipped (a failure under `TTOP_TEST_ALL=1`).
pub fn program(name: &str) -> Option<PathBuf> {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .map(|dir| dir.join(name))
        .find(|path| path.is_file());
    if found.is_none() {
        assert!(
            std::env::var_os("TTOP_TEST_ALL").is_none(),
            "{name} is not installed and TTOP_TEST_ALL is set"
        );
        skipped(&format!("no {name}"));
    }
    found
}

/// Reports why a test did nothing: now, where its output is shown, and at the end of the run by `tests/without`.
pub fn skipped(why: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test").to_owned();
    let line = format!("{} {test}: {why}\n", env!("CARGO_CRATE_NAME"));
    print!("skipped: {line}");
    let file = skips::of_this_run();
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder for skips");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.create(true).append(true).open(file).expect("a file for skips");
    std::io::Write::write_all(&mut file, line.as_bytes()).expect("written");
}

/// Compares what is generated with what is committed, byte for byte; `TTOP_GENERATE=1` (`make generate`) writes it.
pub fn same_as_committed(path: &Path, generated: &[u8]) {
    if std::env::var_os("TTOP_GENERATE").is_some() {
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, generated).expect("written");
    }
    let committed = std::fs::read(path).unwrap_or_default();
    // Git on Windows may have turned the line ends.
    let plain = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    assert!(
        plain(&committed) == plain(generated),
        "{} is not what the code says: look at the difference after `make generate`",
        path.display()
    );
}
