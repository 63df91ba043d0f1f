//! The command of Claude Code.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "claude-code",
    commands: &["claude"],
    scripts: &["@anthropic-ai/claude-code/cli.js"],
    folders: &["/claude/versions/"],
    subcommands: &[
        // The service of background jobs: a spare process becomes a job once one is given to it.
        ("daemon", Role::Helper),
        ("bg-pty-host", Role::Helper),
        ("bg-spare", Role::Service),
        ("attach", Role::Attach),
    ],
    options: &[
        ("-p", Role::Run),
        ("--print", Role::Run),
        ("--ripgrep", Role::Helper),
        ("--bg", Role::Helper),
        ("--claude-in-chrome-mcp", Role::Helper),
    ],
    session_options: &["--resume", "--session-id", "-r"],
    forks: &["--fork-session"],
    knows: "its sessions, permissions and questions, from its registry of processes and its transcripts",
    ..Program::PLAIN
};
