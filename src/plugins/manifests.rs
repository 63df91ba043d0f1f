//! Manifests: what plugins declared when they were evaluated, so that only a plugin that changed is evaluated again.

use super::declare;
use super::parent::Loaded;
use super::tree::Tree;
use crate::system::System;
use crate::system::cache::Cache;
use crate::system::replace::swap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

const NAME: &str = "manifests";

/// The manifests of the last runs. Trust is bound to the hash of the files as they are now, never to this file.
pub struct Manifests {
    cache: Cache,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: Kept,
    is_changed: bool,
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    /// The ttop that evaluated them: another one may read a plugin differently.
    version: String,
    by_entry: BTreeMap<String, Manifest>,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    modules: Vec<String>,
    hash: String,
    value: Value,
}

impl Manifests {
    /// Reads them; a file that is damaged or of another version counts as missing.
    pub fn open(system: &System) -> Self {
        let cache = Cache::new(system, "plugins");
        let version = env!("CARGO_PKG_VERSION");
        let kept = cache.read::<Kept>(NAME).filter(|kept| kept.version == version);
        let kept = kept.unwrap_or_else(|| Kept {
            version: version.to_owned(),
            ..Kept::default()
        });
        Self {
            cache,
            state: Mutex::new(State {
                kept,
                is_changed: false,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The manifest of a plugin and its modules, if none of them changed.
    pub fn unchanged(&self, root: &Path, entry: &str) -> Option<(Tree, Loaded)> {
        let state = self.state();
        let manifest = state.kept.by_entry.get(&key(root, entry)?)?;
        let tree = Tree::of(root, &manifest.modules)?;
        let loaded = Loaded {
            value: manifest.value.clone(),
            hash: tree.hash(),
            modules: manifest.modules.clone(),
        };
        (loaded.hash == manifest.hash).then_some((tree, loaded))
    }

    pub fn keep(&self, root: &Path, entry: &str, loaded: &Loaded) {
        let Some(key) = key(root, entry) else { return };
        let manifest = Manifest {
            modules: loaded.modules.clone(),
            hash: loaded.hash.clone(),
            value: loaded.value.clone(),
        };
        let mut state = self.state();
        state.kept.by_entry.insert(key, manifest);
        state.is_changed = true;
    }

    /// The ids of all plugins that were evaluated, in order.
    pub fn ids(&self) -> Vec<String> {
        let state = self.state();
        let manifests = state.kept.by_entry.values();
        let ids = manifests.filter_map(|manifest| declare::check(&manifest.value).id);
        ids.collect::<BTreeSet<String>>().into_iter().collect()
    }

    /// Writes them, if any is new.
    pub fn save(&self) {
        let mut state = self.state();
        if std::mem::take(&mut state.is_changed) {
            // Without them the next run evaluates again: slower, and nothing else. So nothing waits for the disk.
            let place = self.cache.folder().join(format!("{NAME}.json"));
            let _ = serde_json::to_vec(&state.kept).map(|bytes| swap(&place, &bytes));
        }
    }
}

fn key(root: &Path, entry: &str) -> Option<String> {
    let root = std::fs::canonicalize(root).ok()?;
    Some(format!("{}\0{entry}", root.to_str()?))
}
