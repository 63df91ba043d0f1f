//! The command of Qwen Code.

use crate::agents::gemini_cli::program::PROGRAM as GEMINI;
use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "qwen-code",
    commands: &["qwen"],
    scripts: &["@qwen-code/qwen-code/"],
    subcommands: &[("serve", Role::Server)],
    options: GEMINI.options,
    session_options: GEMINI.session_options,
    titles: GEMINI.titles,
    ..Program::PLAIN
};
