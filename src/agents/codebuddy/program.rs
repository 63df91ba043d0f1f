//! The command of CodeBuddy.

use crate::agents::shared::live::program::Program;

pub(super) const PROGRAM: Program = Program {
    agent_id: "codebuddy",
    commands: &["codebuddy", "cbc"],
    scripts: &["@tencent-ai/codebuddy-code/"],
    options: Program::PRINTS,
    ..Program::PLAIN
};
