//! The command of Kilo CLI.

use crate::agents::opencode::program::PROGRAM as OPENCODE;
use crate::agents::shared::live::program::Program;

pub(super) const PROGRAM: Program = Program {
    agent_id: "kilo-cli",
    commands: &["kilo", "kilocode"],
    scripts: &["@kilocode/cli/"],
    ..OPENCODE
};
