//! Other programs: their location on PATH and their version.

use super::{Os, System, children};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a program may take to print its version.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longer answers are no version.
const MOST_CHARS: usize = 60;

/// A program by its name, as a shell would find it.
pub fn find_program(name: &str, system: &System) -> Option<PathBuf> {
    let endings: &[&str] = if system.os == Os::Windows {
        &[".exe", ".cmd", ".bat", ""]
    } else {
        &[""]
    };
    std::env::split_paths(system.var("PATH")?)
        .flat_map(|folder| endings.iter().map(move |ending| folder.join(format!("{name}{ending}"))))
        .find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// Detaches this process and lowers its priority.
#[cfg(unix)]
pub fn step_back() {
    // It works as well in a session and at a priority that cannot be changed.
    let _ = rustix::process::setsid();
    let _ = rustix::process::nice(10);
}

/// Does nothing: this system has no sessions to detach from.
#[cfg(not(unix))]
pub fn step_back() {}

/// The first line of `program --version` that contains a digit; `None` on timeout.
pub fn version_of(program: &Path) -> Option<String> {
    let ended = children::run(program, ["--version"], &[], PATIENCE).ok()?;
    let text = String::from_utf8_lossy(&ended.stdout);
    let line = text
        .lines()
        .find(|line| line.bytes().any(|byte| byte.is_ascii_digit()))?;
    Some(
        line.chars()
            .filter(|character| !character.is_control())
            .take(MOST_CHARS)
            .collect::<String>()
            .trim()
            .to_owned(),
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn finds_what_can_be_run_and_asks_its_version() {
        let dir = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str, mode| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).expect("written");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("set");
        };
        write("agent", "#!/bin/sh\nprintf 'hello\\nagent v1.2.3\\033[0m\\n'\n", 0o755);
        write("plain", "no program", 0o644);
        write("silent", "#!/bin/sh\nexit 1\n", 0o755);
        let env = BTreeMap::from([("PATH".to_owned(), dir.path().to_string_lossy().into_owned())]);
        let system = System::new(Os::Linux, dir.path(), env);
        let found = find_program("agent", &system).expect("found");
        assert_eq!(version_of(&found).as_deref(), Some("agent v1.2.3[0m"));
        assert_eq!(find_program("plain", &system), None);
        assert_eq!(version_of(&find_program("silent", &system).expect("found")), None);
    }
}
