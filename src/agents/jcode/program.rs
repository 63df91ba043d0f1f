//! The command of Jcode.

use crate::agents::shared::live::program::Program;

pub(super) const PROGRAM: Program = Program {
    agent_id: "jcode",
    commands: &["jcode"],
    is_session_id: |text| text.starts_with("session_") && text.len() > 8,
    ..Program::PLAIN
};
