//! Claude Code's totals of a session, and the records that they are compared with: those of subagents are in files of their own,
//! which go, come later, and are left behind where somebody copies a folder. What was used counts once.

use crate::support;
use crate::support::counting::{Counting, Reading, read_all};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use ttop::agents::{Agent, built_in};
use ttop::system::{Os, System};

struct Machine {
    home: support::Home,
    counting: Counting,
}

fn claude_code() -> &'static (dyn Agent + Sync) {
    *built_in()
        .iter()
        .find(|agent| agent.id() == "claude-code")
        .expect("known")
}

impl Machine {
    fn new() -> Self {
        let home = support::Home::new();
        support::copy_tree(
            &support::fixtures().join("agents/claude-code/2.1.332-mixed/home"),
            &home.path(),
        );
        Self {
            home,
            counting: Counting::of(claude_code()),
        }
    }

    fn system(&self) -> System {
        System::new(Os::Linux, self.home.path(), BTreeMap::new())
    }

    /// Tokens and nano-dollars of what counts.
    fn sync(&mut self) -> (u64, i64) {
        sums(&self.counting.sync(&self.system()))
    }

    fn at_once(&self) -> (u64, i64) {
        sums(&read_all(claude_code(), &self.system()))
    }

    /// Transcripts: of sessions, or of subagents.
    fn transcripts(&self, of_subagents: bool) -> Vec<PathBuf> {
        let files = support::files_in(&self.home.path().join(".claude/projects"));
        let is_log = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "jsonl");
        let is_wanted = |path: &PathBuf| path.to_string_lossy().contains("/subagents/") == of_subagents;
        files.into_iter().filter(is_log).filter(is_wanted).collect()
    }
}

fn sums(reading: &Reading) -> (u64, i64) {
    let turns = || reading.turns.iter();
    let nanos = turns().filter_map(|turn| turn.cost).map(|cost| cost.nanos()).sum();
    (turns().map(|turn| turn.tokens.known_total()).sum(), nanos)
}

fn take_away(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).expect("readable");
    std::fs::remove_file(path).expect("removed");
    bytes
}

#[test]
fn a_subagents_transcript_that_goes_adds_nothing() {
    let mut machine = Machine::new();
    let whole = machine.sync();
    let subagents = machine.transcripts(true);
    assert!(subagents.len() >= 2, "{subagents:?}");
    for path in subagents {
        take_away(&path);
        assert_eq!(machine.sync(), whole, "without {}", path.display());
    }
    machine.counting.read_again();
    assert_eq!(machine.sync().0, whole.0, "by a later version");
}

#[test]
fn a_session_that_was_read_without_its_subagents_and_went_away_counts_once() {
    let mut machine = Machine::new();
    let whole = machine.at_once();
    let subagents = machine.transcripts(true);
    let gone: Vec<_> = subagents.iter().map(|path| take_away(path)).collect();
    machine.sync();
    let sessions = machine.transcripts(false);
    let away: Vec<_> = sessions.iter().map(|path| take_away(path)).collect();
    machine.sync();
    for (path, bytes) in subagents.iter().zip(gone).chain(sessions.iter().zip(away)) {
        std::fs::write(path, bytes).expect("written");
    }
    assert_eq!(machine.sync(), whole);
}

#[test]
fn a_copy_of_sessions_without_their_subagents_adds_nothing() {
    let mut machine = Machine::new();
    let whole = machine.sync();
    for path in machine.transcripts(false) {
        let copy = machine
            .home
            .path()
            .join(".claude/projects/-backup")
            .join(path.file_name().expect("a name"));
        support::copy_tree(&path, &copy);
    }
    assert_eq!(machine.sync(), whole);
    assert_eq!(machine.at_once(), whole);
}
