//! Cases: a plugin, a made-up home and expectations in one folder. Authors, the suite and `plugin test` share the format.

mod attack;
mod canned;
mod checks;
mod commands;
mod keys;
mod matchers;
mod outcome;
mod provider;
mod rows;
mod scene;
mod steps;

use super::child::Without;
use super::declare::Kind;
use super::host::{Asking, Found, Host, Source, State, Way, Wishes};
use super::ops::opencode::OpenCode;
use super::ops::storage::{Owner, Storage};
use super::plugin::{Event, Events};
use super::trust::Trust;
use super::world::{Clock, Limits, Refusals, World};
use crate::system::open::Most;
use anyhow::{Context, Result};
use canned::Canned;
pub use keys::checked;
use scene::Scene;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How cases are run.
#[derive(Clone)]
pub struct Setting<'a> {
    /// ttop itself.
    pub program: PathBuf,
    pub without: Without,
    /// The verdicts of TokenTop: forms of the guide are refused.
    pub is_strict: bool,
    /// Where published packages are installed: `node_modules`.
    pub packages: Option<PathBuf>,
    /// What ttop keeps of plugins: packages that `ttop plugin add` has fetched, for want of others.
    pub data: Option<PathBuf>,
    /// What ttop has built in; only cases that are about it look.
    pub is_built_in: &'a dyn Fn(Kind, &str) -> bool,
}

/// What was seen while a case ran.
pub struct Seen {
    found: Vec<Found>,
    steps: Vec<steps::Done>,
    events: Vec<Event>,
    requests: Vec<Value>,
    activity: Vec<Value>,
    storage: Value,
    log: Vec<(String, String)>,
    /// Files of the home that changed, with what they hold now.
    changed: Vec<(String, String)>,
    second: Vec<Found>,
    took: Duration,
    consent: Vec<String>,
    /// The most memory that a process of each plugin had.
    peaks_mib: Vec<u64>,
    /// Permissions that were refused, as plugins read of it.
    refusals: Vec<String>,
    /// The turns of a first and of a second read.
    twice: Option<Result<(outcome::Identities, outcome::Identities), String>>,
    is_attack: bool,
}

/// What a case came to: nothing wrong, or each thing that was.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    pub about: String,
    pub wrong: Vec<String>,
    /// Sentences of the case that no check reads.
    pub remarks: Vec<String>,
    pub took: Duration,
}

