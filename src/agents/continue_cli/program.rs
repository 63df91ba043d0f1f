//! The command of Continue CLI.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "continue-cli",
    commands: &["cn"],
    scripts: &["@continuedev/cli/"],
    subcommands: &[
        ("serve", Role::Server),
        ("remote", Role::Attach),
        ("checks", Role::Helper),
    ],
    options: Program::PRINTS,
    continues: &["--resume", "--continue"],
    session_options: &["--session"],
    ..Program::PLAIN
};
