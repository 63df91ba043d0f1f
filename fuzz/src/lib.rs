//! What the fuzz targets share: parsers by name, and sources of agents whose content, or of whose databases a cell, is the input.

#[path = "../../tests/support/cells.rs"]
mod cells;
#[path = "../../tests/support/subjects.rs"]
mod subjects;

use cells::Cells;
use std::io::Write;
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
        let subjects = Subject::marked(&fixtures(), place.path(), copy);
        (place, subjects)
    });
    subjects
}

/// A source whose content is the input; of a database, a cell of it.
struct Place {
    subject: &'static Subject,
    mark: &'static Bookmark,
    cells: Option<Cells<'static>>,
}

impl Place {
    fn all(agent: &str) -> Vec<Self> {
        let own = subjects().iter().filter(|(subject, _)| subject.agent.id() == agent);
        let place = |(subject, mark): &'static (Subject, Bookmark)| Self {
            subject,
            mark,
            cells: Cells::of(subject),
        };
        own.map(place).collect()
    }

    fn read(&self, input: &[u8]) {
        let Some(cells) = &self.cells else {
            self.subject.read(input, self.mark);
            return;
        };
        if let Some((choice, content)) = input.split_first_chunk()
            && !cells.all.is_empty()
        {
            let cell = usize::from(u16::from_le_bytes(*choice)) % cells.all.len();
            cells.read(&cells.all[cell], content, self.mark);
        }
    }

    /// What it begins with.
    fn seeds(&self) -> Vec<Vec<u8>> {
        let Some(cells) = &self.cells else {
            return vec![self.subject.original.clone()];
        };
        let seed = |(cell, choice): (&cells::Cell, u16)| [&choice.to_le_bytes()[..], &cell.original].concat();
        cells.all.iter().zip(0u16..).map(seed).collect()
    }
}

/// What gets the inputs of this run.
enum Chosen {
    Parser(fn(&str)),
    Places(Vec<Place>),
}

impl Chosen {
    /// By the name in `TTOP_FUZZ`: a parser of `ttop::fuzzing`, or `agent_<id>`.
    fn of(name: &str) -> Option<Self> {
        if let Some(target) = TARGETS.iter().find(|target| target.name == name) {
            return Some(Self::Parser(target.run));
        }
        let own = Place::all(&name.strip_prefix("agent_")?.replace('_', "-"));
        (!own.is_empty()).then_some(Self::Places(own))
    }
}

/// Hands an input to the target. Of an agent, the first byte chooses which of its sources has the rest as its content; two more
/// choose a cell of a database.
pub fn run(input: &[u8]) {
    thread_local! { static CHOSEN: std::cell::OnceCell<Chosen> = const { std::cell::OnceCell::new() }; }
    CHOSEN.with(|chosen| {
        let chosen = chosen.get_or_init(|| {
            let name = std::env::var("TTOP_FUZZ").unwrap_or_default();
            Chosen::of(&name).expect("TTOP_FUZZ is one of the names that are printed without it")
        });
        match chosen {
            Chosen::Parser(parse) => {
                if let Ok(text) = std::str::from_utf8(input) {
                    parse(text);
                }
            }
            Chosen::Places(own) => {
                if let Some((choice, content)) = input.split_first() {
                    own[usize::from(*choice) % own.len()].read(content);
                }
            }
        }
    });
}

/// Writes `corpus/<target>/`, the first inputs of each target, and prints the targets.
pub fn seed() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut out = std::io::stdout().lock();
    for (target, inputs) in seeds() {
        let folder = corpus.join(&target);
        std::fs::create_dir_all(&folder).expect("a folder");
        for (at, input) in inputs.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{at}")), input).expect("written");
        }
        writeln!(out, "{target}").expect("printed");
    }
}

/// What each target begins with: (target, inputs).
fn seeds() -> Vec<(String, Vec<Vec<u8>>)> {
    let parsers = TARGETS.iter().map(|target| {
        let seeds = target.seeds.iter().map(|seed| seed.as_bytes().to_vec());
        (target.name.to_owned(), seeds.collect())
    });
    let mut agents: Vec<&str> = subjects().iter().map(|(subject, _)| subject.agent.id()).collect();
    agents.dedup();
    let sources = agents.into_iter().map(|agent| {
        let places = Place::all(agent).into_iter().zip(0u8..);
        let inputs = places.flat_map(|(place, choice)| {
            let seeds = place.seeds().into_iter();
            seeds.map(move |seed| [&[choice][..], &seed].concat())
        });
        (format!("agent_{}", agent.replace('-', "_")), inputs.collect())
    });
    parsers.chain(sources).collect()
}