/// Runs the case of a folder.
///
/// # Errors
/// When the case itself cannot be read or set up.
pub fn run(folder: &Path, setting: &Setting<'_>) -> Result<Verdict> {
    let path = folder.join("expected.json");
    let text = crate::system::open::read(&path, Most::SETTINGS)
        .with_context(|| format!("could not read {}", path.display()))?;
    let spec: Value = serde_json::from_slice(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    let keys = keys::check(&spec);
    let scene = Scene::build(folder, &spec)?;
    let seen = play(&spec, &scene, setting)?;
    let mut wrong = keys.wrong;
    wrong.extend(checks::check(&spec, &seen));
    wrong.extend(attack::check(&spec, &seen));
    Ok(Verdict {
        about: spec["about"].as_str().unwrap_or_default().to_owned(),
        wrong,
        remarks: keys.remarks,
        took: seen.took,
    })
}

/// Runs a plugin that has no case: it must load, live through its hooks, and answer one call of each kind.
///
/// # Errors
/// When the plugin cannot be read.
pub fn run_without_case(path: &Path, setting: &Setting<'_>) -> Result<Verdict> {
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    let name = if path.is_dir() {
        ".".into()
    } else {
        path.file_name().unwrap_or_default().to_string_lossy()
    };
    let mut spec = json!({"about": "it loads", "load": [{ "path": name }], "home": Value::Null});
    let scene = Scene::build(folder, &spec)?;
    let first = play(&spec, &scene, setting)?;
    if let Some(refused) = first.found.iter().find(|found| !is_loaded(found)) {
        return Ok(Verdict {
            wrong: refused.errors.clone(),
            took: first.took,
            ..Verdict::default()
        });
    }
    let has = |method: &str| {
        first
            .found
            .iter()
            .filter_map(Found::declaration)
            .any(|declaration| declaration.has(method))
    };
    let hooks = ["initialize", "start"].into_iter().filter(|name| has(name));
    let calls = [
        ("auth.discover", "discover"),
        ("isInstalled", "isInstalled"),
        ("parseSessions", "parseSessions"),
        ("getProviders", "getProviders"),
        ("supports", "supports"),
    ];
    let calls = calls
        .into_iter()
        .filter(|(method, _)| has(method))
        .map(|(_, step)| step);
    let ends = ["stop", "destroy"].into_iter().filter(|name| has(name));
    let event = json!({"type": "app.started", "severity": "info", "title": "t", "message": "m", "timestamp": 0});
    let steps = hooks
        .chain(calls)
        .chain(ends)
        .map(|step| json!({"do": step, "event": event}));
    spec["steps"] = steps.collect();
    let seen = play(&spec, &scene, setting)?;
    Ok(Verdict {
        about: String::new(),
        wrong: checks::check(&spec, &seen),
        remarks: Vec::new(),
        took: seen.took,
    })
}

fn play(spec: &Value, scene: &Scene, setting: &Setting<'_>) -> Result<Seen> {
    let began = Instant::now();
    let canned = Arc::new(Canned::new(&spec["http"], &spec["dns"]));
    let storage = Arc::new(Storage::in_memory());
    let kind_of_storage = spec["storageBefore"].as_object();
    let world = World {
        program: setting.program.clone(),
        home: scene.home.clone(),
        zone: spec["env"]["TZ"].as_str().map(str::to_owned),
        env: environment(spec, &scene.home),
        own: own_folders(&scene.home),
        transport: Arc::clone(&canned) as _,
        storage: Arc::clone(&storage),
        logs: None,
        opencode: OpenCode {
            auth: scene.home.join(".local/share/opencode/auth.json"),
            configs: vec![scene.home.join(".config/opencode/opencode.json")],
        },
        limits: limits(&spec["limits"]),
        clock: Clock::default(),
        without: setting.without,
        refusals: Refusals::kept(),
    };
    let config = config(spec);
    let names = |key: &str| -> Vec<String> {
        let list = config["plugins"][key].as_array();
        list.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let wishes = Wishes {
        disabled: names("disabled"),
        replace: names("replace"),
        settings: config["pluginConfig"].as_object().cloned().unwrap_or_default(),
        requires_sandbox: false,
        is_strict: setting.is_strict,
    };
    let is_about_built_ins = spec["state"] == "shadowed";
    let is_built_in = |kind: Kind, id: &str| is_about_built_ins && (setting.is_built_in)(kind, id);
    let trust = Trust::open(&scene.home.join(".local/share/tokentop/plugins/trust.json"))?;
    let asks = spec["trust"] == "asked";
    let events = Events::default();
    let host = |asking| Host {
        world: world.clone(),
        wishes: wishes.clone(),
        asking,
        is_built_in: &is_built_in,
        events: events.clone(),
        starts_none: false,
        manifests: None,
    };
    let sources = sources(spec, scene, setting);
    let found = host(if asks { Asking::Store(&trust) } else { Asking::Given }).load(sources.clone());
    seed_storage(kind_of_storage, &found, &storage)?;
    let consent = found.iter().filter_map(Found::declaration);
    let consent = consent
        .flat_map(|declaration| super::consent::lines(declaration, &scene.home))
        .collect();
    let mut stage = steps::Stage {
        found: &found,
        clock: world.clock.clone(),
        home: &scene.home,
        activity: Vec::new(),
        background: Vec::new(),
    };
    let steps = spec["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    let done = stage.play(steps);
    let activity = std::mem::take(&mut stage.activity);
    for plugin in found.iter().filter_map(|found| found.plugin.as_ref()) {
        plugin.heed_thrown_away();
    }
    let second = match &spec["change"] {
        Value::Null => Vec::new(),
        change => {
            let mut trust = trust.clone();
            for (hash, declaration, source) in found.iter().filter_map(trusted) {
                trust.give(hash, declaration, source, 0)?;
            }
            let file = scene.case.join(change["file"].as_str().unwrap_or_default());
            std::fs::write(file, change["text"].as_str().unwrap_or_default())?;
            host(Asking::Store(&trust)).load(sources)
        }
    };
    let twice = match &spec["twice"] {
        Value::Null => None,
        _ => outcome::read_twice(steps, &done, &found),
    };
    let plugins = found.iter().filter_map(|found| found.plugin.as_ref());
    let peaks_mib = plugins.filter_map(|plugin| plugin.peak_mib()).collect();
    let log = found.iter().filter_map(|found| found.plugin.as_ref());
    let mut log: Vec<_> = log.flat_map(|plugin| plugin.log()).collect();
    log.sort_by_key(|line| line.order);
    let log = log
        .into_iter()
        .map(|line| (line.level.name().to_owned(), line.text))
        .collect();
    let seen = Seen {
        steps: done,
        events: events.all(),
        requests: canned.requests(),
        activity,
        storage: serde_json::to_value(storage.all()?)?,
        log,
        changed: scene.changed(),
        second,
        took: began.elapsed(),
        consent,
        peaks_mib,
        refusals: world.refusals.all(),
        twice,
        is_attack: spec["attack"] == true,
        found,
    };
    Ok(seen)
}

fn trusted(found: &Found) -> Option<(&str, &super::declare::Declaration, &str)> {
    Some((
        found.hash.as_deref()?,
        found.declaration()?,
        found.source.label.as_str(),
    ))
}

fn environment(spec: &Value, home: &Path) -> std::collections::BTreeMap<String, String> {
    let own = [
        ("HOME".to_owned(), home.to_string_lossy().into_owned()),
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
    ];
    let given = spec["env"].as_object().into_iter().flatten();
    let given = given.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    own.into_iter().chain(given).collect()
}

fn own_folders(home: &Path) -> Vec<PathBuf> {
    let names = [
        ".config/tokentop",
        ".local/share/tokentop",
        ".local/state/tokentop",
        ".cache/tokentop",
    ];
    names.iter().map(|name| home.join(name)).collect()
}

/// `configText` is the file as it stands; `config` is the same as a value.
fn config(spec: &Value) -> Value {
    let text = spec["configText"]
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok());
    text.unwrap_or_else(|| spec["config"].clone())
}

fn limits(spec: &Value) -> Limits {
    let ms = |key: &str| spec[key].as_u64().map(Duration::from_millis);
    let usual = Limits::default();
    Limits {
        hook: ms("hookMs").unwrap_or(usual.hook),
        discover: ms("discoverMs").unwrap_or(usual.discover),
        fetch: ms("fetchMs").unwrap_or(usual.fetch),
        parse: ms("parseMs").unwrap_or(usual.parse),
        notify: ms("notifyMs").unwrap_or(usual.notify),
        cpu: ms("cpuMs").unwrap_or(usual.cpu),
        load_cpu: usual.load_cpu,
    }
}

fn sources(spec: &Value, scene: &Scene, setting: &Setting<'_>) -> Vec<Source> {
    let whole = [json!({"path": "."})];
    let list = spec["load"].as_array().map_or(whole.as_slice(), Vec::as_slice);
    // Those that only a host like this one can judge.
    let more = spec["hostOnly"].as_array().into_iter().flatten();
    let more = more.filter(|one| list.iter().all(|listed| listed["path"] != one["path"]));
    let all = list.iter().chain(more).map(|one| {
        let way = match one["as"].as_str() {
            Some("folder") => Way::Folder,
            Some("local") => Way::Local,
            _ => Way::Flag,
        };
        match one["npm"].as_str() {
            Some(name) => Source {
                path: match (&setting.packages, &setting.data) {
                    (Some(packages), _) => packages.join(name),
                    (None, Some(data)) => super::npm::home_of(data, name),
                    (None, None) => PathBuf::from(name),
                },
                label: name.to_owned(),
                way: Way::Npm,
            },
            None => {
                let label = one["path"].as_str().unwrap_or(".").to_owned();
                Source {
                    path: scene.case.join(&label),
                    label,
                    way,
                }
            }
        }
    });
    all.collect()
}

/// Texts that were kept before, under the type that the plugin turned out to have.
fn seed_storage(before: Option<&Map<String, Value>>, found: &[Found], storage: &Storage) -> Result<()> {
    for (id, texts) in before.into_iter().flatten() {
        let known = found.iter().find(|found| found.checked.id.as_deref() == Some(id));
        let kind = known.and_then(|found| found.checked.kind).unwrap_or(Kind::Provider);
        for (key, value) in texts.as_object().into_iter().flatten() {
            let owner = Owner { kind: kind.name(), id };
            let kept = storage.set(owner, key, value.as_str().unwrap_or_default());
            kept.map_err(|refused| anyhow::anyhow!("{}", refused.message()))?;
        }
    }
    Ok(())
}

/// Whether a source was taken.
fn is_loaded(found: &Found) -> bool {
    found.state == State::Loaded
}
