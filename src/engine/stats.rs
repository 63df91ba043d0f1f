//! OpenCode's statistics for the GNOME extension, of this moment.

use super::Engine;
use crate::core::snapshot::Snapshot;
use crate::core::stats::Stats;
use crate::core::status::Status;
use crate::reports::stats::Presence;
use anyhow::Result;

const AGENT: &str = "opencode";

/// The state of OpenCode's processes.
pub fn presence(snapshot: &Snapshot) -> Presence {
    let own = || snapshot.agents.iter().filter(|agent| agent.agent == AGENT);
    let is_at_work = |status: Status| {
        use Status::{Queued, Retrying, Thinking, Working};
        matches!(status, Working | Thinking | Queued | Retrying)
    };
    Presence {
        began: snapshot
            .began
            .iter()
            .find(|(agent, _)| agent == AGENT)
            .map(|(_, at)| *at),
        is_working: own().any(|agent| is_at_work(agent.status)),
        rested_at: own().filter_map(|agent| agent.since).max(),
    }
}

impl Engine {
    /// The statistics; idle after the minutes of the configuration.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn stats(&self, presence: Presence) -> Result<Stats> {
        let minutes = self.config.alerts.idle_minutes;
        let (zone, now) = (self.system.zone()?, self.system.now);
        self.usage()?.stats(presence, (minutes * 60_000.0) as i64, zone, now)
    }
}
