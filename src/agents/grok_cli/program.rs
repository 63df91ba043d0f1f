//! The command of Grok CLI.

use crate::agents::shared::live::program::Program;

pub(super) const PROGRAM: Program = Program {
    agent_id: "grok-cli",
    commands: &["grok"],
    scripts: &["@vibe-kit/grok-cli/", "@xai-official/grok/"],
    options: Program::PRINTS,
    knows: "its sessions, from its records; neither permissions nor questions are recorded",
    ..Program::PLAIN
};
