//! Holes: parts of a file that were never written, however large, take no time to go past.

use std::fs::File;
use std::io;

/// Moves on to the next data from `at`, where the file is read next; returns how far that is. `size` is the file's.
///
/// # Errors
/// Those of the file system.
#[cfg(target_os = "linux")]
pub fn pass(file: &mut File, at: u64, size: u64) -> io::Result<u64> {
    use rustix::fs::{SeekFrom, seek};
    let data = match seek(&*file, SeekFrom::Data(at)) {
        // No data follows.
        Err(rustix::io::Errno::NXIO) => size.max(at),
        // A file system that cannot tell.
        Err(_) => at,
        Ok(data) => data,
    };
    seek(&*file, SeekFrom::Start(data))?;
    Ok(data - at)
}

/// Elsewhere holes are read like everything else.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn pass(_: &mut File, _: u64, _: u64) -> io::Result<u64> {
    Ok(0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use crate::agents::shared::jsonl::Lines;
    use crate::agents::{Bookmark, Source};
    use std::fs::File;
    use std::io::Write;
    use std::os::unix::fs::FileExt;

    #[test]
    fn a_hole_of_terabytes_is_passed_at_once() {
        const SIZE: u64 = 1 << 42;
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.jsonl");
        let mut file = File::create(&path).expect("a file");
        file.write_all(b"one\n").expect("written");
        if file.set_len(SIZE).is_err() {
            return;
        }
        file.write_all_at(b"\ntwo\n", SIZE).expect("written");
        let source = Source::find(&path, 0).expect("the file is there");
        let mut lines = Lines::open(&source, &Bookmark::default()).expect("opens");
        lines.long_lines_with(&["needle"]);
        let mut seen = Vec::new();
        while let Some((offset, line)) = lines.next().expect("reads") {
            seen.push((offset, line.to_vec()));
        }
        assert_eq!(seen, [(0, b"one".to_vec()), (SIZE + 1, b"two".to_vec())]);
    }
}
