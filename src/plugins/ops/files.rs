//! Files: resolved, decided, opened, and looked at again at the handle.

use super::{Answer, plain};
use crate::plugins::grant::{Access, Grants, collapse};
use crate::plugins::message::Refused;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Longer files come in parts.
const WHOLE: u64 = 4 << 20;
const MOST_PART: u64 = 4 << 20;
const MOST_FILE: u64 = 256 << 20;
const MOST_HANDLES: usize = 256;
const MOST_ENTRIES: usize = 100_000;
/// Of a folder, all together: they fit into a frame however they are escaped.
const MOST_NAMES: usize = 2 << 20;

/// Files that a plugin holds open.
#[derive(Debug, Default)]
pub struct Handles {
    open: BTreeMap<u64, File>,
    last: u64,
}

/// Everything of a file, or a handle for a long one.
///
/// # Errors
/// When it is outside, not there, or no regular file.
pub fn read(grants: &Grants, handles: &mut Handles, path: &str) -> Answer {
    let file = open_file(grants, path)?;
    let length = file.metadata().map_err(|error| of_io(&error, path))?.len();
    if length > MOST_FILE {
        return Err(Refused::file("EFBIG", format!("{path} is larger than 256 MiB")));
    }
    if length > WHOLE {
        return plain(json!({ "handle": handles.keep(file)? }));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1);
    // A file that grows while it is read stays within one frame.
    (&file)
        .take(WHOLE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| of_io(&error, path))?;
    if bytes.len() as u64 > WHOLE {
        return plain(json!({ "handle": handles.keep(file)? }));
    }
    Ok((json!({}), bytes))
}

/// # Errors
/// As [`read`].
pub fn open(grants: &Grants, handles: &mut Handles, path: &str) -> Answer {
    let file = open_file(grants, path)?;
    plain(handles.keep(file)?)
}

impl Handles {
    fn keep(&mut self, file: File) -> Result<u64, Refused> {
        if self.open.len() >= MOST_HANDLES {
            return Err(Refused::file(
                "EMFILE",
                format!("too many open files: at most {MOST_HANDLES}"),
            ));
        }
        self.last += 1;
        self.open.insert(self.last, file);
        Ok(self.last)
    }

    fn get(&mut self, handle: u64) -> Result<&mut File, Refused> {
        self.open
            .get_mut(&handle)
            .ok_or_else(|| Refused::file("EBADF", "no such descriptor"))
    }

    /// # Errors
    /// When the handle is not open or cannot be read.
    pub fn read(&mut self, handle: u64, length: u64, position: u64) -> Answer {
        let file = self.get(handle)?;
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(position))
            .and_then(|_| file.take(length.min(MOST_PART)).read_to_end(&mut bytes))
            .map_err(|error| of_io(&error, "the file"))?;
        Ok((Value::Null, bytes))
    }

    /// # Errors
    /// When the handle is not open.
    pub fn stat(&mut self, handle: u64) -> Answer {
        let metadata = self
            .get(handle)?
            .metadata()
            .map_err(|error| of_io(&error, "the file"))?;
        plain(stat_json(&metadata))
    }

    pub fn close(&mut self, handle: u64) {
        self.open.remove(&handle);
    }

    pub fn close_all(&mut self) {
        self.open.clear();
    }
}

/// # Errors
/// When it is outside or not there.
pub fn stat(grants: &Grants, path: &str, follow: bool) -> Answer {
    grants.files(Access::Read, path)?;
    let metadata = if follow {
        let real = resolve(grants, path)?;
        fs::symlink_metadata(&real).map_err(|error| of_io(&error, path))?
    } else {
        let place = resolve_last(grants, path)?;
        fs::symlink_metadata(&place).map_err(|error| of_io(&error, path))?
    };
    if kind(&metadata) == "other" {
        return Err(not_regular(path));
    }
    plain(stat_json(&metadata))
}

/// Names and kinds of a folder.
///
/// # Errors
/// When it is outside, not there, or no folder.
pub fn list(grants: &Grants, path: &str) -> Answer {
    grants.files(Access::Read, path)?;
    let real = resolve(grants, path)?;
    let entries = fs::read_dir(&real).map_err(|error| of_io(&error, path))?;
    let (mut names, mut bytes) = (Vec::new(), 0);
    for entry in entries {
        let entry = entry.map_err(|error| of_io(&error, path))?;
        let Ok(file_type) = entry.file_type() else {
            continue;
        };
        let kind = match () {
            () if file_type.is_file() => "file",
            () if file_type.is_dir() => "folder",
            () if file_type.is_symlink() => "link",
            () => "other",
        };
        let name = entry.file_name();
        bytes += name.len();
        if names.len() == MOST_ENTRIES || bytes > MOST_NAMES {
            return Err(Refused::file(
                "EOVERFLOW",
                format!("{path} has more than {MOST_ENTRIES} entries, or too long names"),
            ));
        }
        names.push(json!([name.to_string_lossy(), kind]));
    }
    names.sort_by(|a, b| a[0].as_str().cmp(&b[0].as_str()));
    plain(names)
}

