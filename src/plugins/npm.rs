//! Packages: names that are plugins, their archives, and how those are unpacked. No script is ever run.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha512};
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use tar::{Archive, EntryType};

const MOST_FILES: usize = 512;
const MOST_BYTES: u64 = 32 << 20;
const KINDS: [&str; 4] = ["provider", "agent", "theme", "notification"];

/// A package of the name that plugins have, and the version that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    pub name: String,
    pub version: Option<String>,
}

/// Reads `NAME` or `NAME@VERSION`.
///
/// # Errors
/// When the name is no plugin's, or the version is not exact.
pub fn parse(text: &str) -> Result<Package, String> {
    let at = text.get(1..).and_then(|rest| rest.find('@')).map(|at| at + 1);
    let (name, version) = match at {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    if !is_plugin_name(name) {
        return Err(format!(
            "'{}' is not a plugin: expected @tokentop/<type>-NAME, tokentop-<type>-NAME or @SCOPE/tokentop-<type>-NAME, where <type> is one of {}",
            name.chars().take(80).collect::<String>(),
            KINDS.join(", ")
        ));
    }
    if let Some(version) = version
        && !is_exact_version(version)
    {
        return Err(format!(
            "'{}': expected an exact version, such as 1.2.3",
            version.chars().take(80).collect::<String>()
        ));
    }
    Ok(Package {
        name: name.to_owned(),
        version: version.map(str::to_owned),
    })
}

/// Whether a name is one that plugins have.
pub fn is_plugin_name(name: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word.len() <= 100
            && word.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.'))
            && !word.contains("..")
    };
    let is_kind = |rest: &str| {
        KINDS.iter().any(|kind| {
            rest.strip_prefix(kind)
                .and_then(|rest| rest.strip_prefix('-'))
                .is_some_and(is_word)
        })
    };
    match name.strip_prefix('@').map(|rest| rest.split_once('/')) {
        Some(Some(("tokentop", rest))) => is_kind(rest) || rest.strip_prefix("tokentop-").is_some_and(is_kind),
        Some(Some((scope, rest))) => is_word(scope) && rest.strip_prefix("tokentop-").is_some_and(is_kind),
        Some(None) => false,
        None => name.strip_prefix("tokentop-").is_some_and(is_kind),
    }
}

fn is_exact_version(text: &str) -> bool {
    let (numbers, rest) = match text.find(['-', '+']) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, "0"),
    };
    let mut parts = numbers.split('.');
    let is_number = |part: Option<&str>| {
        part.is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    is_number(parts.next())
        && is_number(parts.next())
        && is_number(parts.next())
        && parts.next().is_none()
        && !rest.is_empty()
        && rest
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'))
}

/// Where a package is kept. `NAME` alone is the version that was added last.
pub fn home_of(data: &Path, spec: &str) -> PathBuf {
    let Ok(package) = parse(spec) else {
        // No such folder: the source is then refused by its label.
        return data.join("npm").join("not-a-plugin");
    };
    let folder = |version: &str| {
        data.join("npm")
            .join(format!("{}@{version}", package.name.replace('/', "+")))
    };
    match &package.version {
        Some(version) => folder(version),
        None => {
            let current = crate::system::open::read_text(
                &data
                    .join("npm")
                    .join(format!("{}.version", package.name.replace('/', "+"))),
                crate::system::open::Most::WORD,
            );
            folder(current.unwrap_or_default().trim())
        }
    }
}

/// What the registry's document says of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub version: String,
    /// The archive: on the same host as the document.
    pub archive: String,
    pub integrity: String,
}

