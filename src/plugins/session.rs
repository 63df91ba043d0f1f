//! Plugins of one run of ttop: the world it lends them, and what they add to its registry.

use super::as_agent::{Patience, PluginAgent};
use super::as_pricing::pricing;
use super::as_provider::{PluginProvider, read_by_agent, source_of};
use super::as_sink::PluginSinks;
use super::as_theme::theme;
use super::beside::Beside;
use super::child::Without;
use super::declare::Kind;
use super::discover::{data, is_anything_configured, sources};
use super::grant::expand;
use super::host::{Asking, Found, Host, Source, State, Wishes};
use super::manifests::Manifests;
use super::net::Net;
use super::ops::opencode::OpenCode;
use super::ops::storage::Storage;
use super::plugin::{Events, Plugin};
use super::trust::Trust;
use super::world::{Clock, Limits, Refusals, World};
use crate::agents::AgentHandle;
use crate::core::cannot_answer::CannotAnswer;
use crate::core::credential::Credential;
use crate::core::problem::Problem;
use crate::prices::MorePrices;
use crate::providers::ProviderHandle;
use crate::render::keys::similar;
use crate::render::theme::Theme;
use crate::sinks::SinkHandle;
use crate::system::System;
use crate::system::config::Config;
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// How long all plugins together may take to end.
const END_WITHIN: Duration = Duration::from_secs(1);

/// Where consents are kept.
pub fn trust_file(system: &System) -> PathBuf {
    data(system).join("trust.json")
}

/// The world of this machine.
///
/// # Errors
/// When ttop does not know its own program.
pub fn world(system: &System) -> Result<World> {
    let folders = [
        system.config_dir(),
        system.data_dir(),
        system.state_dir(),
        system.cache_dir(),
    ];
    let mut own: Vec<PathBuf> = folders.iter().map(|dir| dir.join("tokentop")).collect();
    // A ledger may be elsewhere; SQLite and bars keep files beside it.
    if let Some(ledger) = system.var("TTOP_LEDGER").map(|path| system.expand(path)) {
        let beside = ["", "-wal", "-shm", "-journal", ".bar", ".prev"];
        own.extend(
            beside
                .iter()
                .map(|end| PathBuf::from(format!("{}{end}", ledger.display()))),
        );
    }
    Ok(World {
        program: std::env::current_exe().context("ttop does not know its own program")?,
        home: system.home.clone(),
        env: system.env.clone(),
        zone: system.asked_zone().map(str::to_owned),
        own,
        transport: Arc::new(Net::new(system.offline)),
        storage: Arc::new(Storage::at(data(system).join("storage.db"))),
        logs: Some(data(system).join("log")),
        opencode: OpenCode {
            auth: system.data_dir().join("opencode/auth.json"),
            configs: vec![
                system.config_dir().join("opencode/opencode.json"),
                system.config_dir().join("opencode/config.json"),
            ],
        },
        limits: Limits::default(),
        clock: Clock::default(),
        without: Without::default(),
        refusals: Refusals::default(),
    })
}

/// What the config wishes.
pub fn wishes(config: &Config) -> Wishes {
    let settings = config.plugin_config.iter();
    Wishes {
        disabled: config.plugins.disabled.clone(),
        replace: config.plugins.replace.clone(),
        settings: settings.map(|(id, one)| (id.clone(), one.clone().into())).collect(),
        requires_sandbox: config.plugins.require_sandbox,
        is_strict: false,
    }
}

/// Whether ttop has a type and id built in.
pub fn is_built_in(kind: Kind, id: &str) -> bool {
    match kind {
        Kind::Agent => crate::agents::built_in().iter().any(|agent| agent.id() == id),
        Kind::Provider => crate::providers::built_in().iter().any(|one| one.about().id == id),
        Kind::Theme => crate::render::theme::Theme::find(id).is_some(),
        Kind::Notification => false,
    }
}

/// Looks for credentials; the answer comes by the channel.
pub type FindCredentials = Rc<dyn Fn() -> Receiver<Vec<Credential>>>;

/// How plugins are looked at.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Paths of the command line.
    pub flags: Vec<String>,
    /// Only these sources, instead of all.
    pub only: Option<Vec<Source>>,
    /// Evaluates each plugin, whether or not it changed: that shows which walls stand.
    pub is_fresh: bool,
    /// Leaves out what would have to be evaluated.
    pub starts_none: bool,
    /// The verdicts of TokenTop: forms of the guide are refused.
    pub is_strict: bool,
}

/// Plugins while ttop runs.
pub struct Session {
    pub found: Vec<Found>,
    pub events: Events,
    home: PathBuf,
}

impl Session {
    /// The plugins of a run; `None` where there are none.
    ///
    /// # Errors
    /// When the consents cannot be read.
    pub fn open(system: &System, config: &Config, flags: &[String], starts_none: bool) -> Result<Option<Self>> {
        if !is_anything_configured(system, config, flags) {
            return Ok(None);
        }
        let look = Look {
            flags: flags.to_vec(),
            starts_none,
            ..Look::default()
        };
        Self::load(system, config, &look).map(Some)
    }

