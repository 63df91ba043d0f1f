//! Filters as text, from any source. The engine turns them into a [`TurnFilter`].
//!
//! [`TurnFilter`]: super::filter::TurnFilter

use super::turn::Presence;

/// One field per filter of the command line; an empty one does not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterText {
    pub since: Option<String>,
    pub until: Option<String>,
    pub on: Option<String>,
    pub agent: Vec<String>,
    pub provider: Vec<String>,
    pub model: Vec<String>,
    pub project: Vec<String>,
    pub session: Vec<String>,
    pub branch: Vec<String>,
    pub subagent: Vec<String>,
    pub presence: Vec<PresenceWanted>,
    pub grep: Vec<String>,
}

/// Which turns count by what became of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum PresenceWanted {
    /// Every turn, including deleted and reverted ones
    All,
    /// The agent still has the record
    Present,
    /// The agent deleted the record
    Gone,
    /// The user undid the turn
    Reverted,
}

impl FilterText {
    /// Whether nothing is filtered.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a time is filtered by.
    pub fn has_time(&self) -> bool {
        self.since.is_some() || self.until.is_some() || self.on.is_some()
    }

    /// The presences wanted; none at all means every one.
    pub fn presences(&self) -> Vec<Presence> {
        let wanted = self.presence.iter().map(|wanted| match wanted {
            PresenceWanted::All => None,
            PresenceWanted::Present => Some(Presence::Present),
            PresenceWanted::Gone => Some(Presence::Gone),
            PresenceWanted::Reverted => Some(Presence::Reverted),
        });
        wanted.collect::<Option<_>>().unwrap_or_default()
    }
}