/// Reads the registry's document.
///
/// # Errors
/// When the version is not there, has no sha512, or its archive is elsewhere.
pub fn release(document: &[u8], package: &Package, host: &str) -> Result<Release, String> {
    let document: Value =
        serde_json::from_slice(document).map_err(|_| "the registry's answer is not JSON".to_owned())?;
    let latest = document["dist-tags"]["latest"].as_str();
    let version = package
        .version
        .as_deref()
        .or(latest)
        .ok_or("the registry names no version")?;
    let entry = &document["versions"][version];
    if document["name"] != package.name.as_str() || entry["version"] != version {
        return Err(format!("the registry has no version {version} of {}", package.name));
    }
    let text = |key: &str| entry["dist"][key].as_str().unwrap_or_default().to_owned();
    let (archive, integrity) = (text("tarball"), text("integrity"));
    let is_same_host = url::Url::parse(&archive).is_ok_and(|url| {
        url.scheme() == "https" && url.host_str() == Some(host) && url.port().is_none() && url.username().is_empty()
    });
    if !is_same_host {
        return Err("the registry's archive is on another host".to_owned());
    }
    if !integrity.starts_with("sha512-") {
        return Err("the registry gives no sha512 of the archive".to_owned());
    }
    Ok(Release {
        version: version.to_owned(),
        archive,
        integrity,
    })
}

/// Whether an archive is the one that was promised.
pub fn is_intact(archive: &[u8], integrity: &str) -> bool {
    let digest = STANDARD.encode(Sha512::digest(archive));
    integrity
        .split_whitespace()
        .any(|one| one.strip_prefix("sha512-") == Some(digest.as_str()))
}

/// Unpacks an archive into a folder that does not exist yet: whole or not at all.
///
/// # Errors
/// When it holds anything but regular files below `package/`, or too much.
pub fn unpack(archive: &[u8], into: &Path) -> Result<(), String> {
    let files = read_archive(archive)?;
    let temporary = into.with_extension("partial");
    let failed = |error: std::io::Error| format!("could not be unpacked: {error}");
    // What a run that was ended left behind.
    let _ = fs::remove_dir_all(&temporary);
    crate::system::replace::create_private_folder(&temporary).map_err(failed)?;
    for (path, bytes) in &files {
        let target = temporary.join(path);
        let written =
            fs::create_dir_all(target.parent().unwrap_or(&temporary)).and_then(|()| fs::write(&target, bytes));
        if let Err(error) = written {
            let _ = fs::remove_dir_all(&temporary);
            return Err(failed(error));
        }
    }
    let _ = fs::remove_dir_all(into);
    fs::rename(&temporary, into).map_err(failed)
}

/// The files of an archive, by their place below `package/`.
///
/// # Errors
/// As [`unpack`].
pub fn read_archive(archive: &[u8]) -> Result<Vec<(PathBuf, Vec<u8>)>, String> {
    let broken = |_| "the archive is damaged".to_owned();
    let mut archive = Archive::new(GzDecoder::new(archive).take(MOST_BYTES + 1));
    let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    let mut left = MOST_BYTES;
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(|_| match left {
            0 => too_large(),
            _ => "the archive is damaged".to_owned(),
        })?;
        let path = entry.path().map_err(broken)?.into_owned();
        let shown = path.display().to_string().chars().take(120).collect::<String>();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::Directory | EntryType::XGlobalHeader => continue,
            _ => return Err(format!("the archive holds something that is no regular file: {shown}")),
        }
        let place = place(&path).ok_or_else(|| format!("the archive leads out of its folder: {shown}"))?;
        if files.len() >= MOST_FILES {
            return Err(format!("the archive has more than {MOST_FILES} files"));
        }
        if files.iter().any(|(known, _)| *known == place) {
            return Err(format!("the archive has {shown} twice"));
        }
        let mut bytes = Vec::new();
        entry.by_ref().take(left + 1).read_to_end(&mut bytes).map_err(broken)?;
        left = left.checked_sub(bytes.len() as u64).ok_or_else(too_large)?;
        files.push((place, bytes));
    }
    match files.is_empty() {
        true => Err("the archive is empty".to_owned()),
        false => Ok(files),
    }
}

fn too_large() -> String {
    "the archive has more than 32 MiB".to_owned()
}

/// The place below `package/`; nothing for any other way to write a path.
fn place(path: &Path) -> Option<PathBuf> {
    let mut components = path.components();
    if components.next() != Some(Component::Normal("package".as_ref())) {
        return None;
    }
    let rest: PathBuf = components.as_path().to_path_buf();
    let is_plain = rest
        .components()
        .all(|component| matches!(component, Component::Normal(_)));
    let text = rest.to_str()?;
    (is_plain && !text.is_empty() && !text.contains(['\\', '\0', ':'])).then_some(rest)
}
