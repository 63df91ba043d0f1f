//! What lines come out of any file, cut anywhere.

use super::*;
use proptest::prelude::*;
use std::path::Path;

struct Seen {
    resumed: bool,
    lines: Vec<(u64, Vec<u8>)>,
    problems: usize,
    mark: Bookmark,
}

fn read_with(path: &Path, from: &Bookmark, needles: &[&'static str]) -> Seen {
    let source = Source::find(path, 0).expect("the file is there");
    let mut reader = Lines::open(&source, from).expect("opens");
    reader.long_lines_with(needles);
    let resumed = reader.is_resumed();
    let mut lines = Vec::new();
    while let Some((offset, line)) = reader.next().expect("reads") {
        lines.push((offset, line.to_vec()));
    }
    let mut batch = Batch::default();
    let mark = reader.finish(1, 0, Vec::new(), &mut batch).expect("a bookmark");
    Seen {
        resumed,
        lines,
        problems: batch.problems.len(),
        mark,
    }
}

fn read(path: &Path, from: &Bookmark) -> (bool, Vec<String>, Bookmark) {
    let seen = read_with(path, from, &[]);
    let lines = seen
        .lines
        .iter()
        .map(|(_, line)| String::from_utf8_lossy(line).into_owned());
    (seen.resumed, lines.collect(), seen.mark)
}

#[test]
fn reads_only_complete_lines_and_goes_on_after_them() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a.jsonl");
    std::fs::write(&path, "\u{feff}one\r\ntwo\nthr").expect("written");
    let (resumed, seen, mark) = read(&path, &Bookmark::default());
    assert_eq!(
        (resumed, seen, mark.offset),
        (false, vec!["one".into(), "two".into()], 12)
    );
    std::fs::write(&path, "\u{feff}one\r\ntwo\nthree\n").expect("written");
    let (resumed, seen, mark) = read(&path, &mark);
    assert_eq!((resumed, seen), (true, vec!["three".to_owned()]));
    std::fs::write(&path, "ONE\r\nTWO\nTHREE\nfour\nfive\n").expect("written");
    let (resumed, seen, _) = read(&path, &mark);
    assert_eq!((resumed, seen.len()), (false, 5));
}

#[test]
fn a_packed_file_is_read_like_what_is_packed_in_it() {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a.jsonl.zst");
    let long = "x".repeat(BUFFER_BYTES * 2);
    let text = format!("one\n{long}\ntwo\nthr");
    std::fs::write(&path, compress_to_vec(text.as_bytes(), CompressionLevel::Fastest)).expect("written");
    let (resumed, seen, mark) = read(&path, &Bookmark::default());
    assert_eq!(
        (resumed, &*seen),
        (false, &["one".to_owned(), long, "two".to_owned()][..])
    );
    assert_eq!(read(&path, &mark).1, seen, "always as a whole");
    let frames = text
        .as_bytes()
        .chunks(1 + text.len() / 3)
        .map(|part| compress_to_vec(part, CompressionLevel::Fastest));
    std::fs::write(&path, frames.collect::<Vec<_>>().concat()).expect("written");
    assert_eq!(read(&path, &Bookmark::default()).1, seen, "in several frames");
    std::fs::write(&path, "no frame").expect("written");
    assert!(Lines::open(&Source::find(&path, 0).expect("there"), &Bookmark::default()).is_err());
}

#[test]
fn a_replaced_or_rewritten_file_is_read_from_its_start() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a.jsonl");
    let same_tail = "x".repeat(100);
    std::fs::write(&path, format!("one\n{same_tail}\n")).expect("written");
    let (_, _, mark) = read(&path, &Bookmark::default());
    assert!(read(&path, &mark).0, "nothing changed");
    let stamp = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    std::fs::write(&path, format!("two\n{same_tail}\n")).expect("written");
    std::fs::File::options()
        .write(true)
        .open(&path)
        .and_then(|file| file.set_modified(stamp))
        .expect("touched");
    assert_eq!(read(&path, &mark).1[0], "two");
    std::fs::write(&path, "short\n").expect("written");
    assert_eq!(read(&path, &mark).1, ["short"]);
}

