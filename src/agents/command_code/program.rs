//! The command of Command Code.

use crate::agents::shared::live::program::Program;

pub(super) const PROGRAM: Program = Program {
    // Its other name, `cmd`, is that of the shell of Windows.
    agent_id: "command-code",
    commands: &["command-code"],
    scripts: &["node_modules/command-code/"],
    options: Program::PRINTS,
    ..Program::PLAIN
};
