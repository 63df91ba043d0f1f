//! The background service of OpenCode 2: what it wrote down so that interfaces find it.

use crate::agents::opencode::Family;
use crate::core::credential::Secret;
use crate::system::System;
use crate::system::http::loopback_address;
use crate::system::open::{self, Most};
use serde::Deserialize;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A registration, as far as it may be trusted without a look at the process.
pub(super) struct Registration {
    /// For its time of writing.
    pub path: PathBuf,
    pub pid: u32,
    pub address: SocketAddr,
    pub password: Option<Secret>,
    pub version: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    pid: u32,
    url: String,
    password: Option<String>,
    version: Option<String>,
}

/// All registrations: one per channel, `service.json`, `service-<channel>.json`, at first `server.json`.
pub(super) fn registrations(family: &Family, system: &System) -> Vec<Registration> {
    let folder = system.state_dir().join(family.stem);
    let is_registration = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        (name.starts_with("service") || name.starts_with("server")) && name.ends_with(".json")
    };
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(is_registration)
        .collect();
    paths.sort();
    paths.into_iter().filter_map(read).collect()
}

fn read(path: PathBuf) -> Option<Registration> {
    if !is_private(&path) {
        return None;
    }
    let entry: Entry = serde_json::from_slice(&open::read(&path, Most::NOTE).ok()?).ok()?;
    Some(Registration {
        pid: entry.pid,
        // Anything else could be made to send the password away.
        address: loopback_address(&entry.url)?,
        password: entry.password.as_deref().and_then(Secret::new),
        version: entry.version,
        path,
    })
}

/// Whether only its owner, the user who runs ttop, can have written it.
#[cfg(unix)]
fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    fs::metadata(path).is_ok_and(|metadata| {
        metadata.uid() == rustix::process::getuid().as_raw() && metadata.mode() & WRITABLE_BY_OTHERS == 0
    })
}

#[cfg(not(unix))]
fn is_private(path: &Path) -> bool {
    path.is_file()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::system::Os;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_private_files_that_name_this_machine_by_number_count() {
        let dir = tempfile::tempdir().expect("a folder");
        let system = System::new(Os::Linux, dir.path(), Default::default());
        let folder = system.state_dir().join("opencode");
        fs::create_dir_all(&folder).expect("folders");
        let write = |name: &str, text: &str, mode: u32| {
            fs::write(folder.join(name), text).expect("written");
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(mode)).expect("mode");
        };
        write(
            "service.json",
            r#"{"id":"x","pid":7,"url":"http://127.0.0.1:49374","password":"canary"}"#,
            0o600,
        );
        write(
            "service-dev.json",
            r#"{"pid":8,"url":"http://[::1]:1/","version":"2.1.4"}"#,
            0o644,
        );
        write(
            "service-a.json",
            r#"{"pid":9,"url":"http://192.0.2.1:49374","password":"canary"}"#,
            0o600,
        );
        write("service-b.json", r#"{"pid":9,"url":"http://127.0.0.1:1"}"#, 0o666);
        write("service-c.json", r#"{"pid":9,"#, 0o600);
        write("other.json", r#"{"pid":9,"url":"http://127.0.0.1:1"}"#, 0o600);
        let found = registrations(&crate::agents::opencode::OPENCODE, &system);
        let seen: Vec<_> = found.iter().map(|one| (one.pid, one.address.to_string())).collect();
        assert_eq!(seen, [(8, "[::1]:1".into()), (7, "127.0.0.1:49374".into())]);
        assert!(found[1].password.is_some());
    }
}
