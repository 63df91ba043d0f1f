//! The command of Codex.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "codex",
    commands: &["codex"],
    scripts: &["@openai/codex/bin/codex.js"],
    subcommands: &[
        ("exec", Role::Run),
        ("e", Role::Run),
        ("review", Role::Run),
        ("resume", Role::Tui),
        ("fork", Role::Tui),
        ("app-server", Role::Server),
        ("app-server daemon", Role::Helper),
        ("exec-server", Role::Server),
        ("mcp-server", Role::Server),
        ("sandbox", Role::Helper),
        ("apply", Role::Helper),
        ("cloud", Role::Helper),
    ],
    // The service that interfaces share shows no session of its own.
    options: &[("--managed-daemon", Role::Helper)],
    session_options: &[],
    session_subcommands: &["resume"],
    continues: &["--last"],
    forks: &["fork"],
    knows: "its sessions and questions, from its rollouts; a permission only where a command wants to leave the sandbox",
    ..Program::PLAIN
};
