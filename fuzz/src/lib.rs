//! What the fuzz targets share: parsers by name, and sources of agents whose content is the input.

#[path = "../../tests/support/subjects.rs"]
mod subjects;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use subjects::Subject;
use tempfile::TempDir;
use ttop::agents::Bookmark;
use ttop::fuzzing::TARGETS;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("fixtures")
}

/// Folders are copied by a plain walk.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("a fixture") {
            let entry = entry.expect("an entry");
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::copy(from, to).expect("copied");
    }
}

/// The sources of all fixtures, each with what its original content leaves as a bookmark.
fn subjects() -> &'static [(Subject, Bookmark)] {
    static SUBJECTS: OnceLock<(TempDir, Vec<(Subject, Bookmark)>)> = OnceLock::new();
    let (_, subjects) = SUBJECTS.get_or_init(|| {
        let place = tempfile::tempdir().expect("a folder");
        let subjects = Subject::all(&fixtures(), place.path(), copy);
        let marked = subjects.into_iter().map(|subject| {
            let mark = subject.read(&subject.original, &Bookmark::default());
            (subject, mark.unwrap_or_default())
        });
        let marked = marked.collect();
        (place, marked)
    });
    subjects
}

fn of_agent(id: &str) -> Vec<&'static (Subject, Bookmark)> {
    subjects().iter().filter(|(subject, _)| subject.agent.id() == id).collect()
}

/// Reads an agent's source. The first byte chooses which one of its fixtures, the rest is its content.
pub fn source(agent: &str, input: &[u8]) {
    thread_local! { static OWN: std::cell::OnceCell<Vec<&'static (Subject, Bookmark)>> = const { std::cell::OnceCell::new() }; }
    let Some((choice, content)) = input.split_first() else { return };
    OWN.with(|own| {
        let own = own.get_or_init(|| of_agent(agent));
        let (subject, mark) = own[usize::from(*choice) % own.len()];
        subject.read(content, mark);
    });
}

/// Gives text to a parser of `ttop::fuzzing`.
pub fn parser(name: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a parser");
    if let Ok(text) = std::str::from_utf8(input) {
        (target.run)(text);
    }
}

/// What each target begins with: (target, inputs).
pub fn seeds() -> Vec<(String, Vec<Vec<u8>>)> {
    let parsers = TARGETS.iter().map(|target| {
        let seeds = target.seeds.iter().map(|seed| seed.as_bytes().to_vec());
        (target.name.to_owned(), seeds.collect())
    });
    let mut agents: Vec<&str> = subjects().iter().map(|(subject, _)| subject.agent.id()).collect();
    agents.dedup();
    let sources = agents.into_iter().map(|agent| {
        let inputs = of_agent(agent).into_iter().zip(0u8..).map(|((subject, _), choice)| {
            let mut input = vec![choice];
            input.extend_from_slice(&subject.original);
            input
        });
        (format!("agent_{}", agent.replace('-', "_")), inputs.collect())
    });
    parsers.chain(sources).collect()
}
