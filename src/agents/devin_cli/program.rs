//! The command of Devin CLI.

use crate::agents::shared::live::program::Program;

pub(super) const PROGRAM: Program = Program {
    agent_id: "devin-cli",
    commands: &["devin"],
    options: Program::PRINTS,
    // Two words and a number.
    is_session_id: |text| text.split('-').count() >= 3,
    ..Program::PLAIN
};
