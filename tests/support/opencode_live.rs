//! A home whose OpenCode is at work, and what reading it again and again brings.

use super::Home;
use super::counting::{Counting, Reading};
use super::opencode_db::{Database, Reply};
use std::collections::BTreeMap;
use ttop::agents::opencode::OPENCODE;
use ttop::agents::{Agent, Batch, Bookmark, Scope};
use ttop::core::turn::Presence;
use ttop::system::{Os, System};

pub const DAY: i64 = 86_400_000;
/// Long ago, and a few days later.
pub const OLD: i64 = 1_790_000_000_000;
pub const NEW: i64 = OLD + 30 * DAY;

/// A home with a database, and the two ways to read it.
pub struct Live {
    pub home: Home,
    pub database: Database,
    pub counting: Counting,
    pub mark: Bookmark,
}

impl Live {
    pub fn new() -> Self {
        let home = Home::new();
        let database = Database::create(&home.path().join(".local/share/opencode/opencode.db"));
        Self {
            home,
            database,
            counting: Counting::of(&OPENCODE),
            mark: Bookmark::default(),
        }
    }

    /// Two old sessions of two replies, and a new one of one.
    pub fn filled() -> Self {
        let live = Self::new();
        for (session, start) in [("ses_a", OLD), ("ses_b", OLD + DAY), ("ses_c", NEW)] {
            live.database.session(session, start);
            live.database.prompt(&format!("{session}_u"), session, start);
            live.database
                .reply(&format!("{session}_1"), session, &Reply::at(start + 1));
            if session != "ses_c" {
                live.database
                    .reply(&format!("{session}_2"), session, &Reply::at(start + 2));
            }
        }
        live
    }

    pub fn system(&self) -> System {
        System::new(Os::Linux, self.home.path(), BTreeMap::new())
    }

    pub fn sync(&mut self) -> Reading {
        let reading = self.counting.sync(&self.system());
        assert_eq!(reading.problems, []);
        reading
    }

    /// What a read from the last bookmark on brings.
    pub fn read_on(&mut self) -> Batch {
        let found = OPENCODE.sources(&self.system());
        let mut batch = Batch::default();
        self.mark = OPENCODE
            .read(&found.sources[0], &self.mark, &mut batch)
            .expect("the database is readable");
        batch
    }
}

pub fn shown(reading: &Reading) -> Vec<(&str, &str, u64, Presence)> {
    let mut shown: Vec<_> = reading
        .turns
        .iter()
        .map(|turn| {
            (
                turn.session_id.as_str(),
                turn.message_id.as_str(),
                turn.tokens.known_total(),
                turn.presence,
            )
        })
        .collect();
    shown.sort_unstable_by_key(|(session, message, ..)| (*session, *message));
    shown
}

/// The sessions that a batch replaces, and whether it also lists the ones left.
pub fn scopes(batch: &Batch) -> (Vec<&str>, bool, bool) {
    let mut sessions = Vec::new();
    let (mut whole, mut left) = (false, false);
    for (scope, presence) in &batch.scopes {
        match (scope, presence) {
            (Scope::Session(id), Presence::Reverted) => sessions.push(id.as_str()),
            (Scope::Source, Presence::Reverted) => whole = true,
            (Scope::Sessions(_), Presence::Gone) => left = true,
            other => panic!("{other:?}"),
        }
    }
    sessions.sort_unstable();
    (sessions, whole, left)
}
