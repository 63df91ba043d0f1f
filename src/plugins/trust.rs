//! Trust: who said yes to which code and which rights. Any other code asks again.

use super::declare::Declaration;
use crate::system::replace::replace;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One consent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Consent {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub version: String,
    /// The path or package that it came from.
    pub source: String,
    /// The declaration as it was shown.
    pub declaration: Value,
    /// Epoch milliseconds.
    pub at: i64,
}

/// What is known of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Trusted,
    /// Other code, or other rights, under an id and source that was trusted.
    Changed,
    New,
}

/// Consents by the hash of the code.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    path: PathBuf,
    by_hash: BTreeMap<String, Consent>,
}

impl Trust {
    /// Reads the file; none is nobody's consent.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn open(path: &Path) -> Result<Self> {
        let by_hash = match crate::system::open::read(path, crate::system::open::Most::SETTINGS) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is damaged: remove it, and trust your plugins again", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error).with_context(|| format!("could not read {}", path.display())),
        };
        Ok(Self {
            path: path.to_owned(),
            by_hash,
        })
    }

    pub fn standing(&self, hash: &str, declaration: &Declaration, source: &str) -> Standing {
        if let Some(consent) = self.by_hash.get(&key(hash, declaration)) {
            return match consent.declaration == declaration.value {
                true => Standing::Trusted,
                false => Standing::Changed,
            };
        }
        let is_known = |consent: &Consent| {
            consent.id == declaration.id && consent.kind == declaration.kind.name() && consent.source == source
        };
        match self.by_hash.values().any(is_known) {
            true => Standing::Changed,
            false => Standing::New,
        }
    }

    /// # Errors
    /// When the file cannot be written.
    pub fn give(&mut self, hash: &str, declaration: &Declaration, source: &str, at: i64) -> Result<()> {
        let is_older = |consent: &Consent| {
            consent.id == declaration.id && consent.kind == declaration.kind.name() && consent.source == source
        };
        self.by_hash.retain(|_, consent| !is_older(consent));
        let consent = Consent {
            id: declaration.id.clone(),
            kind: declaration.kind.name().to_owned(),
            version: declaration.version.clone(),
            source: source.to_owned(),
            declaration: declaration.value.clone(),
            at,
        };
        self.by_hash.insert(key(hash, declaration), consent);
        self.write()
    }

    /// Takes consents of an id back, and says how many there were.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn take_back(&mut self, id: &str) -> Result<usize> {
        let before = self.by_hash.len();
        self.by_hash.retain(|_, consent| consent.id != id);
        let taken = before - self.by_hash.len();
        if taken > 0 {
            self.write()?;
        }
        Ok(taken)
    }

    fn write(&self) -> Result<()> {
        let mut text = serde_json::to_string_pretty(&self.by_hash)?;
        text.push('\n');
        replace(&self.path, text.as_bytes()).with_context(|| format!("could not write {}", self.path.display()))
    }
}

/// The same code as two plugins is two consents.
fn key(hash: &str, declaration: &Declaration) -> String {
    format!("{hash}:{}:{}", declaration.kind, declaration.id)
}
