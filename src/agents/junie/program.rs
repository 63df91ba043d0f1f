//! The command of Junie.

use crate::agents::shared::live::program::Program;

pub(super) const PROGRAM: Program = Program {
    agent_id: "junie",
    commands: &["junie"],
    is_session_id: |text| text.starts_with("session-") && text.len() > 8,
    ..Program::PLAIN
};
