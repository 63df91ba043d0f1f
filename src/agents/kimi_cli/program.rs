//! The command of Kimi CLI.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "kimi-cli",
    commands: &["kimi", "kimi-cli", "kimi-code"],
    scripts: &["@moonshot-ai/kimi-code/"],
    modules: &["kimi_cli"],
    subcommands: &[
        ("acp", Role::Server),
        ("web", Role::Server),
        ("server", Role::Server),
        ("term", Role::Tui),
    ],
    options: &[
        ("--print", Role::Run),
        ("-p", Role::Run),
        ("--prompt", Role::Run),
        ("--acp", Role::Server),
        ("--wire", Role::Server),
    ],
    session_options: &["--session", "-S", "--resume", "-r"],
    continues: &["--continue", "-C", "-c"],
    is_session_id: |text| text.len() >= 36 && text.contains('-'),
    knows: "its sessions, permissions and questions, from its records",
    ..Program::PLAIN
};
