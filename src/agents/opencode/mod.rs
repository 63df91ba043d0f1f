//! OpenCode: its databases of 1.2 and later, and the JSON files of earlier versions.

mod api;
mod changes;
mod extract;
mod find;
mod imports;
mod json;
mod lane;
mod live;
mod message;
mod own_cost;
pub(in crate::agents) mod program;
pub mod remote;
mod reply;
mod routed;
mod session;
mod sqlite;
mod state;
mod survey;
mod tables;
mod tree;

pub use find::{config_paths, installed};

use super::{About, Agent, Batch, Bookmark, Found, Live, Root, Source};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::survey::Vocabulary;
use crate::system::System;
use anyhow::Result;

/// An agent that stores its sessions as OpenCode does: OpenCode itself, or one that was made from it.
pub struct Family {
    pub id: &'static str,
    pub name: &'static str,
    pub about: About<'static>,
    /// The data folder, and what led there.
    pub root: fn(&System) -> Root,
    /// Databases in the data folder are called `<stem>*.db`.
    pub stem: &'static str,
    /// The variable that names a database somewhere else.
    pub database_var: Option<&'static str>,
    /// Whether the cost of a reply includes that of the subagents it started.
    pub adds_subagents: bool,
    /// Tables that list messages taken over from other agents.
    pub imports: &'static [&'static str],
    pub program: &'static Program,
}

/// OpenCode.
pub static OPENCODE: Family = Family {
    id: "opencode",
    name: "OpenCode",
    about: About {
        commands: About::list(&["opencode"]),
        turns: "exact",
        limits: About::list(&[
            "requests for session titles are not stored",
            "replies have no counts if the provider reports no usage",
            "replies that a compaction rejected are stored without counts",
        ]),
        rules_version: RULES_VERSION,
    },
    root: find::data_root,
    stem: "opencode",
    database_var: Some("OPENCODE_DB"),
    adds_subagents: false,
    imports: &[],
    program: &program::PROGRAM,
};

/// Version of the reading rules of the whole family.
pub const RULES_VERSION: u32 = 5;

impl Agent for Family {
    fn id(&self) -> &'static str {
        self.id
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn program(&self) -> Option<&'static Program> {
        Some(self.program)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&self.about.commands),
            turns: self.about.turns,
            limits: About::list(&self.about.limits),
            rules_version: self.about.rules_version,
        }
    }

    fn sources(&self, system: &System) -> Found {
        find::find_sources(self, system)
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let bookmark = match source.kind {
            find::STORAGE => json::read(self.id, source, from, into),
            _ => sqlite::read(self, source, from, into)?,
        };
        Ok(Bookmark {
            rules_version: self.about.rules_version,
            ..bookmark
        })
    }

    fn live(&self) -> Option<Box<dyn Live + '_>> {
        Some(Box::new(live::LiveFamily(self)))
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}
