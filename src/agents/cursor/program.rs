//! The command of Cursor.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "cursor",
    commands: &["cursor-agent"],
    folders: &["/cursor-agent/versions/"],
    subcommands: &[("worker", Role::Helper), ("acp", Role::Server), ("resume", Role::Tui)],
    options: Program::PRINTS,
    session_options: &["--resume"],
    continues: &["--continue", "resume"],
    knows: "its sessions, from the time of the last write; neither permissions nor questions are recorded",
    ..Program::PLAIN
};
