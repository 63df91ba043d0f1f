//! A plugin's own modules: found inside its folder, read once, hashed.

use super::message::Refused;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const MOST_MODULES: usize = 512;
const MOST_BYTES: u64 = 8 << 20;
const ENDINGS: [&str; 4] = [".ts", ".js", "/index.ts", "/index.js"];

/// The modules of one plugin.
#[derive(Clone, Debug)]
pub struct Tree {
    /// After resolving links: the folder itself may be one.
    root: PathBuf,
    /// By name relative to the root. The child is served from here only.
    files: BTreeMap<String, Vec<u8>>,
    bytes: u64,
    /// Consent was asked for what is here: nothing is added.
    is_closed: bool,
}

impl Tree {
    /// # Errors
    /// When the folder cannot be resolved.
    pub fn new(root: &Path) -> std::io::Result<Self> {
        Ok(Self {
            root: std::fs::canonicalize(root)?,
            files: BTreeMap::new(),
            bytes: 0,
            is_closed: false,
        })
    }

    /// The tree of a plugin whose modules are known; `None` when one is not there any more.
    pub fn of(root: &Path, modules: &[String]) -> Option<Self> {
        let mut tree = Self::new(root).ok()?;
        for module in modules {
            let name = tree.take(&tree.root.join(module)).ok()?;
            if name != *module {
                return None;
            }
        }
        Some(tree)
    }

    /// The modules that were asked for, by name.
    pub fn names(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn close(&mut self) {
        self.is_closed = true;
    }

    /// The name of the module that an import means.
    ///
    /// # Errors
    /// When there is none, or it is outside the plugin's folder.
    pub fn resolve(&mut self, from: &str, specifier: &str) -> Result<String, Refused> {
        let candidates = if from.is_empty() {
            vec![self.root.join(specifier)]
        } else if specifier.starts_with('.') {
            let base = self.root.join(from);
            let folder = base.parent().unwrap_or(&self.root);
            spellings(&super::grant::collapse(&folder.join(specifier)))
        } else {
            return self.resolve_package(from, specifier);
        };
        self.first_of(candidates, specifier)
    }

    /// A package of the plugin's own `node_modules`, looked for upwards and never above the plugin.
    fn resolve_package(&mut self, from: &str, specifier: &str) -> Result<String, Refused> {
        let mut parts = specifier.splitn(if specifier.starts_with('@') { 3 } else { 2 }, '/');
        let package = match (parts.next(), specifier.starts_with('@')) {
            (Some(scope), true) => format!("{scope}/{}", parts.next().unwrap_or_default()),
            (name, _) => name.unwrap_or_default().to_owned(),
        };
        let below = parts.next().unwrap_or_default();
        let start = self.root.join(from);
        for folder in start
            .ancestors()
            .skip(1)
            .take_while(|folder| folder.starts_with(&self.root))
        {
            let home = folder.join("node_modules").join(&package);
            if !home.is_dir() {
                continue;
            }
            let inside = std::fs::canonicalize(&home).is_ok_and(|real| real.starts_with(&self.root));
            if !inside {
                return Err(Refused::failed("is outside the plugin's folder"));
            }
            let targets = super::package::entries(&home, below);
            let candidates = targets
                .iter()
                .flat_map(|target| spellings(&home.join(target)))
                .collect();
            return self.first_of(candidates, specifier);
        }
        Err(Refused::failed(
            "is not available: it is none of ttop's modules, and not in the plugin's node_modules",
        ))
    }

    fn first_of(&mut self, candidates: Vec<PathBuf>, specifier: &str) -> Result<String, Refused> {
        let Some(found) = candidates.into_iter().find(|path| path.is_file()) else {
            return Err(Refused::failed("does not exist"));
        };
        if found.extension().is_some_and(|extension| extension == "cjs") {
            return Err(Refused::failed("is CommonJS: ship an ES module"));
        }
        let name = self.take(&found)?;
        if !["ts", "js", "mjs"]
            .iter()
            .any(|ending| name.ends_with(&format!(".{ending}")))
        {
            return Err(Refused::failed(format!(
                "is no module: {specifier} does not end in .ts or .js"
            )));
        }
        Ok(name)
    }

    /// The bytes of a module that was resolved.
    ///
    /// # Errors
    /// When it was not.
    pub fn module(&self, name: &str) -> Result<Vec<u8>, Refused> {
        let found = self.files.get(name).cloned();
        found.ok_or_else(|| Refused::failed(format!("{name} is no module of the plugin")))
    }

    /// Reads a file of the plugin, once.
    fn take(&mut self, path: &Path) -> Result<String, Refused> {
        let gone = |_| Refused::failed("does not exist");
        let real = std::fs::canonicalize(path).map_err(gone)?;
        let Ok(relative) = real.strip_prefix(&self.root) else {
            return Err(Refused::failed("is outside the plugin's folder"));
        };
        let name = relative.to_string_lossy().replace('\\', "/");
        if self.files.contains_key(&name) {
            return Ok(name);
        }
        if self.is_closed {
            return Err(Refused::failed("was not part of the plugin when consent was asked"));
        }
        if self.files.len() >= MOST_MODULES {
            return Err(Refused::failed(format!(
                "is one too many: a plugin has at most {MOST_MODULES} modules"
            )));
        }
        let length = std::fs::metadata(&real).map_err(gone)?.len();
        if self.bytes + length > MOST_BYTES {
            return Err(Refused::failed("is too large: a plugin's modules have at most 8 MiB"));
        }
        let bytes = crate::system::open::read(&real, crate::system::open::Most(MOST_BYTES)).map_err(gone)?;
        self.bytes += bytes.len() as u64;
        self.files.insert(name.clone(), bytes);
        Ok(name)
    }

    /// SHA-256 over every module and `package.json`, names and lengths included.
    pub fn hash(&self) -> String {
        let mut all: Vec<(&str, &[u8])> = self
            .files
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
            .collect();
        let package = crate::system::open::read(&self.root.join("package.json"), crate::system::open::Most::NOTE)
            .unwrap_or_default();
        if !self.files.contains_key("package.json") {
            all.push(("package.json", &package));
        }
        all.sort_unstable();
        let mut digest = Sha256::new();
        for (name, bytes) in all {
            digest.update((name.len() as u64).to_le_bytes());
            digest.update(name);
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        }
        let mut text = String::new();
        for byte in digest.finalize() {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// A path as it is, and as bundlers complete it.
fn spellings(path: &Path) -> Vec<PathBuf> {
    let text = path.to_string_lossy();
    let mut all = vec![path.to_path_buf()];
    all.extend(ENDINGS.iter().map(|ending| PathBuf::from(format!("{text}{ending}"))));
    if let Some(stem) = text.strip_suffix(".js") {
        all.push(PathBuf::from(format!("{stem}.ts")));
    }
    all
}
