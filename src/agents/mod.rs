//! What coding agents leave on disk: the traits, the list of agents, and what they have in common.

mod amp;
mod antigravity;
pub mod batch;
mod claude_code;
mod cline;
mod codebuff;
mod codex;
pub mod copilot_cli;
mod copilot_cli;
mod crush;
mod cursor;
mod detected;
mod droid;
mod gemini_cli;
mod goose;
mod grok_cli;
mod hermes;
mod instant;
mod json_text;
pub mod jsonl;
mod kilo_cli;
mod kilo_code;
mod kimi_cli;
mod lenient;
pub mod look;
mod openclaw;
pub mod opencode;
mod pi;
mod qwen_code;
mod records;
mod roo_code;
pub mod source;
pub mod sqlite;
mod table;
mod totals;
#[cfg(test)]
mod trial;
mod uri;
mod walk;
mod whole;
mod windsurf;
mod zed;

pub use batch::{Batch, Scope, Skip};
pub use source::{Bookmark, Found, Root, Source};

use crate::system::System;
use anyhow::Result;

/// A coding agent whose local records ttop can read.
pub trait Agent: Sync {
    /// `claude-code`: in flags, rows, file names and fixture folders.
    fn id(&self) -> &'static str;

    /// `Claude Code`: in tables.
    fn name(&self) -> &'static str;

    /// What `doctor` and `ps` tell about it beyond its records.
    fn about(&self) -> About;

    /// Every root looked at, and the files and databases found there, whether or not they changed.
    fn sources(&self, system: &System) -> Found;

    /// Adds what was recorded after `from` and says where to go on next time.
    ///
    /// # Errors
    /// When the source as a whole cannot be read; one bad record is a `Problem` in the batch.
    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark>;
}

/// Facts about an agent that need no look at the disk.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Names of its command on PATH.
    pub commands: &'static [&'static str],
    /// What its records can give: `exact`, `partial`, or `none` where it is only detected.
    pub turns: &'static str,
    /// What cannot be known from its records, for `doctor`.
    pub limits: &'static [&'static str],
    /// Version of the reading rules: raise it when a corrected rule must reach old numbers.
    pub reader: u32,
}

/// The built-in agents, in the order of tables.
static BUILT_IN: &[&dyn Agent] = &[
    &opencode::OPENCODE,
    &claude_code::ClaudeCode,
    &codex::Codex,
    &cline::CLINE,
    &copilot_cli::CopilotCli,
    &cursor::Cursor,
    &gemini_cli::GeminiCli,
    &kilo_cli::KILO_CLI,
    &kilo_code::KILO_CODE,
    &openclaw::OpenClaw,
    &pi::Pi,
    &qwen_code::QwenCode,
    &roo_code::ROO_CODE,
    &droid::Droid,
    &goose::Goose,
    &zed::Zed,
    &crush::Crush,
    &hermes::Hermes,
    &kimi_cli::KimiCli,
    &amp::Amp,
    &grok_cli::GrokCli,
    &antigravity::ANTIGRAVITY,
    &codebuff::CODEBUFF,
    &windsurf::WINDSURF,
];

/// All agents: built-ins first.
pub fn agents() -> &'static [&'static dyn Agent] {
    BUILT_IN
}
