//! The command of Qwen Code.

use crate::agents::gemini_cli::program::TITLES;
use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "qwen-code",
    commands: &["qwen"],
    scripts: &["@qwen-code/qwen-code/"],
    subcommands: &[("serve", Role::Server)],
    options: &[
        ("-p", Role::Run),
        ("--prompt", Role::Run),
        ("--acp", Role::Server),
        ("--experimental-acp", Role::Server),
    ],
    session_options: &["--resume", "--session-id", "-r"],
    titles: TITLES,
    ..Program::PLAIN
};
