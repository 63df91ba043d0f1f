//! The command of Auggie.

use crate::agents::shared::live::program::Program;

pub(super) const PROGRAM: Program = Program {
    agent_id: "auggie",
    commands: &["auggie"],
    scripts: &["@augmentcode/auggie/"],
    options: Program::PRINTS,
    ..Program::PLAIN
};