    /// Loads what is configured.
    ///
    /// # Errors
    /// When the consents cannot be read.
    pub fn load(system: &System, config: &Config, look: &Look) -> Result<Self> {
        let trust = Trust::open(&trust_file(system))?;
        let manifests = Manifests::open(system);
        let events = Events::default();
        let host = Host {
            world: world(system)?,
            wishes: Wishes {
                is_strict: look.is_strict,
                ..wishes(config)
            },
            asking: Asking::Store(&trust),
            is_built_in: &is_built_in,
            events: events.clone(),
            starts_none: look.starts_none,
            manifests: (!look.is_fresh).then_some(&manifests),
        };
        let all = look.only.clone();
        let found = host.load(all.unwrap_or_else(|| sources(system, config, &look.flags)));
        manifests.save();
        Ok(Self {
            found,
            events,
            home: system.home.clone(),
        })
    }

    /// The plugin of one source, whether or not it is configured.
    ///
    /// # Errors
    /// When the consents cannot be read.
    pub fn load_one(system: &System, config: &Config, source: Source) -> Result<Self> {
        let look = Look {
            only: Some(vec![source]),
            ..Look::default()
        };
        Self::load(system, config, &look)
    }

    /// Plugins of an id, of any type.
    pub fn of_id<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Found> {
        let found = self.found.iter();
        found.filter(move |found| found.checked.id.as_deref() == Some(id))
    }

    /// The plugins that a word names: by id, then by path or package.
    pub fn named(&self, what: &str) -> Vec<&Found> {
        let is_id = |found: &&Found| found.checked.id.as_deref() == Some(what);
        let is_label = |found: &&Found| found.source.label == what;
        let of_id = self.found.iter().filter(is_id);
        of_id.chain(self.found.iter().filter(is_label)).collect()
    }

    /// The error for a word that names no plugin.
    pub fn not_found(&self, what: &str) -> CannotAnswer {
        let ids = self.found.iter().filter_map(|found| found.checked.id.as_deref());
        let hint = match similar(what, ids).first() {
            Some(near) => format!("did you mean '{near}'? ttop plugin list lists the plugins"),
            None => "ttop plugin list lists the plugins".to_owned(),
        };
        CannotAnswer::new(format!("no plugin '{what}' is known"), hint)
    }

    /// What a report says of plugins that it goes without.
    pub fn problems(&self) -> Vec<Problem> {
        let refused = self
            .found
            .iter()
            .filter(|found| matches!(found.state, State::Refused | State::Untrusted));
        let errors = refused.flat_map(|found| &found.errors);
        errors.map(|error| Problem::new("plugin", error)).collect()
    }

    fn plugins(&self, kind: Kind) -> impl Iterator<Item = &Arc<Plugin>> {
        let running = self.found.iter().filter(|found| found.state == State::Loaded);
        running
            .filter_map(|found| found.plugin.as_ref())
            .filter(move |plugin| plugin.kind() == kind)
    }

    pub fn agents(&self, patience: Patience) -> Vec<AgentHandle> {
        let patience = Rc::new(patience);
        self.plugins(Kind::Agent)
            .map(|plugin| {
                let declared = &plugin.declaration.permissions.files.paths;
                let roots = declared.iter().map(|path| expand(path, &self.home)).collect();
                AgentHandle::Local(Rc::new(PluginAgent::new(
                    Arc::clone(plugin),
                    roots,
                    Rc::clone(&patience),
                )))
            })
            .collect()
    }

    /// What agent plugins read of credentials, for `creds`.
    pub fn credential_finders(&self) -> Vec<FindCredentials> {
        let readers = self
            .plugins(Kind::Agent)
            .filter(|plugin| plugin.declaration.has("readCredentials"));
        readers
            .map(|plugin| {
                let (plugin, source) = (Arc::clone(plugin), source_of(plugin));
                Rc::new(move || read_by_agent(&plugin, source)) as FindCredentials
            })
            .collect()
    }

    pub fn providers(&self) -> Vec<ProviderHandle> {
        self.plugins(Kind::Provider)
            .map(|plugin| ProviderHandle::shared(PluginProvider::leaked(Arc::clone(plugin))))
            .collect()
    }

    pub fn prices(&self) -> Vec<MorePrices> {
        self.plugins(Kind::Provider).filter_map(pricing).collect()
    }

    /// The sink kind of notification plugins.
    pub fn sinks(&self) -> SinkHandle {
        let plugins = self.plugins(Kind::Notification).cloned().collect();
        SinkHandle::Shared(Box::leak(Box::new(PluginSinks { plugins })))
    }

    pub fn themes(&self) -> Vec<Theme> {
        let loaded = self.found.iter().filter(|found| found.state == State::Loaded);
        loaded
            .filter_map(Found::declaration)
            .filter(|declaration| declaration.kind == Kind::Theme)
            .filter_map(theme)
            .collect()
    }

    /// What long-running commands start and look at.
    pub fn beside(&self, system: &System) -> Beside {
        let running = self.found.iter().filter(|found| found.state == State::Loaded);
        let plugins = running.filter_map(|found| found.plugin.clone()).collect();
        Beside::new(system.clone(), plugins)
    }

    /// Ends what runs, the last one first.
    pub fn end(&self) {
        let by = Instant::now() + END_WITHIN;
        let running = self.found.iter().rev().filter_map(|found| found.plugin.as_ref());
        running.for_each(|plugin| plugin.end(by));
    }
}
