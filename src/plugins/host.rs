//! The host: loads plugins from their sources, in order, and says of each what became of it.

use super::consent;
use super::declare::{Checked, Declaration, Kind, check};
use super::grant::Grants;
use super::manifests::Manifests;
use super::ops::log::clean;
use super::package;
use super::parent::{Loaded, Runner};
use super::plugin::{Events, Plugin};
use super::tree::Tree;
use super::trust::{Standing, Trust};
use super::world::World;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a plugin came to be loaded; a later way wins over an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Folder,
    Npm,
    Local,
    Flag,
}

impl Way {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Npm => "npm",
            Self::Local => "local",
            Self::Flag => "flag",
        }
    }
}

/// A file or folder to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub path: PathBuf,
    /// As the user wrote it.
    pub label: String,
    pub way: Way,
}

/// What became of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Loaded,
    Refused,
    Disabled,
    /// A later source has the same type and id.
    Replaced,
    /// ttop has it built in.
    Shadowed,
    /// Nobody has consented to this code and these rights.
    Untrusted,
}

impl State {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Refused => "refused",
            Self::Disabled => "disabled",
            Self::Replaced => "replaced",
            Self::Shadowed => "shadowed",
            Self::Untrusted => "untrusted",
        }
    }
}

/// One source and what is known of it.
#[derive(Debug)]
pub struct Found {
    pub source: Source,
    pub entry: Option<String>,
    pub checked: Checked,
    pub hash: Option<String>,
    pub state: State,
    pub errors: Vec<String>,
    pub warnings: Vec<String>,
    pub plugin: Option<Arc<Plugin>>,
}

impl Found {
    fn new(source: Source) -> Self {
        Self {
            source,
            entry: None,
            checked: Checked::default(),
            hash: None,
            state: State::Refused,
            errors: Vec::new(),
            warnings: Vec::new(),
            plugin: None,
        }
    }

    pub fn declaration(&self) -> Option<&Declaration> {
        self.checked.declaration.as_ref()
    }

    /// The state that people see: that of the plugin's life once it is loaded.
    pub fn state_name(&self) -> &'static str {
        match &self.plugin {
            Some(plugin) if self.state == State::Loaded => plugin.stage().name(),
            _ => self.state.name(),
        }
    }

    fn is(&self, kind: Kind, id: &str) -> bool {
        self.checked.kind == Some(kind) && self.checked.id.as_deref() == Some(id)
    }
}

/// Who has consented.
#[derive(Clone, Copy, Debug)]
pub enum Asking<'a> {
    /// Everybody: a case that says so.
    Given,
    /// Whoever is in the store.
    Store(&'a Trust),
}

/// What the config says of plugins.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    pub disabled: Vec<String>,
    pub replace: Vec<String>,
    /// Settings by plugin id.
    pub settings: Map<String, Value>,
    pub requires_sandbox: bool,
    pub is_strict: bool,
}

/// Loads plugins.
pub struct Host<'a> {
    pub world: World,
    pub wishes: Wishes,
    pub asking: Asking<'a>,
    /// Whether ttop has a type and id built in.
    pub is_built_in: &'a dyn Fn(Kind, &str) -> bool,
    pub events: Events,
    /// Leaves out what would have to be evaluated.
    pub starts_none: bool,
    /// What plugins declared before; without it every plugin is evaluated.
    pub manifests: Option<&'a Manifests>,
}

