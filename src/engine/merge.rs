//! Many machines, one total: takes in the ledgers of others, over ssh or through a folder that a sync program carries.
//!
//! A turn has the same id everywhere, so that what several machines hold counts once. Each takes in only what the others
//! read themselves.

use super::Engine;
use crate::core::cannot_answer::CannotAnswer;
use crate::core::filter::TurnFilter;
use crate::core::problem::Problem;
use crate::core::time::Time;
use crate::ledger::import::Imported;
use crate::system::cache::Cache;
use crate::system::children;
use crate::system::open;
use crate::system::replace::replace_with;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// For one machine: it first updates its own ledger.
const PATIENCE: Duration = Duration::from_secs(300);
/// How an exchanged ledger's file ends.
const ENDING: &str = ".ttop.ndjson";
/// ssh finds its agent by it.
const SSH_VARIABLES: [&str; 1] = ["SSH_AUTH_SOCK"];

/// What came from one machine.
pub struct Merged {
    pub name: String,
    /// Turns in its ledger.
    pub turns: usize,
    pub problems: Vec<Problem>,
}

/// The file of a ledger, so that one that did not change is not read again.
type Stamps = BTreeMap<String, (u64, u64)>;

impl Engine {
    /// Takes in the ledger of a machine that ssh reaches, under its name; with `since`, only sessions that have a turn
    /// from that time on.
    ///
    /// # Errors
    /// When the machine cannot be reached, has no ttop, or the ledger here cannot be written.
    pub fn fetch(&mut self, host: &str, since: Option<i64>) -> Result<Merged> {
        let name = host.rsplit('@').next().unwrap_or(host).to_owned();
        if name.is_empty() || host.starts_with('-') || host.chars().any(|c| c.is_control() || c.is_whitespace()) {
            bail!("'{host}' is not the name of a machine");
        }
        self.prepare()?;
        let arguments = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-C", "--", host];
        let since = since.map(|since| format!("--since={}", Time(since)));
        let remote = ["ttop", "ledger", "export", "--own"]
            .into_iter()
            .chain(since.as_deref());
        let ledger = self.ledger_mut()?;
        let (imported, ended) = children::stream(
            "ssh",
            arguments.into_iter().chain(remote),
            &SSH_VARIABLES,
            PATIENCE,
            |lines| ledger.import(&name, lines),
        )
        .context("ssh cannot be started")?;
        if !ended.is_success() {
            // What came is cut off: it must not replace what is known.
            self.ledger_mut()?.reload()?;
            return Err(refused(host, &ended).into());
        }
        self.keep_import(name, imported?)
    }

    fn keep_import(&mut self, name: String, imported: Imported) -> Result<Merged> {
        let now = self.system.now;
        self.ledger_mut()?.commit(now)?;
        Ok(Merged {
            name,
            turns: imported.read,
            problems: imported.problems,
        })
    }

    /// Leaves this machine's ledger in a folder, and takes in those that others left there.
    ///
    /// # Errors
    /// When the folder or the ledger here cannot be written.
    pub fn exchange(&mut self, folder: &Path, own: &str) -> Result<Vec<Merged>> {
        self.prepare()?;
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let own_file = format!("{own}{ENDING}");
        self.leave(&folder.join(&own_file))?;
        let cache = Cache::new(&self.system, "merge");
        let mut stamps: Stamps = cache.read("stamps").unwrap_or_default();
        let known = self.ledger()?.imports()?;
        let mut names: Vec<String> = std::fs::read_dir(folder)?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.ends_with(ENDING) && *name != own_file && !name.starts_with('.'))
            .collect();
        names.sort();
        let mut merged = Vec::new();
        for file in names {
            let name = file.trim_end_matches(ENDING).to_owned();
            if name.is_empty() || name.chars().any(char::is_control) {
                continue;
            }
            let (opened, meta) = match open::open(&folder.join(&file)) {
                Ok(opened) => opened,
                Err(error) => {
                    merged.push(failed(name, &error));
                    continue;
                }
            };
            let modified = meta.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
            let stamp = (meta.len(), modified.map_or(0, |at| at.as_millis() as u64));
            if stamps.get(&file) == Some(&stamp) && known.contains(&name) {
                continue;
            }
            match self.ledger_mut()?.import(&name, BufReader::new(opened)) {
                Ok(imported) => {
                    merged.push(self.keep_import(name, imported)?);
                    stamps.insert(file, stamp);
                }
                Err(error) => {
                    self.ledger_mut()?.reload()?;
                    merged.push(failed(name, &error));
                }
            }
        }
        // Without them everything is read again next time, with the same result.
        let _ = cache.write("stamps", &stamps);
        Ok(merged)
    }

    /// Everything that this machine has is in the ledger, and the ledger can be written.
    fn prepare(&mut self) -> Result<()> {
        self.require_changeable()?;
        let changes = self.refresh(&TurnFilter::default().agents, &|_, _| {})?;
        self.problems.borrow_mut().extend(changes.problems);
        self.settle()
    }

    /// Writes the file of this machine, unless it is as it should be: a sync program carries what changes.
    fn leave(&self, path: &Path) -> Result<()> {
        let ledger = self.ledger()?;
        replace_with(path, |file| {
            let mut file = std::io::BufWriter::new(file);
            ledger.export_own(|line| Ok(writeln!(file, "{line}")?))?;
            Ok(file.flush()?)
        })
        .with_context(|| format!("{} cannot be written", path.display()))
    }
}

fn failed(name: String, error: &dyn std::fmt::Display) -> Merged {
    Merged {
        problems: vec![Problem::new(&name, error)],
        name,
        turns: 0,
    }
}

fn refused(host: &str, ended: &children::Ended) -> CannotAnswer {
    let complaint = String::from_utf8_lossy(&ended.stderr);
    let complaint = complaint.lines().map(str::trim).rfind(|line| !line.is_empty());
    let message = match (ended.status, complaint) {
        (None, _) => format!("{host} did not answer in time"),
        (_, Some(line)) => format!("{host}: {line}"),
        (_, None) => format!("{host} ended the connection"),
    };
    CannotAnswer::new(message, format!("try it by hand: ssh {host} ttop ledger export --own"))
}
