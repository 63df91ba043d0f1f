//! Every agent's sources when they are no files any more. Damaged content is for `robustness/fuzz.rs`.

use crate::support::subjects::Subject;
use crate::support::{self, Home};
use std::path::{Path, PathBuf};
use ttop::agents::{Batch, Bookmark, Source};

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
