//! Every source of every agent's fixtures, to be damaged and read again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use ttop::agents::{Agent, Batch, Bookmark, Source, built_in};
use ttop::system::{Os, System};

/// One source of one fixture of one agent, in a folder of its own.
pub struct Subject {
    pub agent: &'static (dyn Agent + Sync),
    pub source: Source,
    pub original: Vec<u8>,
}

impl Subject {
    /// Copies each fixture of each agent into a home below `place`.
    pub fn all(fixtures: &Path, place: &Path, copy: impl Fn(&Path, &Path)) -> Vec<Self> {
        let mut subjects = Vec::new();
        for &agent in built_in() {
            for case in cases(fixtures, agent.id()) {
                let home = place.join(agent.id()).join(case.file_name().expect("a name"));
                copy(&case.join("home"), &home);
                let found = agent.sources(&System::new(Os::Linux, &home, BTreeMap::new()));
                // A source may be a folder, too.
                let files = found.sources.into_iter().filter(|source| source.path.is_file());
                subjects.extend(files.map(|source| Self {
                    agent,
                    original: std::fs::read(&source.path).expect("a readable source"),
                    source,
                }));
            }
        }
        subjects
    }

    /// All of them, each with what its original content leaves as a bookmark.
    pub fn marked(fixtures: &Path, place: &Path, copy: impl Fn(&Path, &Path)) -> Vec<(Self, Bookmark)> {
        let marked = Self::all(fixtures, place, copy).into_iter().map(|subject| {
            let mark = subject.read(&subject.original, &Bookmark::default());
            (subject, mark.unwrap_or_default())
        });
        marked.collect()
    }

    /// Reads other content in the source's place, on from a bookmark and from its start: no panic, and problems that name a
    /// place and a reason.
    pub fn read(&self, content: &[u8], from: &Bookmark) -> Option<Bookmark> {
        std::fs::write(&self.source.path, content).expect("written");
        self.read_on(from)
    }

    /// Reads the source as it is now, in the same two ways.
    pub fn read_on(&self, from: &Bookmark) -> Option<Bookmark> {
        let source = Source::find(&self.source.path, self.source.kind)?;
        let read = |from: &Bookmark| {
            let mut batch = Batch::default();
            let read = self.agent.read(&source, from, &mut batch).ok();
            for problem in &batch.problems {
                assert!(!problem.place.is_empty() && !problem.reason.is_empty());
            }
            read
        };
        read(from);
        read(&Bookmark::default())
    }
}

/// The folders that hold a `home` of this agent.
fn cases(fixtures: &Path, agent: &str) -> Vec<PathBuf> {
    let folders = [fixtures.join("agents").join(agent), fixtures.join(agent)];
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok());
    let mut cases: Vec<_> = entries
        .flatten()
        .map(|case| case.expect("an entry").path())
        .filter(|case| case.join("home").is_dir())
        .collect();
    cases.sort();
    cases
}
