//! The command of MiMo Code.

use crate::agents::opencode::program::PROGRAM as OPENCODE;
use crate::agents::shared::live::program::Program;

pub(super) const PROGRAM: Program = Program {
    agent_id: "mimo-code",
    commands: &["mimo"],
    scripts: &[],
    ..OPENCODE
};
