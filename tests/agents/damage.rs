//! Every agent against damaged copies of its fixtures: whatever lies on disk, reading ends without a panic.

use crate::support;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use ttop::agents::{Agent, Batch, Bookmark, Source, agents};
use ttop::system::{Os, System};

/// One source of one fixture of one agent, copied to a temporary home.
struct Subject {
    agent: &'static dyn Agent,
    source: Source,
    original: Vec<u8>,
}

fn subjects(home: &Path) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for agent in agents() {
        let Ok(cases) = std::fs::read_dir(support::fixtures().join("agents").join(agent.id())) else {
            continue;
        };
        for case in cases {
            let case = case.expect("an entry");
            let place = home.join(agent.id()).join(case.file_name());
            support::copy_tree(&case.path().join("home"), &place);
            let found = agent.sources(&System::new(Os::Linux, &place, BTreeMap::new()));
            for source in found.sources {
                let original = std::fs::read(&source.path).expect("a readable source");
                subjects.push(Subject {
                    agent: *agent,
                    source,
                    original,
                });
            }
        }
    }
    subjects
}

/// Reads a source as it now is, from its start and on from what was read before.
fn read(subject: &Subject, from: &Bookmark) -> Option<Bookmark> {
    let source = Source::find(&subject.source.path, subject.source.kind)?;
    let mut batch = Batch::default();
    let read = subject.agent.read(&source, from, &mut batch).ok();
    for problem in &batch.problems {
        assert!(!problem.place.is_empty() && !problem.reason.is_empty());
    }
    read
}

#[derive(Clone, Debug)]
enum Damage {
    Cut(prop::sample::Index),
    Byte(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Repeat(prop::sample::Index, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    let odd = prop::sample::select(vec![
        b"null".to_vec(),
        b"-1".to_vec(),
        b"1e400".to_vec(),
        b"99999999999999999999".to_vec(),
        b"\"\\ud83d\"".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        b"{}".to_vec(),
        b"[[[[[[[[".to_vec(),
        b"\r\n\n".to_vec(),
        b",".to_vec(),
    ]);
    prop_oneof![
        any::<prop::sample::Index>().prop_map(Damage::Cut),
        (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (any::<prop::sample::Index>(), odd).prop_map(|(at, text)| Damage::Insert(at, text)),
        (any::<prop::sample::Index>(), 1..64u8).prop_map(|(at, length)| Damage::Repeat(at, length)),
    ]
}

fn apply(damage: &Damage, bytes: &mut Vec<u8>) {
    let end = bytes.len() + 1;
    match damage {
        Damage::Cut(at) => bytes.truncate(at.index(end)),
        Damage::Byte(at, byte) if !bytes.is_empty() => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        Damage::Byte(..) => {}
        Damage::Insert(at, text) => {
            let at = at.index(end);
            bytes.splice(at..at, text.iter().copied());
        }
        Damage::Repeat(at, length) => {
            let at = at.index(end);
            let piece: Vec<u8> = bytes[at..].iter().take(usize::from(*length)).copied().collect();
            bytes.splice(at..at, piece);
        }
    }
}

#[test]
fn damaged_sources_never_panic() {
    let home = support::Home::new();
    let subjects = subjects(&home.path());
    let config = ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    for subject in &subjects {
        let first = read(subject, &Bookmark::default()).unwrap_or_default();
        let check = |damages: Vec<Damage>| {
            let mut bytes = subject.original.clone();
            for damage in &damages {
                apply(damage, &mut bytes);
            }
            std::fs::write(&subject.source.path, &bytes).expect("written");
            read(subject, &Bookmark::default());
            read(subject, &first);
            Ok(())
        };
        let mut runner = proptest::test_runner::TestRunner::new(config.clone());
        runner
            .run(&prop::collection::vec(damage(), 1..5), check)
            .unwrap_or_else(|error| panic!("{}: {error}", subject.source.path.display()));
        std::fs::write(&subject.source.path, &subject.original).expect("written");
    }
}

/// A folder, a missing file and an unreadable one, where a source was a moment ago.
#[test]
fn sources_that_changed_their_nature_are_errors() {
    let home = support::Home::new();
    for subject in subjects(&home.path()) {
        std::fs::remove_file(&subject.source.path).expect("removed");
        let read = |path: &Path| {
            let source = Source {
                path: PathBuf::from(path),
                ..subject.source.clone()
            };
            let mut batch = Batch::default();
            subject.agent.read(&source, &Bookmark::default(), &mut batch)
        };
        assert!(read(&subject.source.path).is_err(), "{}", subject.source.path.display());
        std::fs::create_dir(&subject.source.path).expect("a folder");
        assert!(read(&subject.source.path).is_err(), "{}", subject.source.path.display());
        std::fs::remove_dir(&subject.source.path).expect("removed");
        std::fs::write(&subject.source.path, &subject.original).expect("written");
    }
}
