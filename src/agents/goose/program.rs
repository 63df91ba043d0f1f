//! The command of Goose.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "goose",
    commands: &["goose"],
    subcommands: &[
        ("run", Role::Run),
        ("session", Role::Tui),
        ("web", Role::Server),
        ("acp", Role::Server),
        ("serve", Role::Server),
        ("recipe", Role::Helper),
        ("schedule", Role::Helper),
    ],
    session_options: &["--session-id", "--id"],
    continues: &["--resume", "-r"],
    is_session_id: |text| text.len() > 8 && text.as_bytes()[..8].iter().all(u8::is_ascii_digit),
    knows: "its sessions and permissions, from its database",
    ..Program::PLAIN
};
