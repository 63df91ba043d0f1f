//! The command of Droid.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "droid",
    commands: &["droid"],
    scripts: &["@factory/cli/", "node_modules/droid/"],
    subcommands: &[("exec", Role::Run), ("daemon", Role::Helper)],
    session_options: &["--resume", "-r", "--session-id", "-s"],
    continues: &["--continue"],
    ..Program::PLAIN
};
