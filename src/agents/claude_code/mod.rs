//! Claude Code: transcripts in JSONL, one record per content block.

mod fast;
mod fork;
mod identity;
mod iterations;
pub mod limits;
mod live;
mod names;
mod reply;
mod roots;
mod transcript;

use super::{About, Agent, Batch, Bookmark, Found, Live, Source};
use crate::agents::shared::walk::Walk;
use crate::system::System;
use anyhow::Result;
use std::path::Path;

pub struct ClaudeCode;

const RULES_VERSION: u32 = 3;
/// A source that is no transcript: see [`limits`].
const LIMITS: u8 = 1;

impl Agent for ClaudeCode {
    fn id(&self) -> &'static str {
        "claude-code"
    }

    fn name(&self) -> &'static str {
        "Claude Code"
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["claude"]),
            turns: "exact",
            limits: About::list(&[
                "counts are what Claude Code recorded: versions around 2.1.29 recorded only the first output count of a \
                 streamed reply, and others may leave thinking out of output",
                "the output of an interrupted reply is not recorded",
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
        found.add_file(limits::spool(system), LIMITS);
        found
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        match source.kind {
            LIMITS => limits::read(source, from, into, RULES_VERSION),
            _ => transcript::read(source, from, into, RULES_VERSION),
        }
    }

    fn live(&self) -> Option<&dyn Live> {
        Some(&live::LiveClaudeCode)
    }
}
