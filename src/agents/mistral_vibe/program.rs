//! The command of Mistral Vibe.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "mistral-vibe",
    commands: &["vibe", "vibe-acp"],
    modules: &["vibe"],
    options: &[("-p", Role::Run), ("--prompt", Role::Run)],
    session_options: &["--resume"],
    knows: "its sessions, from the time of the last reply; neither permissions nor questions are recorded",
    ..Program::PLAIN
};
