//! Where a session begins: a fork's transcript starts with a copy of its parent's records.

use super::cost_state::is_kind;
use crate::agents::shared::lenient::When;
use crate::core::turn::{Project, SessionInfo};
use serde::{Deserialize, Serialize};

/// Lines of this kind are written when a session is taken up, and never copied.
const HEADER: &str = "queue-operation";

/// The facts of the first lines of a transcript, until a reply shows whether they were copied.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Beginning {
    /// Time of what was written before the conversation, epoch milliseconds.
    header: Option<i64>,
    stage: Stage,
    /// When and where the conversation began as far as known.
    held: Option<Held>,
    /// The session this one was forked from.
    parent: Option<String>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
enum Stage {
    /// No reply was read.
    #[default]
    Unknown,
    /// The last reply was copied from this session.
    Copied(String),
    Own,
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    session: String,
    started_at: Option<i64>,
    /// Rank, time and path.
    project: Option<(u8, i64, String)>,
}

impl Beginning {
    /// Looks at a line that is no reply.
    pub(super) fn line(&mut self, line: &[u8]) {
        #[derive(Deserialize)]
        struct HeaderJson {
            timestamp: When,
        }
        if self.stage == Stage::Unknown && self.header.is_none() && is_kind(line, HEADER) {
            let header = serde_json::from_slice::<HeaderJson>(line).ok();
            self.header = header.and_then(|header| header.timestamp.0);
        }
    }

    /// Takes the facts of lines about a session, and returns those that are known to be true.
    pub(super) fn info(&mut self, mut info: SessionInfo) -> Option<SessionInfo> {
        if self.stage != Stage::Own && (info.started_at.is_some() || info.project.is_some()) {
            let mut held = SessionInfo {
                started_at: info.started_at.take(),
                project: info.project.take(),
                ..SessionInfo::new(&*info.id)
            };
            if let Some(before) = self.held.take().filter(|before| before.session == info.id) {
                held.merge(before.info());
            }
            self.held = Some(Held {
                session: held.id,
                started_at: held.started_at,
                project: held.project.map(|project| (project.rank, project.at, project.path)),
            });
        }
        Some(info).filter(|info| *info != SessionInfo::new(&*info.id))
    }

    /// Takes that a reply follows in a session, which `owner` asked for; returns what this makes certain.
    pub(super) fn reply(&mut self, session: &str, owner: &str) -> Option<SessionInfo> {
        if owner != session {
            self.held = None;
            if !matches!(&self.stage, Stage::Copied(from) if from == owner) {
                self.stage = Stage::Copied(owner.to_owned());
            }
            return None;
        }
        if self.stage == Stage::Own {
            return None;
        }
        let held = self.held.take().map(Held::info);
        match std::mem::replace(&mut self.stage, Stage::Own) {
            Stage::Copied(parent) => {
                let mut info = held
                    .filter(|held| held.id == session)
                    .unwrap_or_else(|| SessionInfo::new(session));
                info.forked_from = Some(parent.clone());
                self.parent = Some(parent);
                info.started_at = self.header.or(info.started_at);
                Some(info)
            }
            _ => held,
        }
    }
}

impl Beginning {
    /// The session this one was forked from, as far as known.
    pub(super) fn parent(&self) -> Option<&str> {
        match &self.stage {
            Stage::Copied(from) => Some(from),
            _ => self.parent.as_deref(),
        }
    }

    pub(super) fn header(&self) -> Option<i64> {
        self.header
    }
}

impl Held {
    fn info(self) -> SessionInfo {
        SessionInfo {
            started_at: self.started_at,
            project: self.project.map(|(rank, at, path)| Project { rank, at, path }),
            ..SessionInfo::new(self.session)
        }
    }
}
