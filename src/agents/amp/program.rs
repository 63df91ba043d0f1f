//! The command of Amp.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "amp",
    commands: &["amp"],
    scripts: &["@sourcegraph/amp/"],
    options: &[("-x", Role::Run), ("--execute", Role::Run)],
    session_subcommands: &["continue"],
    is_session_id: |text| text.starts_with("T-") && text.len() > 2,
    knows: "its process, and its session where the thread is on this machine",
    ..Program::PLAIN
};
