//! A credential file: read whole within bounds, parsed, and wiped from memory afterwards.

use crate::core::credential::{Content, Credential, Fault, Kind, Rank, Secret};
use crate::system::open::{self, Most};
use crate::system::{Os, System, jsonc};
use serde_json::{Map, Value};
use std::io::ErrorKind;
use std::path::Path;
use zeroize::{Zeroize, Zeroizing};

/// Larger files are not read; real ones have a few kilobytes.
const MAX_BYTES: u64 = 16 << 20;
/// Deeper nesting than any tool writes: a bomb, not a credential.
const MAX_DEPTH: usize = 100;

/// The content of a credential file.
pub(crate) struct CredentialFile {
    pub origin: String,
    pub mode: Option<u32>,
    pub is_empty: bool,
    pub root: Result<Object, Fault>,
}

impl CredentialFile {
    /// `None` when nothing is there.
    pub(crate) fn read(path: &Path, system: &System) -> Option<Self> {
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => Some(metadata),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return None,
            // A loop of links, or a folder that may not be entered.
            Err(_) => None,
        };
        // A pipe in place of the file would block: only regular files are opened.
        let root = match &metadata {
            Some(metadata) if metadata.is_file() && metadata.len() <= MAX_BYTES => read_object(path),
            _ => Err(Fault::Unreadable),
        };
        Some(Self {
            origin: origin(path, system),
            mode: metadata.as_ref().filter(|metadata| metadata.is_file()).and_then(mode),
            is_empty: metadata.is_some_and(|metadata| metadata.is_file() && metadata.len() == 0),
            root,
        })
    }

    /// A credential of this file.
    pub(crate) fn credential(
        &self,
        provider: &str,
        kind: Kind,
        source: &'static str,
        rank: Rank,
        content: Content,
    ) -> Credential {
        Credential {
            origin: self.origin.clone(),
            file_mode: self.mode,
            ..Credential::new(provider, kind, source, rank, content)
        }
    }

    /// The root object, or the credential that describes why there is none.
    pub(crate) fn object(
        &self,
        provider: &str,
        kind: Kind,
        source: &'static str,
        rank: Rank,
    ) -> Result<&Object, Box<Credential>> {
        self.root
            .as_ref()
            .map_err(|fault| Box::new(self.credential(provider, kind, source, rank, Content::Malformed(*fault))))
    }
}

/// A path as rows show it: `~/…`, with `/` on every system.
pub(crate) fn origin(path: &Path, system: &System) -> String {
    let shown = system.tilde(path);
    if system.os == Os::Windows {
        shown.replace('\\', "/")
    } else {
        shown
    }
}

#[cfg(unix)]
pub(crate) fn mode(metadata: &std::fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    Some(metadata.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
pub fn mode(_: &std::fs::Metadata) -> Option<u32> {
    None
}

fn read_object(path: &Path) -> Result<Object, Fault> {
    let bytes = open::read(path, Most(MAX_BYTES)).map_err(|_| Fault::Unreadable)?;
    let bytes = Zeroizing::new(bytes);
    Object::parse(&bytes)
}

/// A parsed JSON object whose texts are wiped from memory when it is dropped.
pub(crate) struct Object(Map<String, Value>);

impl Object {
    /// JSON, also with a byte order mark, comments or trailing commas.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|_| Fault::InvalidJson)?;
        if is_too_deep(text) {
            return Err(Fault::InvalidJson);
        }
        match parse_value(text) {
            Some(Value::Object(map)) => Ok(Self(map)),
            Some(mut other) => {
                wipe(&mut other);
                Err(Fault::WrongShape)
            }
            None => Err(Fault::InvalidJson),
        }
    }
}

impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Object(…)")
    }
}

impl std::ops::Deref for Object {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(map) => map.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn parse_value(text: &str) -> Option<Value> {
    let with_comments = || {
        let value = jsonc::parse(text).ok();
        // Nothing at all is read as null there.
        value.filter(|value| !value.is_null())
    };
    serde_json::from_str(text).ok().or_else(with_comments)
}

/// Counts brackets outside of strings; those in comments only make it stricter.
fn is_too_deep(text: &str) -> bool {
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

/// The text under a key; blank counts as absent.
pub(crate) fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// The text under a key, as a value of its own.
pub(crate) fn owned(object: &Map<String, Value>, key: &str) -> Option<String> {
    text(object, key).map(str::to_owned)
}

pub(crate) fn secret(object: &Map<String, Value>, key: &str) -> Option<Secret> {
    text(object, key).and_then(Secret::new)
}

/// A time under a key, in epoch milliseconds: a number or numeric text in `unit_ms`; 0 means no expiry.
pub(crate) fn expiry(object: &Map<String, Value>, key: &str, unit_ms: i64) -> Option<i64> {
    let value = object.get(key)?;
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (number.is_finite() && number != 0.0).then_some((number * unit_ms as f64) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(bytes: &[u8]) -> Option<Fault> {
        Object::parse(bytes).err()
    }

    #[test]
    fn comments_marks_and_line_ends_do_no_harm() {
        let text = b"\xEF\xBB\xBF// a login\r\n{\"url\": \"https://x\", /* { */ \"key\": \"k\",\r\n}";
        assert_eq!(
            Object::parse(text).ok().and_then(|map| owned(&map, "key")),
            Some("k".into())
        );
    }

    #[test]
    fn damage_has_a_name() {
        assert_eq!(fault(b""), Some(Fault::InvalidJson));
        assert_eq!(fault(b"{\"a\": {\"key\": \"trunc"), Some(Fault::InvalidJson));
        assert_eq!(fault(b"\x00\x9f\x80"), Some(Fault::InvalidJson));
        assert_eq!(fault(b"[1]"), Some(Fault::WrongShape));
        assert_eq!(fault(b"null"), Some(Fault::WrongShape));
        assert_eq!(fault("{\"a\":".repeat(100_000).as_bytes()), Some(Fault::InvalidJson));
    }

    #[test]
    fn expiry_reads_numbers_in_both_spellings() {
        let map = Object::parse(br#"{"a": 2, "b": "3", "c": 0, "d": "soon", "e": 1.5}"#).expect("an object");
        let read = |key| expiry(&map, key, 1000);
        assert_eq!((read("a"), read("b"), read("e")), (Some(2000), Some(3000), Some(1500)));
        assert_eq!((read("c"), read("d"), read("x")), (None, None, None));
    }
}
