//! A session as recorded, and what it decides about its replies: which copy owns them, what was taken back.

use crate::agents::shared::batch::session_hash;
use crate::agents::shared::json_cursor::{Cursor, Value};
use crate::core::turn::{Project, Rank, SessionInfo, Title};
use rustc_hash::FxHashMap;

/// A session row or session file.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorded {
    pub id: String,
    pub project_id: String,
    pub parent_id: Option<String>,
    /// Only version 2 writes down what a fork was made from.
    pub forked_from: Option<String>,
    pub directory: String,
    pub title: String,
    /// Of the OpenCode that made it.
    pub version: String,
    /// Epoch milliseconds.
    pub created: i64,
    pub updated: i64,
    pub revert: Option<Revert>,
}

/// A revert that can still be undone: the rows stay until the next prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Revert {
    pub message_id: String,
    /// When that message was made, epoch milliseconds; `None` when it is not there.
    pub at: Option<i64>,
    /// Only a later part of the message was taken back: the message itself stays.
    pub keeps_message: bool,
}

impl Revert {
    /// From `{"messageID":"msg_…","partID":"prt_…","snapshot":…}`.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let (mut message_id, mut keeps_message) = (None, false);
        Cursor::new(text).object(|cursor, key| {
            match key {
                b"messageID" => message_id = cursor.value()?.text(),
                b"partID" => keeps_message = !matches!(cursor.value()?, Value::Plain(_)),
                _ => drop(cursor.skip()?),
            }
            Some(())
        })?;
        Some(Self {
            message_id: message_id?.into_owned(),
            at: None,
            keeps_message,
        })
    }

    /// Whether a message of the session was taken back. Ids wrap round every two years, so time decides, as far as it
    /// is known.
    fn takes(&self, created: i64, message_id: &str) -> bool {
        let order = match self.at {
            Some(at) => (created, message_id).cmp(&(at, self.message_id.as_str())),
            None => message_id.cmp(&self.message_id),
        };
        order.is_gt() || (order.is_eq() && !self.keeps_message)
    }
}

/// Project folders by project id.
pub(super) type Projects = FxHashMap<String, String>;

/// Facts of a session that its replies need.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub id: String,
    pub hash: u64,
    /// Epoch milliseconds.
    pub created: i64,
    pub rank: Rank,
    /// `output` of rows that do not say their total includes `reasoning`.
    pub includes_reasoning: bool,
    pub revert: Option<Revert>,
    /// `time_updated`; [`Session::UNRECORDED`] where messages name a session that has no row.
    pub updated: i64,
    /// Kind and task of the subagent whose session it is; empty for the user's own.
    pub subagent: String,
    pub task: String,
}

/// The kinds of places a session is recorded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `storage/`: only versions before 1.2 wrote it.
    Files,
    Database,
}

impl Session {
    pub(super) const UNRECORDED: i64 = i64::MIN;

    pub(super) fn new(recorded: &Recorded, place: Place) -> Self {
        let (task, subagent) = subagent(recorded).unwrap_or_default();
        Self {
            subagent,
            task,
            hash: session_hash(&recorded.id),
            created: recorded.created,
            rank: rank(recorded, place),
            includes_reasoning: includes_reasoning(&recorded.version, place),
            revert: recorded.revert.clone(),
            updated: recorded.updated,
            id: recorded.id.clone(),
        }
    }

    /// A session that only its messages tell of.
    pub(super) fn unrecorded(id: &str, place: Place) -> Self {
        let recorded = Recorded {
            id: id.to_owned(),
            created: i64::MAX,
            updated: Self::UNRECORDED,
            ..Recorded::default()
        };
        Self::new(&recorded, place)
    }

    pub(super) fn has_taken_back(&self, created: i64, message_id: &str) -> bool {
        self.revert
            .as_ref()
            .is_some_and(|revert| revert.takes(created, message_id))
    }
}

/// The older session keeps a reply that a fork copied. Greatest wins: no fork by version 2's column, then made earlier,
/// then the smaller id; between a database and the files it was imported from, the database. Nothing that changes while
/// a session lives may take part: a record is not replaced by one of a lower rank.
fn rank(recorded: &Recorded, place: Place) -> Rank {
    let is_original = u64::from(recorded.forked_from.is_none());
    let age = (i64::MAX - recorded.created.max(0)) as u64;
    let mut id = [0; 8];
    let own = recorded.id.strip_prefix("ses_").unwrap_or(&recorded.id).as_bytes();
    let length = own.len().min(7);
    id[..length].copy_from_slice(&own[..length]);
    let smaller_id = !u64::from_be_bytes(id) >> 8;
    let is_database = u64::from(place == Place::Database);
    Rank(is_original << 63 | age, smaller_id << 1 | is_database)
}

/// Major and minor version; `None` for builds that have no number of their own (`local`, `0.0.0-dev-202511201200`).
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split(['.', '-']);
    let version = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (version != (0, 0)).then_some(version)
}

/// Whether a version of OpenCode counted reasoning inside output: those before 1.14 did.
pub(super) fn includes_reasoning(version: &str, place: Place) -> bool {
    match parse_version(version) {
        Some(version) => version < (1, 14),
        None => place == Place::Files,
    }
}

