//! `bar-status gnome`: OpenCode's stats.json, printed or put in its place.

use super::Plan;
use crate::commands::context::{Context, Out};
use crate::core::problem::Problem;
use crate::core::stats::Stats;
use crate::engine::snapshot_feed::SnapshotFeed;
use crate::engine::stats::presence;
use crate::render::bar::Bar;
use crate::render::is_abandoned;
use crate::reports::stats::Presence;
use crate::system::open::{self, Most};
use crate::system::replace::replace;
use crate::system::{System, parse_instant};
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// `None` = print, an empty path = the place where the extension looks.
///
/// # Errors
/// When the ledger or the file cannot be used, or stdout cannot be written.
pub(super) fn run(plan: &Plan, write: Option<&str>, follow: bool, context: &mut Context) -> Result<()> {
    if context.engine.is_sample() {
        let snapshot = context.engine.live_snapshot()?;
        return super::show(&draw(plan, &context.engine.stats(presence(&snapshot))?));
    }
    let file = write.map(|path| place(path, &context.engine.system));
    let Context { engine, out } = context;
    let mut feed = SnapshotFeed::start(engine, is_abandoned)?;
    let (mut last, mut shown) = (String::new(), Presence::default());
    // The first step reads all changes: zeros until the next update would be wrong.
    while feed.wait()? {
        feed.engine.require_history()?;
        let (snapshot, is_summed) = feed.snapshot()?;
        let presence = presence(snapshot);
        for problem in feed.engine.take_problems() {
            out.warn(&problem);
        }
        if is_summed || presence != shown {
            shown = presence;
            let system = &feed.engine.system;
            let mut stats = feed.engine.stats(presence)?;
            if let Some(file) = &file {
                keep_install_date(&mut stats, file, system, out)?;
            }
            let text = draw(plan, &stats);
            if text != last {
                match &file {
                    Some(file) => replace(file, text.as_bytes())
                        .with_context(|| format!("{} could not be written", system.tilde(file)))?,
                    None => super::show(&text)?,
                }
                last = text;
            }
        }
        if !follow {
            break;
        }
    }
    Ok(())
}

fn draw(plan: &Plan, stats: &Stats) -> String {
    plan.style.draw(&Bar {
        snapshot: &super::nothing(),
        parts: Vec::new(),
        age: None,
        now: 0,
        icons: plan.icons,
        program: &plan.program,
        statusline: None,
        stats: Some(stats),
        theme: &plan.theme,
    })
}

fn place(path: &str, system: &System) -> PathBuf {
    match path {
        // The extension ignores XDG.
        "" => system.home.join(".local/share/opencode/stats.json"),
        path => system.expand(path),
    }
}

/// Keeps the installation day from the file. Sets a damaged file aside, because it may be the only history.
fn keep_install_date(stats: &mut Stats, file: &Path, system: &System, out: &mut Out) -> Result<()> {
    let text = match open::read(file, Most::SETTINGS) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("{} could not be read", system.tilde(file))),
    };
    match serde_json::from_slice::<Value>(&text) {
        Ok(known) if known.is_object() => {
            if let Some(date) = instant(&known["total"]["installDate"]) {
                stats.total.install_date = date;
            }
        }
        _ => {
            let mut aside = file.as_os_str().to_owned();
            aside.push(format!(".damaged-{}", system.now));
            std::fs::rename(file, &aside).context("could not set the damaged stats.json aside")?;
            let aside = system.tilde(Path::new(&aside));
            out.warn(&Problem::new(
                system.tilde(file),
                format_args!("was damaged; moved to {aside}"),
            ));
        }
    }
    Ok(())
}

/// Epoch milliseconds in any notation.
fn instant(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_f64().map(|at| at as i64),
        Value::String(text) => parse_instant(text),
        _ => None,
    }
}
