//! The scene of a case: a copy of it and a home, made anew and removed at the end.

use crate::system::open;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

/// Folders that exist as long as this does.
#[derive(Debug)]
pub(super) struct Scene {
    root: PathBuf,
    /// The copy of the case.
    pub case: PathBuf,
    pub home: PathBuf,
    before: BTreeMap<PathBuf, Vec<u8>>,
}

impl Scene {
    pub(super) fn build(folder: &Path, spec: &Value) -> Result<Self> {
        let root = new_folder()?;
        let mut scene = Self {
            case: root.join("case"),
            home: root.join("home"),
            root,
            before: BTreeMap::new(),
        };
        copy(folder, &scene.case)?;
        fs::create_dir_all(&scene.home)?;
        let own = spec["home"]
            .as_str()
            .or_else(|| folder.join("home").is_dir().then_some("home"));
        for from in [spec["commonHome"].as_str(), own].into_iter().flatten() {
            copy(&folder.join(from), &scene.home)?;
        }
        for (link, target) in texts(&spec["links"]) {
            make_link(Path::new(target), &scene.home.join(link))?;
        }
        for (link, target) in texts(&spec["caseLinks"]) {
            let beside = folder.join(link);
            let target = beside.parent().unwrap_or(folder).join(target);
            make_link(&fs::canonicalize(&target).unwrap_or(target), &scene.case.join(link))?;
        }
        for pipe in spec["fifos"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            make_pipe(&scene.home.join(pipe))?;
        }
        for (file, sql) in texts(&spec["sqlite"]) {
            let path = scene.home.join(file);
            fs::create_dir_all(path.parent().unwrap_or(&scene.home))?;
            rusqlite::Connection::open(path)?.execute_batch(sql)?;
        }
        for (file, at) in texts(&spec["mtimesNs"]) {
            let at = UNIX_EPOCH + Duration::from_nanos(at.parse().context("mtimesNs")?);
            fs::File::options()
                .write(true)
                .open(scene.home.join(file))?
                .set_modified(at)?;
        }
        scene.before = contents(&scene.home)?;
        Ok(scene)
    }

    /// Files of the home that are new, gone or different, with what they hold now.
    pub(super) fn changed(&self) -> Vec<(String, String)> {
        let after = contents(&self.home).unwrap_or_default();
        let all = self
            .before
            .keys()
            .chain(after.keys())
            .collect::<std::collections::BTreeSet<_>>();
        let changed = all
            .into_iter()
            .filter(|path| self.before.get(*path) != after.get(*path));
        let now = |path: &PathBuf| after.get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        changed
            .map(|path| (path.to_string_lossy().into_owned(), now(path).unwrap_or_default()))
            .collect()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // What cannot be removed is left to the system.
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn new_folder() -> Result<PathBuf> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let base = fs::canonicalize(std::env::temp_dir())?;
    for _ in 0..100 {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = base.join(format!("ttop-case-{}-{number}", std::process::id()));
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    bail!("no temporary folder could be made in {}", base.display())
}

/// Copies a folder; links stay links.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    let entries = fs::read_dir(from).with_context(|| format!("could not read {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let (source, target, kind) = (entry.path(), to.join(entry.file_name()), entry.file_type()?);
        if kind.is_dir() {
            copy(&source, &target)?;
        } else if kind.is_symlink() {
            make_link(&fs::read_link(&source)?, &target)?;
        } else {
            // Not `fs::copy`: a read-only original must not make a read-only copy.
            fs::write(&target, open::read(&source, open::Most::CONVERSATION)?)?;
        }
    }
    Ok(())
}

fn texts(map: &Value) -> impl Iterator<Item = (&str, &str)> {
    let all = map.as_object().into_iter().flatten();
    all.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
}

#[cfg(unix)]
fn make_link(target: &Path, at: &Path) -> Result<()> {
    fs::create_dir_all(at.parent().unwrap_or(Path::new("/")))?;
    Ok(std::os::unix::fs::symlink(target, at)?)
}

#[cfg(not(unix))]
fn make_link(_: &Path, at: &Path) -> Result<()> {
    bail!("{}: links need Unix", at.display())
}

#[cfg(target_os = "linux")]
fn make_pipe(at: &Path) -> Result<()> {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    Ok(mknodat(CWD, at, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?)
}

#[cfg(not(target_os = "linux"))]
fn make_pipe(at: &Path) -> Result<()> {
    bail!("{}: pipes need Linux", at.display())
}

/// Every file by its place, with what it holds.
fn contents(root: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            let place = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                all.insert(place, open::read(&path, open::Most::CONVERSATION)?);
            }
        }
    }
    Ok(all)
}