#[test]
fn a_line_longer_than_the_buffer_comes_whole_or_not_at_all() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a.jsonl");
    let long = "x".repeat(BUFFER_BYTES * 3 + 17);
    // The last one carries its needle across the border of two chunks.
    let late = format!("{}needle", "x".repeat(BUFFER_BYTES + CHUNK_BYTES - 3));
    std::fs::write(&path, format!("{long}\nshort\n{late}\nend\n")).expect("written");
    let (_, seen, _) = read(&path, &Bookmark::default());
    assert_eq!(
        seen.iter().map(String::len).collect::<Vec<_>>(),
        [long.len(), 5, late.len(), 3]
    );
    let seen = read_with(&path, &Bookmark::default(), &["needle"]);
    let lines: Vec<_> = seen.lines.iter().map(|(at, line)| (*at as usize, line.len())).collect();
    let short = long.len() + 1;
    assert_eq!(
        lines,
        [(short, 5), (short + 6, late.len()), (short + 7 + late.len(), 3)]
    );
    assert_eq!(seen.problems, 0);
}

#[test]
fn a_line_above_the_limit_is_one_problem_and_the_rest_is_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a.jsonl");
    let huge = "x".repeat(MAX_LINE_BYTES + 5);
    std::fs::write(&path, format!("one\n{huge}\ntwo\n")).expect("written");
    let seen = read_with(&path, &Bookmark::default(), &[]);
    assert_eq!((seen.lines.len(), seen.problems), (2, 1));
    assert_eq!(seen.lines[1].0 as usize, 4 + huge.len() + 1);
    assert_eq!(
        read_with(&path, &Bookmark::default(), &["needle"]).problems,
        0,
        "not wanted, not missed"
    );
    let wanted = format!("needle{}", "x".repeat(MAX_LINE_BYTES / 2));
    std::fs::write(&path, format!("{wanted}\n{huge}\ntwo\n")).expect("written");
    let seen = read_with(&path, &Bookmark::default(), &["needle"]);
    assert_eq!(
        (seen.lines.len(), seen.problems),
        (2, 0),
        "nor after a long one that is"
    );
}

#[test]
fn a_last_line_above_the_limit_is_passed_over_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a.jsonl");
    let huge = "x".repeat(MAX_LINE_BYTES + 5);
    for (needles, problems) in [(&[][..], 1), (&["needle"], 0)] {
        std::fs::write(&path, format!("one\n{huge}")).expect("written");
        let seen = read_with(&path, &Bookmark::default(), needles);
        assert_eq!((seen.lines.len(), seen.problems), (1, problems));
        assert_eq!(seen.mark.offset as usize, 4 + huge.len(), "nothing is left to read");
        let again = read_with(&path, &seen.mark, needles);
        assert_eq!(
            (again.resumed, again.lines.len(), again.mark.offset),
            (true, 0, seen.mark.offset)
        );
        std::fs::write(&path, format!("one\n{huge}xx")).expect("written");
        let grown = read_with(&path, &seen.mark, needles);
        assert_eq!((grown.lines.len(), grown.mark.offset), (0, seen.mark.offset + 2));
        std::fs::write(&path, format!("one\n{huge}xx needle}}\ntwo\nthr")).expect("written");
        let ended = read_with(&path, &grown.mark, needles);
        let lines: Vec<_> = ended.lines.iter().map(|(_, line)| line.as_slice()).collect();
        assert_eq!(lines, [b"two"]);
        assert_eq!(
            ended.problems,
            needles.len(),
            "what was wanted is named where it is found"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_bytes_cut_anywhere_give_the_same_lines(
        pieces in proptest::collection::vec((any::<u8>(), 0usize..40_000), 0..12),
        cut in 0.0..1.0f64,
    ) {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.jsonl");
        let mut bytes = Vec::new();
        for (byte, count) in pieces {
            // A quarter of the pieces end lines.
            if byte < 64 { bytes.push(b'\n') } else { bytes.resize(bytes.len() + count, byte) }
        }
        std::fs::write(&path, &bytes).expect("written");
        let whole = read_with(&path, &Bookmark::default(), &[]);
        let expected = bytes.iter().filter(|byte| **byte == b'\n').count();
        prop_assert_eq!(whole.lines.len(), expected);
        let cut = (bytes.len() as f64 * cut) as usize;
        std::fs::write(&path, &bytes[..cut]).expect("written");
        let head = read_with(&path, &Bookmark::default(), &[]);
        std::fs::write(&path, &bytes).expect("written");
        let rest = read_with(&path, &head.mark, &[]);
        prop_assert_eq!([head.lines, rest.lines].concat(), whole.lines);
        prop_assert_eq!(rest.mark.offset, whole.mark.offset);
    }
}
