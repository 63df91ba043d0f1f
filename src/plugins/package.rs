//! `package.json`: where a folder begins.

use serde_json::{Map, Value};
use std::path::Path;

const MOST_BYTES: u64 = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const DEFAULTS: [&str; 5] = ["src/index.ts", "src/index.js", "index.ts", "index.js", "dist/index.js"];

/// The entry of a plugin: its name below the folder, and what was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub file: String,
    pub warnings: Vec<String>,
}

/// Finds the entry of a folder.
///
/// # Errors
/// When there is none, when `package.json` is not JSON, or when it leads out of the folder.
pub fn entry(folder: &Path) -> Result<Entry, String> {
    let mut warnings = Vec::new();
    let manifest = read(folder)?;
    for (key, target) in targets(&manifest) {
        match check(folder, &target) {
            Place::Inside => return Ok(Entry { file: target, warnings }),
            Place::Missing => warnings.push(format!("package.json {key} names {target}, which does not exist")),
            Place::Outside => {
                return Err(format!(
                    "package.json {key} names {target}, which is outside the folder"
                ));
            }
            Place::CommonJs => {
                return Err(format!(
                    "package.json {key} names {target}: CommonJS is not supported, ship an ES module"
                ));
            }
            Place::NoModule => {
                return Err(format!(
                    "package.json {key} names {target}: a plugin file ends in .ts or .js"
                ));
            }
        }
    }
    for target in DEFAULTS {
        match check(folder, target) {
            Place::Inside => {
                return Ok(Entry {
                    file: target.to_owned(),
                    warnings,
                });
            }
            Place::Outside => return Err(format!("{target} leads outside the folder")),
            _ => {}
        }
    }
    let tried = DEFAULTS.join(", ");
    let passed = if warnings.is_empty() {
        String::new()
    } else {
        format!(" ({})", warnings.join("; "))
    };
    Err(format!("no entry point: package.json main or exports, {tried}{passed}"))
}

enum Place {
    Inside,
    Outside,
    Missing,
    CommonJs,
    NoModule,
}

fn check(folder: &Path, target: &str) -> Place {
    let path = folder.join(target);
    let Ok(root) = std::fs::canonicalize(folder) else {
        return Place::Missing;
    };
    let lexical = super::grant::collapse(&path);
    if !lexical.starts_with(super::grant::collapse(folder)) {
        return Place::Outside;
    }
    match std::fs::canonicalize(&path) {
        Err(_) => Place::Missing,
        Ok(real) if !real.starts_with(&root) => Place::Outside,
        Ok(real) if !real.is_file() => Place::Missing,
        Ok(_) if target.ends_with(".cjs") => Place::CommonJs,
        Ok(_) if !target.ends_with(".ts") && !target.ends_with(".js") && !target.ends_with(".mjs") => Place::NoModule,
        Ok(_) => Place::Inside,
    }
}

/// `main`, then `exports`: a text, or what it has for `.`.
fn targets(manifest: &Map<String, Value>) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    let main = manifest.get("main").and_then(Value::as_str);
    if let Some(main) = main.filter(|main| !main.is_empty()) {
        all.push(("main", trimmed(main)));
    }
    let exports = manifest.get("exports");
    let root = exports.and_then(|exports| {
        if exports.is_string() {
            Some(exports)
        } else {
            exports.get(".")
        }
    });
    if let Some(target) = root.and_then(condition) {
        all.push(("exports", trimmed(target)));
    }
    all
}

fn trimmed(target: &str) -> String {
    target.strip_prefix("./").unwrap_or(target).to_owned()
}

/// A text, or the first condition of `import` and `default`.
fn condition(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Object(map) => ["import", "default"]
            .iter()
            .find_map(|key| map.get(*key).and_then(condition)),
        _ => None,
    }
}

/// Files that a package may mean by one of its names, the best first.
pub fn entries(package: &Path, below: &str) -> Vec<String> {
    named(&read(package).unwrap_or_default(), below)
}

/// The same, by the manifest alone.
pub fn named(manifest: &Map<String, Value>, below: &str) -> Vec<String> {
    let key = if below.is_empty() {
        ".".to_owned()
    } else {
        format!("./{below}")
    };
    match manifest.get("exports") {
        Some(exports) => exported(exports, &key).into_iter().collect(),
        None if !below.is_empty() => vec![below.to_owned()],
        None => {
            let main = manifest.get("main").and_then(Value::as_str);
            main.into_iter()
                .chain(["index.ts", "index.js"])
                .map(str::to_owned)
                .collect()
        }
    }
}

/// What `exports` has for a name, patterns with one star included.
fn exported(exports: &Value, key: &str) -> Option<String> {
    let Some(map) = exports
        .as_object()
        .filter(|map| map.keys().any(|key| key.starts_with('.')))
    else {
        return (key == ".").then(|| condition(exports).map(trimmed))?;
    };
    if let Some(value) = map.get(key) {
        return condition(value).map(trimmed);
    }
    map.iter().find_map(|(pattern, value)| {
        let (before, after) = pattern.split_once('*')?;
        let middle = key.strip_prefix(before)?.strip_suffix(after)?;
        Some(trimmed(&condition(value)?.replace('*', middle)))
    })
}

/// `package.json` of a folder; empty when there is none.
///
/// # Errors
/// When it is not a JSON object.
pub fn read(folder: &Path) -> Result<Map<String, Value>, String> {
    let path = folder.join("package.json");
    let Ok(metadata) = std::fs::metadata(&path) else {
        return Ok(Map::new());
    };
    if !metadata.is_file() || metadata.len() > MOST_BYTES {
        return Err("package.json is no file of at most 1 MiB".to_owned());
    }
    let bytes = crate::system::open::read(&path, crate::system::open::Most(MOST_BYTES))
        .map_err(|error| format!("package.json: {error}"))?;
    parse(&bytes)
}

/// # Errors
/// When it is not a JSON object.
pub fn parse(bytes: &[u8]) -> Result<Map<String, Value>, String> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err("package.json is not a JSON object".to_owned()),
        Err(error) => Err(format!("package.json is not JSON: {error}")),
    }
}
