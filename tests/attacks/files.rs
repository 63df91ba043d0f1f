//! Things in the place of files: a pipe without a writer, an endless device, a socket, a folder, a link to a secret.

use crate::limited;
use crate::support::{Home, copy_tree, fixtures, is_database};
use rustix::fs::{CWD, FileType, mknodat};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

const SECRET: &str = "SECRET-LINE-1";

/// What takes a file's place.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Thing {
    Pipe,
    Zeros,
    Socket,
    Folder,
    Secret,
    Nowhere,
    Itself,
}

const THINGS: [Thing; 7] = [
    Thing::Pipe,
    Thing::Zeros,
    Thing::Socket,
    Thing::Folder,
    Thing::Secret,
    Thing::Nowhere,
    Thing::Itself,
];

impl Thing {
    fn put(self, path: &Path, home: &Home) {
        let _ = std::fs::remove_file(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        let made: std::io::Result<()> = match self {
            Self::Pipe => mknodat(CWD, path, FileType::Fifo, 0o600.into(), 0).map_err(Into::into),
            Self::Zeros => symlink("/dev/zero", path),
            // The address of a socket is short.
            Self::Socket => {
                let folder = std::fs::File::open(path.parent().expect("a parent")).expect("a folder");
                let name = path.file_name().expect("a name").to_string_lossy();
                let fd = std::os::fd::AsRawFd::as_raw_fd(&folder);
                std::os::unix::net::UnixListener::bind(format!("/proc/self/fd/{fd}/{name}")).map(drop)
            }
            Self::Folder => std::fs::create_dir(path),
            Self::Secret => {
                home.write("secret", format!("{SECRET}\nsecond:line\n"));
                symlink(home.path().join("secret"), path)
            }
            Self::Nowhere => symlink(home.path().join("nowhere/at/all"), path),
            Self::Itself => symlink(path, path),
        };
        made.unwrap_or_else(|error| panic!("{self:?} at {}: {error}", path.display()));
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Every home of every agent, by its folder below the fixtures.
fn homes() -> Vec<String> {
    let mut homes = Vec::new();
    for path in files_below(&fixtures().join("agents")) {
        if path.file_name().is_some_and(|name| name == "truth.json") {
            let home = path.parent().expect("a case").join("home");
            homes.push(home.strip_prefix(fixtures()).expect("below").display().to_string());
        }
    }
    homes.push("opencode/data/home".to_owned());
    homes
}

/// Runs a command, which ends by itself with an answer, in bounded time and memory, and without the secret.
fn answers(home: &Home, args: &[&str], what: &str) -> String {
    let output = limited(home).args(args).output().expect("runs");
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{what}: ttop {args:?} ends with {}\n{stdout}\n{stderr}",
        output.status
    );
    assert!(!stderr.contains("panicked"), "{what}: {stderr}");
    for text in [&stdout, &stderr] {
        assert!(
            !text.contains(SECRET),
            "{what}: ttop {args:?} prints another file's text\n{text}"
        );
    }
    stdout.into_owned()
}

#[test]
fn a_pipe_in_the_place_of_any_file_of_any_agent_blocks_nothing() {
    for name in homes() {
        for file in files_below(&fixtures().join(&name)) {
            let home = Home::of(&name);
            let at = file.strip_prefix(fixtures().join(&name)).expect("below");
            Thing::Pipe.put(&home.path().join(at), &home);
            let what = format!("a pipe at {name}/{}", at.display());
            answers(&home, &["sessions"], &what);
            answers(&home, &["mcp"], &what);
        }
    }
}

#[test]
fn anything_in_the_place_of_all_files_of_an_agent_is_no_file() {
    for name in homes() {
        for thing in THINGS {
            let home = Home::of(&name);
            for file in files_below(&fixtures().join(&name)) {
                let at = file.strip_prefix(fixtures().join(&name)).expect("below");
                thing.put(&home.path().join(at), &home);
            }
            let what = format!("{thing:?} everywhere in {name}");
            for args in [&["sessions"][..], &["mcp"], &["ledger", "export"]] {
                answers(&home, args, &what);
            }
        }
    }
}

#[test]
fn nothing_beside_a_database_holds_it_up() {
    let mut count = 0;
    for name in homes() {
        for file in files_below(&fixtures().join(&name))
            .into_iter()
            .filter(|path| is_database(path))
        {
            for end in ["-wal", "-shm", "-journal"] {
                for thing in [Thing::Pipe, Thing::Zeros, Thing::Folder] {
                    let home = Home::of(&name);
                    let at = file.strip_prefix(fixtures().join(&name)).expect("below");
                    let beside = format!("{}{end}", home.path().join(at).display());
                    thing.put(Path::new(&beside), &home);
                    for command in ["turns", "creds", "ps"] {
                        answers(&home, &[command], &format!("{thing:?} at {beside}"));
                    }
                    count += 1;
                }
            }
        }
    }
    assert!(count > 50, "{count}");
}

/// A zstd frame of some hundred bytes that unpacks to very many of one byte.
fn bomb(mega_bytes: usize) -> Vec<u8> {
    const BLOCK_BYTES: u32 = 128 * 1024;
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38];
    let blocks = mega_bytes * 8;
    for at in 1..=blocks {
        let header = BLOCK_BYTES << 3 | 1 << 1 | u32::from(at == blocks);
        frame.extend(&header.to_le_bytes()[..3]);
        frame.push(b'x');
    }
    frame
}

#[test]
fn a_packed_transcript_that_grows_without_end_is_a_warning() {
    let home = Home::of("opencode/data/home");
    let folder = ".codex/sessions/2026/11/20";
    let name = format!("{folder}/rollout-2026-11-20T08-34-11-01a1f817-7e93-7893-9411-a307e052cd49.jsonl.zst");
    home.write(&name, bomb(1025));
    let output = limited(&home).args(["sync", "-v"]).output().expect("runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", output.status);
    assert!(stderr.contains("unpacks to more than 1 GiB"), "{stderr}");
}

#[test]
fn a_link_beside_a_transcript_tells_nothing_of_what_it_leads_to() {
    for name in homes() {
        for file in files_below(&fixtures().join(&name)) {
            let home = Home::of(&name);
            let at = file.strip_prefix(fixtures().join(&name)).expect("below");
            Thing::Secret.put(&home.path().join(at), &home);
            answers(&home, &["sessions"], &format!("a link at {name}/{}", at.display()));
        }
    }
}

/// Files of ttop's own: those that commands left, and those that a user or a download may have left.
fn own_files(home: &Home) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in [".config/tokentop", ".local/share/tokentop", ".cache/tokentop"] {
        files.extend(files_below(&home.path().join(folder)));
    }
    for name in [
        ".config/tokentop/config.json",
        ".config/tokentop/config.toml",
        ".local/share/tokentop/ledger.db",
        ".local/share/tokentop/ledger.db.bar",
        ".local/share/tokentop/ledger.db-wal",
        ".local/share/tokentop/ledger.db-shm",
        ".local/share/tokentop/ledger.db-journal",
        ".local/share/tokentop/ledger.db.prev",
        ".local/share/tokentop/prices.tsv",
        ".local/share/tokentop/prices.checked",
        ".local/share/tokentop/fingerprint.key",
    ] {
        files.push(home.path().join(name));
    }
    files.sort();
    files.dedup();
    files
}

fn used_home() -> Home {
    let home = Home::of("opencode/data/home");
    for args in [&["sync"][..], &["cost"], &["bar-status"], &["creds"], &["usage"]] {
        let _ = home.ttop().args(args).output().expect("runs");
    }
    home
}

#[test]
fn a_bar_has_an_answer_whatever_stands_in_the_place_of_ttops_own_files() {
    let used = used_home();
    let below = |path: PathBuf| path.strip_prefix(used.path()).expect("below").to_path_buf();
    let names: Vec<PathBuf> = own_files(&used).into_iter().map(below).collect();
    assert!(names.len() > 10, "{names:?}");
    for name in &names {
        for thing in THINGS {
            let home = Home::new();
            copy_tree(&used.path(), &home.path());
            thing.put(&home.path().join(name), &home);
            let what = format!("{thing:?} at {}", name.display());
            let shown = answers(&home, &["bar-status"], &what);
            assert!(!shown.trim().is_empty(), "{what}: a bar shows nothing");
            answers(&home, &["cost"], &what);
        }
    }
}
