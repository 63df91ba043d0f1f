//! Claude Code: transcripts in JSONL, one record per content block.

mod billed;
mod cost_state;
mod fast;
mod fork;
mod identity;
mod iterations;
pub mod limits;
mod live;
mod names;
mod program;
mod read;
mod reply;
mod retold;
mod roots;
mod subagent;
mod survey;
mod totals;
mod transcript;
mod unrecorded;

use super::{About, Agent, Batch, Bookmark, Found, Live, Source};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::source::meta_path;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::walk::Walk;
use crate::system::System;
use crate::system::files::Stamp;
use anyhow::Result;
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
use subagent::Subagent;

pub struct ClaudeCode;

const RULES_VERSION: u32 = 11;
/// A source that is no transcript: see [`limits`].
const LIMITS: u8 = 1;

impl Agent for ClaudeCode {
    fn id(&self) -> &'static str {
        "claude-code"
    }

    fn name(&self) -> &'static str {
        "Claude Code"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["claude"]),
            turns: "exact",
            limits: About::list(&[
                "counts are what Claude Code recorded: versions around 2.1.29 recorded only the first output count of a \
                 streamed reply, and others may leave thinking out of output",
                "the output of an interrupted reply, and of one whose process was killed, is not recorded",
                "requests of /compact, /btw and web searches are known from the totals a session ends with; those of \
                 background jobs' helpers, and of a session that was killed, are not recorded",
                "Claude Code deletes transcripts after 30 days (cleanupPeriodDays); the ledger keeps what ttop read before",
                "versions before about 2.1.300 do not record thinking separately from output",
                "turns of subagents count in the session that started them, as Claude Code records them",
                "older versions do not record which session requested a reply in several transcripts; it counts in the \
                 one that ends first",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let mut found = Found {
            roots: roots::roots(system),
            ..Found::default()
        };
        let mut walk = Walk::default();
        let is_transcript = |path: &Path| path.extension().is_some_and(|it| it == "jsonl").then_some(0);
        for root in found.roots.clone() {
            if root.exists {
                walk.find(&root.path, &is_transcript, &mut found);
            }
        }
        join_subagents(&mut found);
        found.add_file(limits::spool(system), LIMITS);
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        match source.kind {
            LIMITS => limits::read(source, from, into, RULES_VERSION),
            _ => read::read(source, from, into, RULES_VERSION),
        }
    }

    fn live(&self) -> Option<Box<dyn Live + '_>> {
        Some(Box::new(live::LiveClaudeCode))
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

/// What a session's totals have beyond its records depends on its subagents' transcripts, too: it is looked at again when
/// one of them changed.
fn join_subagents(found: &mut Found) {
    let mut subagents: FxHashMap<PathBuf, Stamp> = FxHashMap::default();
    for source in &mut found.sources {
        if Subagent::is_one(&source.path) {
            source.describe(&[meta_path(&source.path)]);
        }
        let folder = source.path.ancestors().find(|folder| folder.ends_with("subagents"));
        if let Some(session) = folder.and_then(Path::parent) {
            let joined = subagents.entry(session.to_owned()).or_default();
            joined.inode += 1;
            let described = source.stamp.joined(source.wal);
            joined.size += described.size;
            joined.modified_ns = joined.modified_ns.max(described.modified_ns);
        }
    }
    if subagents.is_empty() {
        return;
    }
    for source in &mut found.sources {
        if let Some(joined) = subagents.get(&source.path.with_extension("")) {
            source.wal = *joined;
        }
    }
}
