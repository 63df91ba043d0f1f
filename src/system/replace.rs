//! Replaces a file of ttop atomically, readable only by the user.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// Writes a file (mode 0600) by way of a temporary one beside it, and its folder (0700) if there is none. A symbolic
/// link stays one: people keep their configuration elsewhere and link it.
///
/// # Errors
/// Those of the file system; the old file is then untouched.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    write(&target, bytes, true)
}

/// Like [`replace`], for what is too large for memory: `write` gets the temporary file. A file that would stay the same is
/// left alone.
///
/// # Errors
/// Those of `write` and of the file system; the old file is then untouched.
pub fn replace_with(path: &Path, write: impl FnOnce(&mut File) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let (temporary, mut file) = create_beside(path)?;
    let written = write(&mut file).and_then(|()| {
        if is_same(&temporary, path) {
            return Ok(fs::remove_file(&temporary)?);
        }
        file.sync_all()?;
        Ok(fs::rename(&temporary, path)?)
    });
    if written.is_err() {
        // The first error was already reported.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Whether two files have the same bytes.
fn is_same(a: &Path, b: &Path) -> bool {
    let (Ok((a, of_a)), Ok((b, of_b))) = (super::open::open(a), super::open::open(b)) else {
        return false;
    };
    let (mut a, mut b) = (BufReader::new(a), BufReader::new(b));
    if of_a.len() != of_b.len() {
        return false;
    }
    loop {
        let (Ok(left), Ok(right)) = (a.fill_buf(), b.fill_buf()) else {
            return false;
        };
        let length = left.len().min(right.len());
        if length == 0 {
            return left.len() == right.len();
        }
        if left[..length] != right[..length] {
            return false;
        }
        a.consume(length);
        b.consume(length);
    }
}

/// The same as [`replace`], without waiting for the disk and never through a link: for what is made again in a moment. After a power
/// failure it may be empty.
///
/// # Errors
///
/// Those of the file system; the old file stays untouched.
pub fn swap(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(path, bytes, false)
}

fn write(target: &Path, bytes: &[u8], is_to_last: bool) -> io::Result<()> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        create_private_folder(folder)?;
    }
    let (temporary, mut file) = create_beside(target)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| if is_to_last { file.sync_all() } else { Ok(()) })
        .and_then(|()| fs::rename(&temporary, target));
    if written.is_err() {
        // The first error was already reported.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Writes a file (mode 0600) unless there is one: of several processes one wins, and the others' bytes are dropped.
///
/// # Errors
/// Those of the file system.
pub fn write_once(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        create_private_folder(folder)?;
    }
    let (temporary, mut file) = create_beside(path)?;
    let linked = file.write_all(bytes).and_then(|()| fs::hard_link(&temporary, path));
    let written = match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // A file system without links: the last one wins there.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => fs::rename(&temporary, path),
        linked => linked,
    };
    // It is gone already where it was renamed, and nothing is lost when it stays.
    let _ = fs::remove_file(&temporary);
    written
}

/// Creates a folder that only its owner may enter, and those above it; one that exists stays as it is.
///
/// # Errors
/// Those of the file system.
pub fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn create_beside(target: &Path) -> io::Result<(PathBuf, File)> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut attempt = 0;
    loop {
        let path = target.with_file_name(format!(".{name}.{}.{attempt}", std::process::id()));
        match options.open(&path) {
            // Left behind by a process of that number that was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 100 => attempt += 1,
            opened => return Ok((path, opened?)),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn replaces_whole_files_with_private_ones() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/b/file");
        for text in ["first", "second"] {
            replace(&path, text.as_bytes()).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("read"), text);
        }
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&folder.path().join("a"))), (0o600, 0o700));
        assert_eq!(fs::read_dir(folder.path().join("a/b")).expect("a folder").count(), 1);
    }

    #[test]
    fn what_was_written_first_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("own/key");
        write_once(&path, b"first").expect("written");
        write_once(&path, b"second").expect("kept");
        assert_eq!(fs::read(&path).expect("read"), b"first");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path().join("own")).expect("a folder").count(), 1);
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().expect("a folder");
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").expect("written");
        symlink(&real, &link).expect("linked");
        replace(&link, b"new").expect("written");
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&real).expect("read"), "new");
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("folder");
        fs::create_dir(&path).expect("created");
        assert!(replace(&path, b"text").is_err());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