/// # Errors
/// When it is outside or not there.
pub fn real_path(grants: &Grants, path: &str) -> Answer {
    grants.files(Access::Read, path)?;
    plain(resolve(grants, path)?.to_string_lossy())
}

/// Creates or replaces by a temporary file, or appends.
///
/// # Errors
/// When writing is not granted there, or fails.
pub fn write(grants: &Grants, path: &str, bytes: &[u8], append: bool) -> Answer {
    grants.files(Access::Write, path)?;
    let place = resolve_new(grants, path)?;
    if fs::symlink_metadata(&place).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        return Err(not_regular(path));
    }
    let written = if append {
        let opened = crate::system::open::regular(OpenOptions::new().append(true).create(true), &place);
        opened.and_then(|(mut file, _)| file.write_all(bytes))
    } else {
        crate::system::replace::swap(&place, bytes)
    };
    written.map_err(|error| of_io(&error, path))?;
    plain(Value::Null)
}

/// Whether something that is there may be written.
///
/// # Errors
/// As [`write()`].
pub fn may_write(grants: &Grants, path: &str) -> Answer {
    grants.files(Access::Write, path)?;
    let real = resolve(grants, path)?;
    let metadata = fs::metadata(&real).map_err(|error| of_io(&error, path))?;
    match metadata.permissions().readonly() {
        true => Err(Refused::file("EACCES", format!("permission denied: {path}"))),
        false => plain(Value::Null),
    }
}

/// # Errors
/// As [`write()`].
pub fn make_folder(grants: &Grants, path: &str, recursive: bool) -> Answer {
    grants.files(Access::Write, path)?;
    let lexical = lexical(grants, path)?;
    let made = if recursive {
        // Every folder on the way is decided: the deepest that is there must be inside.
        resolve_ancestor(grants, path, &lexical)?;
        fs::create_dir_all(&lexical)
    } else {
        fs::create_dir(resolve_new(grants, path)?)
    };
    made.map_err(|error| of_io(&error, path))?;
    plain(Value::Null)
}

/// # Errors
/// As [`write()`].
pub fn rename(grants: &Grants, from: &str, to: &str) -> Answer {
    grants.files(Access::Write, from)?;
    let (source, target) = (resolve_last(grants, from)?, resolve_new(grants, to)?);
    for (place, path) in [(&source, from), (&target, to)] {
        if grants.holds_own(place) {
            return Err(Grants::own_files(path));
        }
    }
    fs::rename(source, target).map_err(|error| of_io(&error, from))?;
    plain(Value::Null)
}

/// # Errors
/// As [`write()`].
pub fn remove(grants: &Grants, path: &str) -> Answer {
    grants.files(Access::Write, path)?;
    let place = resolve_last(grants, path)?;
    if grants.holds_own(&place) {
        return Err(Grants::own_files(path));
    }
    fs::remove_file(place).map_err(|error| of_io(&error, path))?;
    plain(Value::Null)
}

/// A regular file, opened where it was decided: its handle leads to the same place.
fn open_file(grants: &Grants, path: &str) -> Result<File, Refused> {
    grants.files(Access::Read, path)?;
    let real = resolve(grants, path)?;
    let metadata = fs::symlink_metadata(&real).map_err(|error| of_io(&error, path))?;
    if metadata.is_dir() {
        return Err(Refused::file("EISDIR", format!("{path} is a folder")));
    }
    if !metadata.is_file() {
        return Err(not_regular(path));
    }
    let file = open_without_links(&real).map_err(|error| of_io(&error, path))?;
    let opened = file.metadata().map_err(|error| of_io(&error, path))?;
    if !opened.is_file() {
        return Err(not_regular(path));
    }
    if !is_same(&metadata, &opened) {
        return Err(grants.outside(path));
    }
    Ok(file)
}

