//! A turn: one model reply as an agent recorded it, its identity, and the session it belongs to.

use super::{bounded::bound, numbers::Numbers, project::canonical, tokens::Tokens};
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// One model reply as an adapter reports it: borrowed text, nothing derived.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    pub session_id: &'a str,
    /// The agent's own id of the message; empty where it has none.
    pub message_id: &'a str,
    /// Its place in this source: a later read of the same record replaces it unless its rank is lower.
    pub record: RecordKey,
    /// The billing event: equal in every copy of the reply; until it is known, made from the record.
    pub event: EventKey,
    /// Among copies of one event the greatest rank counts; must not depend on the order of reading.
    pub rank: Rank,
    /// The open segment this turn belongs to; it stops counting once a turn that `supersedes` the segment exists.
    pub segment: Option<&'a str>,
    /// The open segment whose turns this one replaces.
    pub supersedes: Option<&'a str>,
    /// It depends on other files, which may be gone, and its rank says how much they told: less never replaces more, whatever
    /// rules read it.
    pub may_know_less: bool,
    /// Provider that bills, by its models.dev id.
    pub provider_id: &'a str,
    pub model_id: &'a str,
    /// What it was made for.
    pub origin: Origin<'a>,
    pub numbers: Numbers,
    /// Byte offset of the line or row number in the table, for `show --explain`.
    pub place: u64,
}

impl Turn<'_> {
    /// A turn with the usual values, [`Numbers::PLAIN`]. Adapters override what differs.
    pub const PLAIN: Turn<'static> = Turn {
        session_id: "",
        message_id: "",
        record: RecordKey(0),
        event: EventKey(0),
        rank: Rank(0, 0),
        segment: None,
        supersedes: None,
        may_know_less: false,
        provider_id: "",
        model_id: "",
        origin: Origin::NONE,
        numbers: Numbers::PLAIN,
        place: 0,
    };
}

/// What a turn was made for; empty where that is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The branch that was checked out.
    pub branch: &'a str,
    /// The kind of subagent; empty for a turn of the session itself.
    pub subagent: &'a str,
    /// What the subagent was asked to do.
    pub task: &'a str,
}

impl Origin<'_> {
    pub const NONE: Origin<'static> = Origin {
        branch: "",
        subagent: "",
        task: "",
    };
}

/// A turn's place in its source, hashed: unique within the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey(pub u64);

impl RecordKey {
    pub fn of(record: impl AsRef<[u8]>) -> Self {
        Self(xxh3_64(record.as_ref()))
    }
}

/// A billing event, hashed with the agent's id (xxh3: a fixed definition, since it is stored and exported).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey(pub u64);

impl EventKey {
    pub fn of(agent_id: &str, event: impl AsRef<[u8]>) -> Self {
        Self(xxh3_64_with_seed(event.as_ref(), xxh3_64(agent_id.as_bytes())))
    }

    /// The `turnId` of rows: 16 hex digits.
    pub fn turn_id(self) -> String {
        format!("{:016x}", self.0)
    }
}

/// As the `turnId` of rows.
impl Serialize for EventKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}", self.0))
    }
}

impl<'de> Deserialize<'de> for EventKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let key = (text.len() == 16).then(|| u64::from_str_radix(&text, 16).ok());
        key.flatten()
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("expected 16 hex digits"))
    }
}

/// Order among the copies of one event; the greatest counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank(pub u64, pub u64);

impl Rank {
    /// The rank of a copy in a session that shares the turn with its owner, which has a copy with a higher rank.
    pub const SHARED: Self = Self(0, 0);

    /// The rank of a copy with such a total in a session that was made at a time: of equal copies, that in the oldest
    /// session counts, since a fork is younger than what it was made from. A session without a time is none.
    pub fn in_session(total: u64, made_at: Option<i64>) -> Self {
        Self(total, u64::MAX - made_at.map_or(0, i64::unsigned_abs))
    }
}

/// How complete the counts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Accuracy {
    Exact,
    /// The agent records only some buckets.
    Partial,
    Estimated,
}

impl Accuracy {
    /// Exact where every bucket is known.
    pub fn of(tokens: &Tokens) -> Self {
        match tokens.unknown_mask() {
            0 => Self::Exact,
            _ => Self::Partial,
        }
    }
}

/// Whether the agent still has the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Present,
    /// The agent deleted it.
    Gone,
    /// The user took it back.
    Reverted,
}

/// The service a request was billed under.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mode {
    #[default]
    Standard,
    Fast,
    Batch,
    Flex,
    Priority,
    /// A tier that ttop does not know, so no list has its price.
    Other,
}

impl Mode {
    /// What a service tier of OpenAI is billed as: `priority` is what older versions of Codex called `fast`, and so does the list of
    /// prices.
    pub fn of_service_tier(tier: &str) -> Self {
        match tier {
            "priority" | "fast" => Self::Fast,
            "flex" => Self::Flex,
            "batch" => Self::Batch,
            _ if is_standard_tier(tier.as_bytes()) => Self::Standard,
            _ => Self::Other,
        }
    }
}

/// Whether a service tier is what a provider bills without another one; servers of other models have names of their own for it.
pub fn is_standard_tier(tier: &[u8]) -> bool {
    const NAMES: [&str; 6] = ["", "auto", "default", "on_demand", "standard", "standard_only"];
    NAMES.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(tier))
}

