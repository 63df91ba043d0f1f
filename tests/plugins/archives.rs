//! Archives of packages: what leads out, is no file, or is too much is refused whole.

use crate::support::mutate::{Random, mutate};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::Component;
use tar::{Builder, EntryType, Header};
use ttop::plugins::npm::{read_archive, unpack};

struct Member {
    name: &'static str,
    kind: EntryType,
    link: &'static str,
    bytes: Vec<u8>,
}

fn file(name: &'static str, bytes: &[u8]) -> Member {
    Member {
        name,
        kind: EntryType::Regular,
        link: "",
        bytes: bytes.to_vec(),
    }
}

fn link(name: &'static str, kind: EntryType, link: &'static str) -> Member {
    Member {
        name,
        kind,
        link,
        bytes: Vec::new(),
    }
}

/// A tar as anybody can write it: its names are not looked at.
fn tar(members: &[Member]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for member in members {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..member.name.len()].copy_from_slice(member.name.as_bytes());
        header.as_old_mut().linkname[..member.link.len()].copy_from_slice(member.link.as_bytes());
        header.set_entry_type(member.kind);
        header.set_mode(0o777);
        header.set_size(member.bytes.len() as u64);
        header.set_cksum();
        builder.append(&header, member.bytes.as_slice()).expect("appended");
    }
    builder.into_inner().expect("a tar")
}

fn packed(tar: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(tar).expect("packed");
    gzip.finish().expect("packed")
}

#[test]
fn whatever_leads_out_or_is_no_file_is_refused_whole() {
    let own = file("package/package.json", b"{}");
    let bad = [
        file("../evil.js", b"x"),
        file("package/../../evil.js", b"x"),
        file("/etc/evil.js", b"x"),
        file("package\\..\\evil.js", b"x"),
        file("other/evil.js", b"x"),
        file("package", b"x"),
        link("package/evil.js", EntryType::Symlink, "/etc/passwd"),
        link("package/evil.js", EntryType::Link, "package/package.json"),
        link("package/evil", EntryType::Fifo, ""),
        link("package/evil", EntryType::Char, ""),
        link("package/evil", EntryType::Block, ""),
    ];
    for evil in bad {
        let (name, kind) = (evil.name, evil.kind);
        let archive = packed(&tar(&[file("package/index.js", b"x"), evil]));
        let folder = tempfile::tempdir().expect("a folder");
        let into = folder.path().join("data/x@1.0.0");
        assert!(unpack(&archive, &into).is_err(), "{name} {kind:?}");
        assert!(
            !into.exists() && !folder.path().join("evil.js").exists(),
            "{name} {kind:?}"
        );
    }
    let archive = packed(&tar(&[own, file("package/src/index.js", b"x")]));
    assert_eq!(read_archive(&archive).expect("a package").len(), 2);
}

#[test]
fn a_bomb_is_refused_before_it_fills_anything() {
    let zeros = vec![0; 33 << 20];
    let big = packed(&tar(&[file("package/zeros.js", &zeros)]));
    assert!(big.len() < 1 << 20, "{}", big.len());
    assert!(read_archive(&big).is_err());
    let names: Vec<String> = (0..600).map(|at| format!("package/{at}.js")).collect();
    let many: Vec<Member> = names
        .iter()
        .map(|name| Member {
            name: Box::leak(name.clone().into_boxed_str()),
            kind: EntryType::Regular,
            link: "",
            bytes: vec![b'x'],
        })
        .collect();
    assert!(read_archive(&packed(&tar(&many))).is_err());
    let twice = [file("package/a.js", b"x"), file("package/a.js", b"y")];
    assert!(read_archive(&packed(&tar(&twice))).is_err());
}

#[test]
fn a_damaged_archive_gives_plain_places_or_nothing() {
    let whole = tar(&[
        file("package/package.json", b"{}"),
        file("package/src/index.js", b"export default {}"),
    ]);
    let mut random = Random::new(20_261_120);
    let mut read = 0;
    for round in 0..400 {
        let archive = match round % 2 {
            0 => {
                let mut inside = whole.clone();
                mutate(&mut inside, &mut random);
                packed(&inside)
            }
            _ => {
                let mut outside = packed(&whole);
                mutate(&mut outside, &mut random);
                outside
            }
        };
        let Ok(files) = read_archive(&archive) else { continue };
        read += 1;
        for (path, _) in files {
            let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
            assert!(is_plain && path.is_relative(), "{}", path.display());
        }
    }
    assert!(read > 0);
}
