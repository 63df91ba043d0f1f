//! Notes that a running agent keeps about itself, by its process number.

use crate::core::process::{CLOCK_SLACK_MS, Process, Role};
use crate::core::status::ReportedStatus;
use crate::system::files::Stamp;
use std::path::Path;

/// The state that a running agent records about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    pub session_id: Option<String>,
    /// The status it reports.
    pub word: Option<ReportedStatus>,
    pub version: Option<String>,
    /// What it is to its agent, where its command line does not show that.
    pub role: Option<Role>,
}

/// Whether a file named after a process number is of this process, not of an earlier one that had the number and was killed before
/// it could remove its note: it must have been written while this one runs.
pub fn is_note_of(path: &Path, process: &Process) -> bool {
    let Ok(stamp) = Stamp::read(path) else { return false };
    let written = stamp.modified_ns / 1_000_000;
    process.started_at.is_none_or(|start| written >= start - CLOCK_SLACK_MS)
}
