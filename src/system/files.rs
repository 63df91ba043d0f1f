//! File identity: detects whether a path still names the same file, and whether the file changed.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Kernel timestamps are coarse: a file written less than this before it was checked may be written again with the same
/// timestamp.
const SETTLED: Duration = Duration::from_secs(2);

/// The result of `stat`. `device` and `inode` are 0 on systems without file ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stamp {
    pub device: u64,
    pub inode: u64,
    pub size: u64,
    /// Nanoseconds since the epoch.
    pub modified_ns: i64,
}

/// Whether the user (or root) owns the file and no other user can write to it. Always true on systems without file
/// owners.
#[cfg(unix)]
pub fn is_trusted(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let own = rustix::process::geteuid().as_raw();
    std::fs::metadata(path).is_ok_and(|file| (file.uid() == own || file.uid() == 0) && file.mode() & 0o022 == 0)
}

/// Whether the user (or root) owns the file and no other user can write to it. Always true on systems without file
/// owners.
#[cfg(not(unix))]
pub fn is_trusted(path: &Path) -> bool {
    path.exists()
}

impl Stamp {
    /// The stamp of several files: it changes with each of them.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        Self {
            device: self.device.wrapping_add(other.device),
            inode: self.inode.wrapping_add(other.inode),
            size: self.size.wrapping_add(other.size),
            modified_ns: self.modified_ns.max(other.modified_ns),
        }
    }

    /// # Errors
    /// Those of `stat`; follows symbolic links.
    pub fn read(path: &Path) -> io::Result<Self> {
        Ok(Self::of(&std::fs::metadata(path)?))
    }

    #[cfg(unix)]
    pub fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified_ns: metadata
                .mtime()
                .saturating_mul(1_000_000_000)
                .saturating_add(metadata.mtime_nsec()),
        }
    }

    #[cfg(not(unix))]
    pub fn of(metadata: &Metadata) -> Self {
        let modified = metadata
            .modified()
            .ok()
            .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let modified_ns = modified
            .and_then(|since| i64::try_from(since.as_nanos()).ok())
            .unwrap_or(0);
        Self {
            device: 0,
            inode: 0,
            size: metadata.len(),
            modified_ns,
        }
    }

    /// Whether each write after the moment of the look gives the file another stamp.
    pub fn is_settled(&self, looked_at: SystemTime) -> bool {
        let Ok(now) = looked_at.duration_since(SystemTime::UNIX_EPOCH) else {
            return false;
        };
        // A file with a future timestamp never settles: it is checked each time.
        i128::from(self.modified_ns) + (SETTLED.as_nanos() as i128) < now.as_nanos() as i128
    }

    /// Whether both are the same file, even if its content changed.
    pub fn is_same_file(&self, other: &Self) -> bool {
        self.device == other.device && self.inode == other.inode
    }
}

/// Looks at many files, neighbors one after the other: relative to their folder, which takes half the time of a look by
/// full path.
#[derive(Default)]
pub struct Neighbors {
    #[cfg(unix)]
    folder: Option<(std::path::PathBuf, std::os::fd::OwnedFd)>,
}

impl Neighbors {
    /// Same as [`Stamp::read`], for an open file.
    ///
    /// # Errors
    /// Those of `stat`.
    #[cfg(unix)]
    pub fn stamp(&mut self, path: &Path) -> io::Result<Stamp> {
        use rustix::fs::{AtFlags, Mode, OFlags, openat, statat};
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Stamp::read(path);
        };
        // As bytes: a comparison by components takes longer than the look.
        let is_known = |(known, _): &(std::path::PathBuf, _)| known.as_os_str() == parent.as_os_str();
        if !self.folder.as_ref().is_some_and(is_known) {
            // Where a handle can be had without opening, its watchers hear nothing of it.
            #[cfg(target_os = "linux")]
            let way = OFlags::PATH;
            #[cfg(not(target_os = "linux"))]
            let way = OFlags::RDONLY;
            let flags = way | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let folder = openat(rustix::fs::CWD, parent, flags, Mode::empty())?;
            self.folder = Some((parent.to_path_buf(), folder));
        }
        let Some((_, folder)) = &self.folder else {
            return Stamp::read(path);
        };
        let found = statat(folder, name, AtFlags::empty())?;
        let seconds = found.st_mtime;
        let nanos = i64::try_from(found.st_mtime_nsec).unwrap_or(0);
        Ok(Stamp {
            device: found.st_dev as u64,
            inode: found.st_ino as u64,
            size: u64::try_from(found.st_size).unwrap_or(0),
            modified_ns: seconds.saturating_mul(1_000_000_000).saturating_add(nanos),
        })
    }

    /// Same as [`Stamp::read`], for an open file.
    ///
    /// # Errors
    /// Those of `stat`.
    #[cfg(not(unix))]
    pub fn stamp(&mut self, path: &Path) -> io::Result<Stamp> {
        Stamp::read(path)
    }
}

/// Whether a folder is on a network file system, where the shared memory of a write-ahead log does not work and changes
/// by other machines cause no notifications.
#[cfg(target_os = "linux")]
pub fn is_network_folder(folder: &Path) -> bool {
    // From linux/magic.h: NFS, SMB, CIFS, SMB2, AFS, CODA, 9P, FUSE (sshfs and the like), Ceph.
    const NETWORK: [u64; 9] = [
        0x6969,
        0x517b,
        0xff53_4d42,
        0xfe53_4d42,
        0x5346_414f,
        0x7375_7245,
        0x0102_1997,
        0x6573_5546,
        0x00c3_6400,
    ];
    rustix::fs::statfs(folder).is_ok_and(|found| NETWORK.contains(&(found.f_type as u64 & 0xffff_ffff)))
}

/// Other systems do not report this.
#[cfg(not(target_os = "linux"))]
pub fn is_network_folder(_folder: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_beside_the_last_one_tells_the_same() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(dir.path().join("a")).expect("a folder");
        let mut neighbors = Neighbors::default();
        for name in ["x", "y", "a/z", "w"] {
            let path = dir.path().join(name);
            assert!(neighbors.stamp(&path).is_err());
            std::fs::write(&path, name).expect("written");
            assert_eq!(
                neighbors.stamp(&path).expect("a file"),
                Stamp::read(&path).expect("a file")
            );
        }
        assert!(neighbors.stamp(Path::new("/")).is_ok());
    }
}
