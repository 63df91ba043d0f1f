//! Opens files: never waits for a pipe, never reads a device, never takes more than its kind can be.
//!
//! Agents, models and cloned repositories write what ttop reads, so a path may hold anything. Nothing else in `src` opens
//! a file for reading.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// How much a file of a kind may hold: a larger one is none of that kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most(pub u64);

impl Most {
    /// A path, an id, a version, a key.
    pub const WORD: Self = Self(4 << 10);
    /// What programs tell each other: states, registrations, facts of one session.
    pub const NOTE: Self = Self(1 << 20);
    /// What a person writes by hand, and what ttop keeps for itself.
    pub const SETTINGS: Self = Self(16 << 20);
    /// A conversation that is held in memory as a whole.
    pub const CONVERSATION: Self = Self(256 << 20);
}

/// A regular file, opened for reading, and what it is.
///
/// # Errors
/// Those of the file system, and one for what is no regular file.
pub fn open(path: &Path) -> io::Result<(File, Metadata)> {
    regular(OpenOptions::new().read(true), path)
}

/// A file that the user names on the command line, or stdin for `-`: it may be a pipe of the shell's.
///
/// # Errors
/// Those of the file system.
pub fn stream(path: &Path) -> io::Result<Box<dyn BufRead>> {
    Ok(match is_stdin(path) {
        true => Box::new(io::stdin().lock()),
        false => Box::new(BufReader::new(File::open(path)?)),
    })
}

/// Whether a path of the command line means stdin.
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Like [`open`], to write in the ways that `options` allow.
///
/// # Errors
/// Those of the file system, and one for what is no regular file.
pub fn regular(options: &mut OpenOptions, path: &Path) -> io::Result<(File, Metadata)> {
    // A pipe would block until another process opens its other end. Rust sets close-on-exec itself.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    Ok((file, metadata))
}

/// The content of a file.
///
/// # Errors
/// Those of [`open`], and one for a file that is too large.
pub fn read(path: &Path, most: Most) -> io::Result<Vec<u8>> {
    let bytes = read_start(path, Most(most.0 + 1))?;
    if bytes.len() as u64 > most.0 {
        let reason = match most.0 {
            mebibytes if mebibytes >= 1 << 20 => format!("larger than {} MiB", mebibytes >> 20),
            bytes => format!("larger than {} KiB", bytes >> 10),
        };
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(bytes)
}

/// The content of a file of text.
///
/// # Errors
/// Those of [`read`], and one for bytes that are no UTF-8.
pub fn read_text(path: &Path, most: Most) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8 text"))
}

/// The beginning of a file, which may be larger.
///
/// # Errors
/// Those of [`open`].
pub fn read_start(path: &Path, most: Most) -> io::Result<Vec<u8>> {
    read_start_with(path, most).map(|(bytes, _)| bytes)
}

/// As [`read_start`], with what the file is.
///
/// # Errors
/// Those of [`open`].
pub(crate) fn read_start_with(path: &Path, most: Most) -> io::Result<(Vec<u8>, Metadata)> {
    let (file, metadata) = open(path)?;
    // The kernel's own files have no size; most fit into a page.
    let size = if metadata.len() == 0 { 4096 } else { metadata.len() };
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(most.0)).unwrap_or(0));
    file.take(most.0).read_to_end(&mut bytes)?;
    Ok((bytes, metadata))
}

/// The path that a file of one line holds: an absolute one, as every agent writes it. A file of anything else has none.
pub fn read_path(path: &Path) -> Option<String> {
    let text = read_text(path, Most::WORD).ok()?;
    let mut lines = text.trim_end().lines();
    let line = lines.next()?.trim();
    let is_drive = |bytes: &[u8]| matches!(bytes, [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    let is_absolute = line.starts_with('/') || line.starts_with(r"\\") || is_drive(line.as_bytes());
    let is_one = lines.next().is_none() && !line.chars().any(char::is_control);
    (is_one && is_absolute).then(|| line.to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_the_right_size_are_read() {
        let dir = tempfile::tempdir().expect("a folder");
        let pipe = dir.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("a pipe");
        let socket = dir.path().join("socket");
        let _held = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        let zeros = dir.path().join("zeros");
        std::os::unix::fs::symlink("/dev/zero", &zeros).expect("a link");
        for path in [&pipe, &socket, &zeros, dir.path()] {
            assert!(read(path, Most::NOTE).is_err(), "{}", path.display());
            let mut append = OpenOptions::new();
            assert!(regular(append.append(true), path).is_err(), "{}", path.display());
        }
        let file = dir.path().join("file");
        std::fs::write(&file, vec![b'a'; 4097]).expect("written");
        let error = read(&file, Most::WORD).expect_err("too large");
        assert_eq!(error.to_string(), "larger than 4 KiB");
        assert_eq!(read(&file, Most::NOTE).expect("fits").len(), 4097);
        assert_eq!(read_start(&file, Most(3)).expect("read"), b"aaa");
    }

    #[test]
    fn a_file_of_a_path_holds_nothing_else() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("file");
        for (text, path) in [
            ("/home/dev/app\n", Some("/home/dev/app")),
            ("C:\\work", Some("C:\\work")),
            ("root:x:0:0:root:/root\n", None),
            ("/first\n/second\n", None),
            ("/has\tcontrol", None),
            ("", None),
        ] {
            std::fs::write(&file, text).expect("written");
            assert_eq!(read_path(&file).as_deref(), path, "{text:?}");
        }
        std::fs::write(&file, format!("/{}", "a".repeat(5000))).expect("written");
        assert_eq!(read_path(&file), None);
    }
}
