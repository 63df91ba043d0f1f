//! Every agent's sources when they are no files any more. Damaged content is for `robustness/fuzz.rs`.

use crate::support::counting::read_all;
use crate::support::subjects::Subject;
use crate::support::{self, Home};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use ttop::agents::{Batch, Bookmark, Source, built_in};
use ttop::core::problem::Problem;
use ttop::system::{Os, System};

/// A folder, a missing file and an unreadable one, where a source was a moment ago.
#[test]
fn sources_that_changed_their_nature_are_errors() {
    let home = Home::new();
    for subject in Subject::all(&support::fixtures(), &home.path(), support::copy_tree) {
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

#[test]
fn what_cannot_be_read_is_named_once() {
    let mut named = 0;
    for agent in built_in() {
        for case in support::agent_cases(agent.id()) {
            let home = Home::new();
            support::copy_tree(&case.join("home"), &home.path());
            let system = System::new(Os::Linux, home.path(), BTreeMap::new());
            for source in agent
                .sources(&system)
                .sources
                .iter()
                .filter(|source| source.path.is_file())
            {
                std::fs::write(&source.path, "{bad").expect("written");
            }
            for Problem { place, reason } in read_all(*agent, &system).problems {
                let file = place.trim_end_matches(|end: char| end == ':' || end.is_ascii_digit());
                assert!(!reason.contains(file), "{place}: {reason}");
                named += 1;
            }
        }
    }
    assert!(named > 20, "{named}");
}
