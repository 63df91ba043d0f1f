//! Readers for the records of coding agents: the traits and the list of agents.

mod amp;
mod antigravity;
mod auggie;
pub mod claude_code;
mod cline;
mod codebuddy;
mod codebuff;
mod codex;
mod command_code;
mod continue_cli;
mod copilot_chat;
pub mod copilot_cli;
mod crush;
mod cursor;
mod deepseek_harness;
mod devin_cli;
mod droid;
mod gemini_cli;
mod goose;
mod grok_cli;
mod hermes;
mod jcode;
mod junie;
mod kilo_cli;
mod kilo_code;
mod kimi_cli;
mod kiro;
mod mimo_code;
mod mistral_vibe;
mod mux;
mod openclaw;
pub mod opencode;
mod pi;
mod qwen_code;
mod roo_code;
pub mod shared;
mod windsurf;
mod zcode;
mod zed;

pub use shared::batch::{Batch, Scope, Skip};
pub use shared::handle::AgentHandle;
pub use shared::live::Live;
pub use shared::source::{Bookmark, Found, Root, Source};
pub use shared::survey::Vocabulary;

use crate::system::System;
use anyhow::Result;
use shared::live::program::Program;
use shared::live::programs::Programs;
use std::borrow::Cow;
use std::sync::LazyLock;

/// A coding agent whose local records ttop can read. It may be tied to one thread; see [`AgentHandle`].
pub trait Agent {
    /// `claude-code`: in flags, rows, file names and fixture folders.
    fn id(&self) -> &str;

    /// `Claude Code`: in tables.
    fn name(&self) -> &str;

    /// Facts for `doctor` and `ps` that need no records.
    fn about(&self) -> About<'_>;

    /// Every root checked, and the files and databases found there, changed or not.
    fn sources(&self, system: &System) -> Found;

    /// Starts what reading a source waits for, so that agents in processes of their own work side by side; `read` follows.
    fn begin(&self, _: &Source) {}

    /// Adds the records after `from` to the batch and returns the bookmark for the next read.
    ///
    /// # Errors
    ///
    /// When the source as a whole cannot be read; one bad record is a `Problem` in the batch.
    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark>;

    /// The record types and billed fields that its reader knows, for the survey of `doctor`.
    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        None
    }

    /// How its command is called; `None` where no process of its own is a session.
    fn program(&self) -> Option<&'static Program> {
        None
    }

    /// Whether a session can get the id of one on another machine, or of one that was deleted.
    fn reuses_session_ids(&self) -> bool {
        false
    }

    /// A live view of its own, for agents whose processes or records need more than [`shared::live::live`] knows.
    fn live(&self) -> Option<Box<dyn Live + '_>> {
        None
    }
}

/// Static facts about an agent.
#[derive(Clone, Debug)]
pub struct About<'a> {
    /// Names of its command on PATH.
    pub commands: Cow<'a, [&'a str]>,
    /// Accuracy of its records: `exact`, `partial`, or `none` if it is only detected.
    pub turns: &'a str,
    /// Limits of its records, for `doctor`.
    pub limits: Cow<'a, [&'a str]>,
    /// Version of the reading rules: raise it when a corrected rule must reach old numbers.
    pub rules_version: u32,
}

impl<'a> About<'a> {
    /// A list that is part of the program.
    pub const fn list(words: &'a [&'a str]) -> Cow<'a, [&'a str]> {
        Cow::Borrowed(words)
    }
}

/// The built-in agents, in the order of tables.
static BUILT_IN: &[&(dyn Agent + Sync)] = &[
    &opencode::OPENCODE,
    &claude_code::ClaudeCode,
    &codex::Codex,
    &amp::Amp,
    &antigravity::Antigravity,
    &auggie::Auggie,
    &cline::CLINE,
    &codebuddy::CodeBuddy,
    &codebuff::CODEBUFF,
    &command_code::CommandCode,
    &continue_cli::ContinueCli,
    &copilot_chat::CopilotChat,
    &copilot_cli::CopilotCli,
    &crush::Crush,
    &cursor::Cursor,
    &deepseek_harness::DeepSeekHarness,
    &devin_cli::DevinCli,
    &droid::Droid,
    &gemini_cli::GeminiCli,
    &goose::Goose,
    &grok_cli::GrokCli,
    &hermes::Hermes,
    &jcode::Jcode,
    &junie::Junie,
    &kilo_cli::KILO_CLI,
    &kilo_code::KILO_CODE,
    &kimi_cli::KimiCli,
    &kiro::KIRO,
    &mimo_code::MIMO_CODE,
    &mistral_vibe::MistralVibe,
    &mux::Mux,
    &openclaw::OpenClaw,
    &pi::Pi,
    &qwen_code::QwenCode,
    &roo_code::ROO_CODE,
    &windsurf::WINDSURF,
    &zcode::ZCode,
    &zed::Zed,
];

/// The agents that are part of the program.
pub fn built_in() -> &'static [&'static (dyn Agent + Sync)] {
    BUILT_IN
}

/// Whether several sessions of an agent can have one id.
pub fn reuses_session_ids(agent_id: &str) -> bool {
    let mut agents = BUILT_IN.iter().filter(|agent| agent.id() == agent_id);
    agents.any(|agent| agent.reuses_session_ids())
}

/// The programs of the built-in agents.
pub fn programs() -> &'static Programs {
    static PROGRAMS: LazyLock<Programs> =
        LazyLock::new(|| Programs::new(BUILT_IN.iter().filter_map(|agent| agent.program()).collect()));
    &PROGRAMS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    #[test]
    fn ids_are_unique_and_kebab_case_and_facts_are_complete() {
        let mut ids = BTreeSet::new();
        for agent in built_in() {
            let id = agent.id();
            assert!(ids.insert(id), "{id} twice");
            let is_word =
                |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            assert!(id.split('-').all(is_word), "{id}");
            assert!(!agent.name().is_empty(), "{id}");
            let about = agent.about();
            assert!(["exact", "partial", "none"].contains(&about.turns), "{id}");
            assert!(about.rules_version > 0, "{id}");
            assert!(
                about.turns == "exact" || !about.limits.is_empty(),
                "{id}: what is not known?"
            );
        }
    }

    #[test]
    fn an_empty_home_has_roots_but_no_sources_and_no_problems() {
        let dir = tempfile::tempdir().expect("a folder");
        for os in [Os::Linux, Os::MacOs, Os::Windows] {
            let system = System::new(os, dir.path(), BTreeMap::new());
            for agent in built_in() {
                let found = agent.sources(&system);
                assert!(
                    found.sources.is_empty() && found.problems.is_empty(),
                    "{}: {found:?}",
                    agent.id()
                );
                assert!(!found.roots.is_empty(), "{} looks nowhere on {os:?}", agent.id());
                for root in found.roots {
                    assert!(!root.exists, "{}: {root:?}", agent.id());
                    // Whatever the environment does not name lies below the home folder.
                    assert!(root.path.starts_with(dir.path()), "{}: {root:?}", agent.id());
                }
            }
        }
    }

    #[test]
    fn an_agent_is_a_folder_of_its_name_and_two_lines_here() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/agents");
        let list = include_str!("mod.rs");
        for agent in built_in() {
            let module = agent.id().replace('-', "_");
            assert!(folder.join(&module).join("mod.rs").is_file(), "{module}");
            let lines = |text: &str| list.lines().filter(|line| line.trim_start().starts_with(text)).count();
            let declared = lines(&format!("mod {module};")) + lines(&format!("pub mod {module};"));
            assert_eq!((declared, lines(&format!("&{module}::"))), (1, 1), "{module}");
        }
    }
}