impl Host<'_> {
    /// Loads every source; one bad plugin never stops the others.
    pub fn load(&self, sources: Vec<Source>) -> Vec<Found> {
        let mut all: Vec<Found> = Vec::new();
        for source in distinct(sources) {
            let mut found = Found::new(source);
            if let Err(error) = self.load_one(&mut found, &mut all) {
                found.errors.push(format!("{}: {error}", found.source.label));
            }
            all.push(found);
        }
        all
    }

    fn load_one(&self, found: &mut Found, earlier: &mut [Found]) -> Result<(), String> {
        let (root, entry) = locate(found)?;
        found.entry = Some(entry.clone());
        let (start, loaded) = self.look(&root, &entry, &found.source.label)?;
        found.checked = check(&loaded.value);
        let checked = &found.checked;
        let at = &found.source.label;
        found
            .errors
            .extend(checked.errors.iter().map(|error| clean(&format!("{at}: {error}"), &[])));
        found.warnings.extend(
            checked
                .warnings
                .iter()
                .map(|warning| clean(&format!("{at}: {warning}"), &[])),
        );
        found.hash = Some(loaded.hash.clone());
        let Some(declaration) = checked.declaration.clone() else {
            return Ok(());
        };
        if self.wishes.is_strict && !checked.warnings.is_empty() {
            return Err(format!("refused by --strict: {}", checked.warnings.join("; ")));
        }
        let (kind, id) = (declaration.kind, declaration.id.clone());
        if self.wishes.disabled.contains(&id) {
            found.state = State::Disabled;
            return Ok(());
        }
        if (self.is_built_in)(kind, &id) && !self.may_replace(kind, &id, found.source.way) {
            found.state = State::Shadowed;
            found.errors.push(format!(
                "{}: {kind} {id} is built in: it is not run unless plugins.replace names it",
                found.source.label
            ));
            return Ok(());
        }
        if let Asking::Store(trust) = self.asking {
            let standing = trust.standing(&loaded.hash, &declaration, &found.source.label);
            if standing != Standing::Trusted {
                found.state = State::Untrusted;
                let what = match standing {
                    Standing::Changed => "has changed since you trusted it",
                    _ => "is not trusted yet",
                };
                let rights = consent::lines(&declaration, &self.world.home);
                let rights = if rights.is_empty() {
                    "no rights".to_owned()
                } else {
                    rights.join("; ")
                };
                found.errors.push(format!(
                    "{}: plugin {id} {what}: run ttop plugin trust {id} (it asks for: {rights})",
                    found.source.label
                ));
                return Ok(());
            }
        }
        if let Start::Running(runner) = &start
            && self.wishes.requires_sandbox
            && !is_locked(&runner.shared.walls())
        {
            return Err("this system cannot lock its process, and plugins.requireSandbox is set".to_owned());
        }
        for other in earlier
            .iter_mut()
            .filter(|other| other.state == State::Loaded && other.is(kind, &id))
        {
            other.state = State::Replaced;
            other.plugin = None;
            found.warnings.push(format!(
                "{}: {kind} {id} replaces the one of {}",
                found.source.label, other.source.label
            ));
        }
        found.state = State::Loaded;
        if kind == Kind::Theme && matches!(start, Start::Known(_)) {
            // Its colors are in the declaration: it never runs again.
            return Ok(());
        }
        let grants = Grants::of(&declaration, &self.world.home, &self.world.own);
        let runner = match start {
            Start::Running(runner) => {
                runner.grant(declaration.clone(), grants);
                runner
            }
            Start::Known(tree) => {
                let runner = self.runner(*tree, entry, &found.source.label)?;
                runner.adopt(declaration.clone(), grants);
                runner
            }
        };
        let user = self.wishes.settings.get(&id).and_then(Value::as_object);
        let plugin = Plugin::new(
            declaration,
            loaded.hash,
            runner,
            self.world.clone(),
            self.events.clone(),
            user,
        );
        found.warnings.extend(plugin.settings().warnings);
        found.plugin = Some(Arc::new(plugin));
        Ok(())
    }

    /// What a plugin declares: from its manifest where nothing changed since, else by evaluating it.
    fn look(&self, root: &Path, entry: &str, label: &str) -> Result<(Start, Loaded), String> {
        // Which walls stand shows in a running child only.
        let manifests = self.manifests.filter(|_| !self.wishes.requires_sandbox);
        if let Some((tree, loaded)) = manifests.and_then(|manifests| manifests.unchanged(root, entry)) {
            return Ok((Start::Known(Box::new(tree)), loaded));
        }
        if self.starts_none {
            return Err("is not evaluated here".to_owned());
        }
        let tree = Tree::new(root).map_err(|error| format!("could not be opened: {}", error.kind()))?;
        let runner = self.runner(tree, entry.to_owned(), label)?;
        let loaded = runner.load()?;
        if let Some(manifests) = manifests {
            manifests.keep(root, entry, &loaded);
        }
        Ok((Start::Running(runner), loaded))
    }

    fn runner(&self, tree: Tree, entry: String, label: &str) -> Result<Runner, String> {
        Runner::start(self.world.clone(), tree, entry, label.to_owned())
            .map_err(|error| format!("no thread could be started: {error}"))
    }

    /// A built-in provider is only replaced by the config: its credentials are at stake.
    fn may_replace(&self, kind: Kind, id: &str, way: Way) -> bool {
        self.wishes.replace.iter().any(|name| name == id)
            || (way == Way::Flag && matches!(kind, Kind::Agent | Kind::Theme))
    }
}

/// How far a plugin has come before consent.
enum Start {
    /// Evaluated without rights.
    Running(Runner),
    /// Its modules are those that were evaluated before.
    Known(Box<Tree>),
}

/// Both locks of Linux stand.
fn is_locked(walls: &[String]) -> bool {
    ["landlock", "seccomp"]
        .iter()
        .all(|wall| walls.iter().any(|standing| standing == wall))
}

/// The folder and the entry below it.
fn locate(found: &mut Found) -> Result<(PathBuf, String), String> {
    let path = &found.source.path;
    let metadata = std::fs::metadata(path).map_err(|_| match found.source.way {
        Way::Npm => format!("is not fetched: run ttop plugin add {}", found.source.label),
        _ => "no such file or folder".to_owned(),
    })?;
    if metadata.is_dir() {
        let entry = package::entry(path)?;
        found.warnings.extend(
            entry
                .warnings
                .iter()
                .map(|warning| format!("{}: {warning}", found.source.label)),
        );
        return Ok((path.clone(), entry.file));
    }
    if !metadata.is_file() {
        return Err("is neither a file nor a folder".to_owned());
    }
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    if !name.ends_with(".ts") && !name.ends_with(".js") {
        return Err(format!("a plugin file ends in .ts or .js: {name}"));
    }
    let real = std::fs::canonicalize(path).map_err(|_| "no such file or folder".to_owned())?;
    let folder = real.parent().map_or_else(|| PathBuf::from("/"), Path::to_path_buf);
    let name = real
        .file_name()
        .map_or(name, |name| name.to_string_lossy().into_owned());
    Ok((folder, name))
}

/// The same place by two ways is one plugin: the later way counts.
fn distinct(sources: Vec<Source>) -> Vec<Source> {
    let real = |source: &Source| std::fs::canonicalize(&source.path).unwrap_or_else(|_| source.path.clone());
    let mut kept: Vec<Source> = Vec::new();
    for source in sources {
        let place = real(&source);
        kept.retain(|other| real(other) != place);
        kept.push(source);
    }
    kept
}
