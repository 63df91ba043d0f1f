//! The command of Pi.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "pi",
    commands: &["pi", "omp"],
    scripts: &[
        "@earendil-works/pi-coding-agent/",
        "@mariozechner/pi-coding-agent/",
        "@oh-my-pi/pi-coding-agent/",
    ],
    subcommands: &[("remove", Role::Helper), ("list", Role::Helper)],
    options: &[("-p", Role::Run), ("--print", Role::Run), ("--mode", Role::Run)],
    session_options: &["--session", "--session-id"],
    ..Program::PLAIN
};
