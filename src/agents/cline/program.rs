//! The command of Cline.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;

pub(super) const PROGRAM: Program = Program {
    agent_id: "cline",
    commands: &["cline"],
    scripts: &["cline/dist/cli.mjs", "node_modules/cline/"],
    options: &[
        ("-y", Role::Run),
        ("--yolo", Role::Run),
        ("--acp", Role::Server),
        ("--hub", Role::Helper),
    ],
    session_options: &["--id", "--taskId", "-T"],
    is_session_id: |text| text.len() > 9 && text.as_bytes()[..9].iter().all(u8::is_ascii_digit),
    ..Program::PLAIN
};
