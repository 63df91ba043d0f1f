//! The command of ZCode.

use crate::agents::opencode::program::PROGRAM as OPENCODE;
use crate::agents::shared::live::program::Program;

pub(super) const PROGRAM: Program = Program {
    agent_id: "zcode",
    commands: &["zcode"],
    options: Program::PRINTS,
    is_session_id: OPENCODE.is_session_id,
    ..Program::PLAIN
};
