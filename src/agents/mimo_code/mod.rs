//! MiMo Code: made from OpenCode and storing its sessions as OpenCode does, in a folder of its own.

mod program;

use super::opencode::{Family, RULES_VERSION};
use super::{About, Root};
use crate::system::System;

/// MiMo Code.
pub(super) static MIMO_CODE: Family = Family {
    id: "mimo-code",
    name: "MiMo Code",
    about: About {
        commands: About::list(&["mimo"]),
        turns: "exact",
        limits: About::list(&[
            "requests for session titles are not stored",
            "replies have no counts if the provider reports no usage",
            "sessions imported from Claude Code, Codex or OpenCode count under these agents",
            "a fork of an import that was deleted counts beside the agent that it came from",
            "in max mode a reply has the tokens of the draft that was chosen, but the cost of all",
        ]),
        rules_version: RULES_VERSION + 2,
    },
    root: |system: &System| match system.path_var("MIMOCODE_HOME") {
        Some(home) => Root::new(home.join("data"), "$MIMOCODE_HOME"),
        None if system.path_var("XDG_DATA_HOME").is_some() => {
            Root::new(system.data_dir().join("mimocode"), "$XDG_DATA_HOME")
        }
        None => Root::new(system.data_dir().join("mimocode"), "default"),
    },
    stem: "mimocode",
    database_var: Some("MIMOCODE_DB"),
    adds_subagents: false,
    imports: &["external_import", "claude_import"],
    program: &program::PROGRAM,
};