/// Metadata of a session. Pieces merge in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionInfo {
    pub id: String,
    pub title: Option<Title>,
    pub project: Option<Project>,
    pub parent_id: Option<String>,
    /// The session a fork was made from.
    pub forked_from: Option<String>,
    /// False for subagents and helpers.
    pub interactive: Option<bool>,
    pub started_at: Option<i64>,
    pub updated_at: Option<i64>,
}

/// A session's name; the greatest (`rank`, `at`) wins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Title {
    /// 0 first user text, 1 made by the agent, 2 given by the user.
    pub rank: u8,
    /// When it was given: epoch milliseconds, or any number that grows within the source.
    pub at: i64,
    pub text: String,
}

impl Title {
    /// The user's first words; of several the earliest count.
    pub fn from_prompt(at: i64, text: String) -> Self {
        let at = at.saturating_neg();
        Self { rank: 0, at, text }
    }

    pub fn from_agent(at: i64, text: String) -> Self {
        Self { rank: 1, at, text }
    }

    pub fn from_user(at: i64, text: String) -> Self {
        Self { rank: 2, at, text }
    }
}

/// A session's project path; the greatest `rank` wins, then the smallest `at` (the first working directory).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// 0 working directory, 1 repository root that the agent recorded.
    pub rank: u8,
    pub at: i64,
    pub path: String,
}

impl Project {
    /// A working directory.
    pub fn folder(at: i64, path: impl Into<String>) -> Self {
        let path = path.into();
        Self { rank: 0, at, path }
    }

    /// A repository root that the agent recorded.
    pub fn repository(at: i64, path: impl Into<String>) -> Self {
        let path = path.into();
        Self { rank: 1, at, path }
    }
}

impl SessionInfo {
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            ..Self::default()
        }
    }

    /// With every name bounded, and the project's path as all agents write it.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        if let Some(project) = &mut self.project
            && let Cow::Owned(path) = canonical(&project.path)
        {
            project.path = path;
        }
        let names = [
            Some(&mut self.id),
            self.title.as_mut().map(|title| &mut title.text),
            self.project.as_mut().map(|project| &mut project.path),
            self.parent_id.as_mut(),
            self.forked_from.as_mut(),
        ];
        names.into_iter().flatten().for_each(bound);
        self
    }

    /// Takes other ids for its own and those of the sessions it names; returns whether one differs.
    pub fn rename(&mut self, names: &FxHashMap<String, String>) -> bool {
        let ids = [Some(&mut self.id), self.parent_id.as_mut(), self.forked_from.as_mut()];
        let mut is_renamed = false;
        for id in ids.into_iter().flatten() {
            if let Some(name) = names.get(id) {
                id.clone_from(name);
                is_renamed = true;
            }
        }
        is_renamed
    }

    /// Takes in what another read learned about the same session.
    pub fn merge(&mut self, other: Self) {
        if other.title > self.title {
            self.title = other.title;
        }
        if let Some(theirs) = other.project {
            let order = |project: &Project| (std::cmp::Reverse(project.rank), project.at, project.path.clone());
            if self.project.as_ref().is_none_or(|ours| order(&theirs) < order(ours)) {
                self.project = Some(theirs);
            }
        }
        self.parent_id = self.parent_id.take().or(other.parent_id);
        self.forked_from = self.forked_from.take().or(other.forked_from);
        self.interactive = match (self.interactive, other.interactive) {
            (Some(ours), Some(theirs)) => Some(ours && theirs),
            (ours, theirs) => ours.or(theirs),
        };
        self.started_at = match (self.started_at, other.started_at) {
            (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        self.updated_at = self.updated_at.max(other.updated_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titled(rank: u8, at: i64, text: &str) -> SessionInfo {
        SessionInfo {
            title: Some(Title {
                rank,
                at,
                text: text.into(),
            }),
            ..SessionInfo::new("s")
        }
    }

    #[test]
    fn session_pieces_merge_in_any_order() {
        let pieces = [
            titled(0, 1, "first words"),
            titled(2, 5, "mine"),
            titled(1, 9, "generated"),
            SessionInfo {
                project: Some(Project {
                    rank: 0,
                    at: 3,
                    path: "/later".into(),
                }),
                updated_at: Some(9),
                ..SessionInfo::new("s")
            },
            SessionInfo {
                project: Some(Project {
                    rank: 0,
                    at: 1,
                    path: "/first".into(),
                }),
                started_at: Some(1),
                ..SessionInfo::new("s")
            },
        ];
        let merge = |order: &[usize]| {
            let mut session = SessionInfo::new("s");
            for &at in order {
                session.merge(pieces[at].clone());
            }
            session
        };
        let session = merge(&[0, 1, 2, 3, 4]);
        assert_eq!(session, merge(&[4, 2, 3, 1, 0]));
        assert_eq!(session.title.expect("a title").text, "mine");
        assert_eq!(session.project.expect("a project").path, "/first");
    }

    #[test]
    fn the_same_event_of_two_agents_differs() {
        assert_ne!(EventKey::of("claude-code", "msg_1"), EventKey::of("codex", "msg_1"));
        assert_eq!(EventKey(255).turn_id(), "00000000000000ff");
    }
}
