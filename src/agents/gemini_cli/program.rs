//! The command of Gemini CLI.

use crate::agents::shared::live::program::Program;
use crate::core::process::Role;
use crate::core::status::{Ask, Reported};

/// Gemini CLI's title is `◇  Ready (folder)`, `✦  Working… (folder)` or `✋  Action Required (folder)`; what was made from it
/// keeps that.
const TITLES: &[(&str, Reported)] = &[
    ("Action Required", Reported::Waiting(Ask::Permission)),
    ("✋", Reported::Waiting(Ask::Permission)),
    ("✦", Reported::Busy),
    ("⏲", Reported::Busy),
    ("◇", Reported::Idle),
];

pub(in crate::agents) const PROGRAM: Program = Program {
    agent_id: "gemini-cli",
    commands: &["gemini"],
    scripts: &["@google/gemini-cli/", "gemini-cli/dist/index.js", "bundle/gemini.js"],
    options: &[
        ("-p", Role::Run),
        ("--prompt", Role::Run),
        ("--acp", Role::Server),
        ("--experimental-acp", Role::Server),
    ],
    session_options: &["--resume", "--session-id", "-r"],
    continues: &[],
    titles: TITLES,
    asks_in_secret: true,
    never_asks: &["--yolo", "-y", "--approval-mode=yolo"],
    knows: "its sessions, from its records; a permission only from the title of its pane, else the status is unknown",
    ..Program::PLAIN
};
