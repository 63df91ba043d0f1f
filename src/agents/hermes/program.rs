//! The command of Hermes.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "hermes",
    commands: &["hermes"],
    scripts: &["hermes_cli/main.py"],
    modules: &["hermes_cli"],
    subcommands: &[
        ("chat", Role::Tui),
        ("gateway", Role::Server),
        ("acp", Role::Server),
        ("cron", Role::Helper),
    ],
    options: &[("-q", Role::Run), ("--query", Role::Run), ("-z", Role::Run)],
    session_options: &["--resume", "-r"],
    is_session_id: |text| text.len() > 8 && text.as_bytes()[..8].iter().all(u8::is_ascii_digit),
    ..Program::PLAIN
};
