//! The command of Copilot CLI.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "copilot-cli",
    commands: &["copilot"],
    scripts: &["@github/copilot/"],
    options: &[
        ("-p", Role::Run),
        ("--prompt", Role::Run),
        ("--server", Role::Server),
        ("--headless", Role::Server),
        ("--acp", Role::Server),
    ],
    session_options: &["--resume", "--session-id"],
    continues: &["--continue"],
    knows: "its sessions, permissions and questions, from its events",
    ..Program::PLAIN
};
