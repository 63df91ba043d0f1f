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
                "the numbers are what Claude Code wrote: some versions around 2.1.29 wrote only the first, small output \
                 counts of a streamed reply, and thinking is said to be missing from output in others",
                "the output of a reply that was interrupted is not recorded",
                "transcripts are deleted by Claude Code after 30 days (cleanupPeriodDays); ttop keeps what it has read",
                "versions before about 2.1.300 do not record thinking apart from output",
                "turns of subagents are kept in the session that started them, as Claude Code records them",
                "older versions do not record which session asked for a reply that lies in several transcripts; it is \
                 counted in the one that ends first",
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
