//! The file that the GNOME extension reads OpenCode's statistics from.

use super::Engine;
use crate::core::problem::Problem;
use crate::core::stats::Stats;
use crate::system::open::{self, Most};
use crate::system::parse_instant;
use crate::system::replace::replace;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

impl Engine {
    /// A typed path, or for an empty one the place where the extension looks.
    pub fn stats_path(&self, typed: &str) -> PathBuf {
        match typed {
            // The extension ignores XDG.
            "" => self.system.home.join(".local/share/opencode/stats.json"),
            path => self.system.expand(path),
        }
    }

    /// Takes the installation day over from the file. Sets a damaged file aside, because it may be the only history, and
    /// returns that as a problem.
    ///
    /// # Errors
    /// When the file cannot be read or set aside.
    pub fn keep_install_date(&self, stats: &mut Stats, file: &Path) -> Result<Option<Problem>> {
        let system = &self.system;
        let text = match open::read(file, Most::SETTINGS) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("{} could not be read", system.tilde(file))),
        };
        match serde_json::from_slice::<Value>(&text) {
            Ok(known) if known.is_object() => {
                if let Some(date) = instant(&known["total"]["installDate"]) {
                    stats.total.install_date = date;
                }
                Ok(None)
            }
            _ => {
                let mut aside = file.as_os_str().to_owned();
                aside.push(format!(".damaged-{}", system.now));
                std::fs::rename(file, &aside).context("could not set the damaged stats.json aside")?;
                let aside = system.tilde(Path::new(&aside));
                let reason = format_args!("was damaged; moved to {aside}");
                Ok(Some(Problem::new(system.tilde(file), reason)))
            }
        }
    }

    /// # Errors
    /// When the file cannot be written.
    pub fn write_stats(&self, file: &Path, text: &str) -> Result<()> {
        replace(file, text.as_bytes()).with_context(|| format!("{} could not be written", self.system.tilde(file)))
    }
}

/// Epoch milliseconds in any notation.
fn instant(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_f64().map(|at| at as i64),
        Value::String(text) => parse_instant(text),
        _ => None,
    }
}
