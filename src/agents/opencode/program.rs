//! The command of OpenCode.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

const SUBCOMMANDS: &[(&str, Role)] = &[
    ("run", Role::Run),
    ("serve", Role::Server),
    ("web", Role::Server),
    ("acp", Role::Server),
    ("attach", Role::Attach),
    ("agent", Role::Helper),
    ("api", Role::Helper),
    ("db", Role::Helper),
    ("github", Role::Helper),
    ("pr", Role::Helper),
    ("service", Role::Helper),
    ("session", Role::Helper),
];

/// What was made from OpenCode differs in its commands and scripts only.
pub(in crate::agents) const PROGRAM: Program = Program {
    agent_id: "opencode",
    commands: &["opencode", "opencode2"],
    scripts: &["opencode-ai/bin/opencode", "@opencode-ai/cli/bin/opencode2"],
    subcommands: SUBCOMMANDS,
    options: &[("-v", Role::Helper)],
    session_options: &["--session", "-s"],
    is_session_id: |text| text.starts_with("ses_") && text.len() > 4,
    knows: "its sessions, permissions and questions, from its interface where it listens, else from its database and log",
    ..Program::PLAIN
};
