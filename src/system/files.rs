//! File identity: what tells whether a file is the same one, and whether it changed.

use std::fs::Metadata;
use std::io;
use std::path::Path;

/// What a `stat` says of a file. On systems without identity numbers `device` and `inode` are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stamp {
    pub device: u64,
    pub inode: u64,
    pub size: u64,
    /// Nanoseconds since the epoch.
    pub modified_ns: i64,
}

/// Whether a file is the user's (or the system's) and nobody else can write to it. Always so where files have no
/// owner that could be asked.
#[cfg(unix)]
pub fn is_trusted(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let own = rustix::process::geteuid().as_raw();
    std::fs::metadata(path).is_ok_and(|file| (file.uid() == own || file.uid() == 0) && file.mode() & 0o022 == 0)
}

/// Whether a file is the user's (or the system's) and nobody else can write to it. Always so where files have no
/// owner that could be asked.
#[cfg(not(unix))]
pub fn is_trusted(path: &Path) -> bool {
    path.exists()
}

impl Stamp {
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

    /// Whether both are the same file, whatever was written to it since.
    pub fn is_same_file(&self, other: &Self) -> bool {
        self.device == other.device && self.inode == other.inode
    }
}

/// Whether a folder lies on a network file system, where a write-ahead log's shared memory does not work
/// and nobody tells what another machine writes.
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

/// Elsewhere nobody can tell.
#[cfg(not(target_os = "linux"))]
pub fn is_network_folder(_folder: &Path) -> bool {
    false
}