/// The metadata of a session from its rows.
pub(super) fn describe(recorded: &Recorded, projects: &Projects) -> SessionInfo {
    let title = (!recorded.title.is_empty()).then(|| {
        let titled = if is_default_title(&recorded.title) {
            Title::from_prompt
        } else {
            Title::from_agent
        };
        titled(recorded.updated, recorded.title.clone())
    });
    // Folders without version control share the project `global`, whose folder is `/`.
    let root = projects
        .get(&recorded.project_id)
        .filter(|root| recorded.project_id != "global" && !root.is_empty() && *root != "/");
    let path = root.unwrap_or(&recorded.directory);
    SessionInfo {
        title,
        project: (!path.is_empty()).then(|| {
            let named = match root {
                Some(_) => Project::repository,
                None => Project::folder,
            };
            named(recorded.created, path.clone())
        }),
        parent_id: recorded.parent_id.clone(),
        forked_from: recorded.forked_from.clone(),
        interactive: Some(recorded.parent_id.is_none()),
        started_at: Some(recorded.created),
        updated_at: Some(recorded.updated),
        ..SessionInfo::new(recorded.id.clone())
    }
}

/// The task and kind of a subagent from the title of its session: `Find handlers (@explore subagent)`.
fn subagent(recorded: &Recorded) -> Option<(String, String)> {
    recorded.parent_id.as_ref()?;
    let (task, kind) = recorded.title.strip_suffix(" subagent)")?.rsplit_once(" (@")?;
    Some((task.to_owned(), kind.to_owned()))
}

/// `New session - 2026-11-20T08:35:55.903Z`, until the title request returns; forks of such a session add `(fork #1)`.
fn is_default_title(title: &str) -> bool {
    let Some(rest) = title
        .strip_prefix("New session - ")
        .or_else(|| title.strip_prefix("Child session - "))
    else {
        return false;
    };
    rest.split(" (fork #")
        .next()
        .is_some_and(|time| time.parse::<jiff::Timestamp>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(id: &str, created: i64) -> Recorded {
        Recorded {
            id: id.into(),
            created,
            ..Recorded::default()
        }
    }

    #[test]
    fn the_oldest_session_that_is_no_fork_ranks_first() {
        let best_first = [
            (session("ses_b", 10), Place::Database),
            (session("ses_b", 10), Place::Files),
            (session("ses_c", 10), Place::Database),
            (session("ses_a", 11), Place::Database),
            (session("ses_a", i64::MAX), Place::Database),
            (
                Recorded {
                    forked_from: Some("ses_b".into()),
                    ..session("ses_a", 5)
                },
                Place::Database,
            ),
        ];
        let ranks: Vec<_> = best_first
            .iter()
            .map(|(recorded, place)| rank(recorded, *place))
            .collect();
        assert!(ranks.is_sorted_by(|better, worse| better > worse), "{ranks:?}");
    }

    #[test]
    fn versions_decide_where_reasoning_is() {
        let includes = |version: &str, place| {
            let recorded = Recorded {
                version: version.into(),
                ..session("s", 1)
            };
            Session::new(&recorded, place).includes_reasoning
        };
        for (version, expected) in [
            ("1.1.65", true),
            ("1.3.2", true),
            ("0.15.3", true),
            ("1.14.41", false),
            ("2.1.4", false),
            ("local", false),
            ("0.0.0-dev-202611201200", false),
            ("", false),
        ] {
            assert_eq!(includes(version, Place::Database), expected, "{version}");
        }
        assert!(includes("local", Place::Files));
    }

    #[test]
    fn a_pending_revert_takes_its_message_and_what_followed() {
        let mut revert =
            Revert::parse(br#"{"messageID":"msg_f","snapshot":"a","diff":"\"partID\""}"#).expect("a revert");
        revert.at = Some(100);
        assert!(revert.takes(100, "msg_f") && revert.takes(101, "msg_a") && revert.takes(100, "msg_g"));
        assert!(!revert.takes(99, "msg_z") && !revert.takes(100, "msg_e"));
        let partly = Revert::parse(br#"{"messageID":"msg_f","partID":"prt_1"}"#).expect("a revert");
        assert!(partly.takes(0, "msg_g") && !partly.takes(0, "msg_f"));
        assert_eq!(Revert::parse(b"{}"), None);
        assert_eq!(Revert::parse(b"null"), None);
    }

    #[test]
    fn a_default_title_ranks_below_a_generated_one() {
        for (title, rank) in [
            ("New session - 2026-11-20T08:35:55.903Z", 0),
            ("Child session - 2026-11-20T08:35:55.903Z", 0),
            ("New session - 2026-11-20T08:35:55.903Z (fork #2)", 0),
            ("New session - planning", 1),
            ("Größe prüfen – 日本語タイトル ✅", 1),
        ] {
            let recorded = Recorded {
                title: title.into(),
                ..session("s", 1)
            };
            let info = describe(&recorded, &Projects::default());
            assert_eq!(info.title.expect("a title").rank, rank, "{title}");
        }
    }

    #[test]
    fn the_project_folder_goes_before_the_working_folder() {
        let projects = Projects::from_iter(
            [("p1", "/repo"), ("global", "/"), ("root", "/")].map(|(id, path)| (id.into(), path.into())),
        );
        for (project, expected) in [
            ("p1", (1, "/repo")),
            ("global", (0, "/work")),
            ("root", (0, "/work")),
            ("lost", (0, "/work")),
        ] {
            let recorded = Recorded {
                project_id: project.into(),
                directory: "/work".into(),
                ..session("s", 1)
            };
            let found = describe(&recorded, &projects).project.expect("a project");
            assert_eq!((found.rank, found.path.as_str()), expected, "{project}");
        }
    }
}