/// No link is followed anywhere on the way, and nothing is waited for.
#[cfg(target_os = "linux")]
fn open_without_links(path: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    match openat2(
        CWD,
        path,
        flags,
        Mode::empty(),
        ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
    ) {
        Ok(file) => Ok(File::from(file)),
        Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => open_last_without_link(path),
        Err(error) => Err(error.into()),
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn open_without_links(path: &Path) -> io::Result<File> {
    open_last_without_link(path)
}

#[cfg(unix)]
fn open_last_without_link(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    match fs::canonicalize(path)? == path {
        true => Ok(file),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

#[cfg(not(unix))]
fn open_without_links(path: &Path) -> io::Result<File> {
    let (file, _) = crate::system::open::open(path)?;
    match fs::canonicalize(path)? == path {
        true => Ok(file),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

#[cfg(unix)]
fn is_same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn is_same(a: &Metadata, b: &Metadata) -> bool {
    a.len() == b.len() && a.modified().ok() == b.modified().ok()
}

/// The place that a path means by name; inside a granted folder by name.
fn lexical(grants: &Grants, path: &str) -> Result<PathBuf, Refused> {
    if path.contains('\0') {
        return Err(grants.outside(path));
    }
    let full = Path::new(path);
    if !full.is_absolute() {
        return Err(grants.outside(path));
    }
    let place = collapse(full);
    if grants.is_closed(&place) {
        return Err(Grants::own_files(path));
    }
    // A root may be named by where its link leads, too.
    let is_inside = grants.has_every_path()
        || grants
            .roots()
            .iter()
            .any(|root| place.starts_with(root) || fs::canonicalize(root).is_ok_and(|real| place.starts_with(real)));
    if is_inside {
        Ok(place)
    } else {
        Err(grants.outside(path))
    }
}

/// Where a path leads, links included: inside, or refused with the one text.
pub fn resolve(grants: &Grants, path: &str) -> Result<PathBuf, Refused> {
    let place = lexical(grants, path)?;
    match fs::canonicalize(&place) {
        Ok(real) => decided(grants, path, real),
        Err(error) => {
            resolve_ancestor(grants, path, &place)?;
            Err(of_io(&error, path))
        }
    }
}

/// As [`resolve`], but a link at the end is not followed.
fn resolve_last(grants: &Grants, path: &str) -> Result<PathBuf, Refused> {
    let place = lexical(grants, path)?;
    let (Some(parent), Some(name)) = (place.parent(), place.file_name()) else {
        return resolve(grants, path);
    };
    match fs::canonicalize(parent) {
        Ok(real) => decided(grants, path, real.join(name)),
        Err(error) => {
            resolve_ancestor(grants, path, &place)?;
            Err(of_io(&error, path))
        }
    }
}

/// Where something new would be: its folder is there and inside, and it is no link that leads out.
fn resolve_new(grants: &Grants, path: &str) -> Result<PathBuf, Refused> {
    let place = resolve_last(grants, path)?;
    match fs::symlink_metadata(&place) {
        Ok(metadata) if metadata.is_symlink() => resolve(grants, path),
        _ => Ok(place),
    }
}

/// For what is not there: the deepest folder on the way that is there must be inside, or above a root.
fn resolve_ancestor(grants: &Grants, path: &str, place: &Path) -> Result<(), Refused> {
    for ancestor in place.ancestors().skip(1) {
        if let Ok(real) = fs::canonicalize(ancestor) {
            let is_above = grants
                .roots()
                .iter()
                .any(|root| root.starts_with(ancestor) && root != ancestor);
            return match is_above && real == ancestor {
                true => Ok(()),
                false => decided(grants, path, real).map(|_| ()),
            };
        }
        // A link on the way whose end is missing may lead anywhere.
        if fs::symlink_metadata(ancestor).is_ok() {
            return Err(grants.outside(path));
        }
    }
    Err(grants.outside(path))
}

fn decided(grants: &Grants, path: &str, real: PathBuf) -> Result<PathBuf, Refused> {
    if grants.is_closed(&real) {
        return Err(Grants::own_files(path));
    }
    let is_inside = grants.has_every_path()
        || grants
            .roots()
            .iter()
            .any(|root| fs::canonicalize(root).is_ok_and(|root| real.starts_with(root)));
    if is_inside { Ok(real) } else { Err(grants.outside(path)) }
}

fn not_regular(path: &str) -> Refused {
    Refused::file("EINVAL", format!("{path} is neither a regular file nor a folder"))
}

fn of_io(error: &io::Error, path: &str) -> Refused {
    let (code, what) = match error.kind() {
        io::ErrorKind::NotFound => ("ENOENT", "no such file or directory"),
        io::ErrorKind::NotADirectory => ("ENOTDIR", "not a directory"),
        io::ErrorKind::IsADirectory => ("EISDIR", "is a directory"),
        io::ErrorKind::PermissionDenied => ("EACCES", "permission denied"),
        io::ErrorKind::AlreadyExists => ("EEXIST", "is there already"),
        io::ErrorKind::DirectoryNotEmpty => ("ENOTEMPTY", "is not empty"),
        _ => ("EIO", "cannot be read or written"),
    };
    Refused::file(code, format!("{what}: {path}"))
}

fn kind(metadata: &Metadata) -> &'static str {
    let file_type = metadata.file_type();
    match () {
        () if file_type.is_file() => "file",
        () if file_type.is_dir() => "folder",
        () if file_type.is_symlink() => "link",
        () => "other",
    }
}

fn stat_json(metadata: &Metadata) -> Value {
    let time = |time: io::Result<SystemTime>| {
        let since = time.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        since.map(|since| (since.as_secs(), since.subsec_nanos()))
    };
    json!({
        "size": metadata.len(),
        "kind": kind(metadata),
        "ino": inode(metadata),
        "mtime": time(metadata.modified()).unwrap_or_default(),
        "birthtime": time(metadata.created()),
        "ctime": changed(metadata),
        "atime": time(metadata.accessed()),
    })
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> Option<(i64, i64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.ctime(), metadata.ctime_nsec()))
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> Option<(i64, i64)> {
    None
}
