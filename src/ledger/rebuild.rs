//! Rebuilding: every source read again, or a damaged file set aside for a new one.

use super::Ledger;
use super::schema::{self, Opened, Place};
use crate::system::System;
use anyhow::{Context, Result, bail};

impl Ledger {
    /// Prepares the next sync to read everything again. Turns that only the ledger has (deleted transcripts) stay. Sets
    /// an unusable file aside and restores the weekly copy if there is one. Returns a message about the file.
    ///
    /// # Errors
    /// When the file cannot be written or moved.
    pub fn rebuild(system: &System) -> Result<Option<String>> {
        let Place::File(path) = schema::place(system) else {
            return Ok(None);
        };
        match schema::open(&path) {
            Opened::Absent => Ok(None),
            Opened::Ready(connection) if is_sound(&connection) => {
                connection.execute_batch(
                    "begin immediate; update source set bookmark = x''; delete from meta where key like 'walk:%';
                     update meta set value = value + 1 where key = 'generation'; commit;",
                )?;
                Ok(None)
            }
            Opened::ReadOnly(_, why) => bail!("could not write {}: {why}", path.display()),
            Opened::Ready(_) | Opened::Unusable(_) => {
                let aside = schema::with_suffix(&path, &format!(".damaged-{}", system.now));
                std::fs::rename(&path, &aside).with_context(|| format!("could not move {}", path.display()))?;
                for suffix in ["-wal", "-shm"] {
                    // They belong to the damaged file; without it they are nothing.
                    let _ = std::fs::remove_file(schema::with_suffix(&path, suffix));
                }
                let copy = schema::with_suffix(&path, ".prev");
                let note = format!("the damaged ledger is {}", aside.display());
                if matches!(schema::open(&copy), Opened::Ready(_)) {
                    std::fs::copy(&copy, &path).with_context(|| format!("could not copy {}", copy.display()))?;
                    return Ok(Some(format!("{note}; history continues from the weekly copy")));
                }
                Ok(Some(note))
            }
        }
    }
}

/// Whether every page is in place. The content of a page is checked when it is read.
fn is_sound(connection: &rusqlite::Connection) -> bool {
    let check = connection.query_row("pragma quick_check(1)", [], |row| row.get::<_, String>(0));
    check.is_ok_and(|found| found == "ok")
}
