//! The command of Crush.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "crush",
    commands: &["crush"],
    scripts: &["@charmland/crush/"],
    subcommands: &[
        ("run", Role::Run),
        ("server", Role::Server),
        ("dirs", Role::Helper),
        ("schema", Role::Helper),
    ],
    session_options: &["--session", "-s"],
    continues: &["--continue", "-C"],
    ..Program::PLAIN
};
