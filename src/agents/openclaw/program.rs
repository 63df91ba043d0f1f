//! The command of OpenClaw.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "openclaw",
    commands: &["openclaw"],
    scripts: &["node_modules/openclaw/"],
    subcommands: &[
        ("agent", Role::Run),
        ("tui", Role::Tui),
        ("chat", Role::Tui),
        ("gateway", Role::Service),
        ("node", Role::Helper),
        ("channels", Role::Helper),
        ("cron", Role::Helper),
    ],
    session_options: &["--session-id"],
    continues: &[],
    ..Program::PLAIN
};
