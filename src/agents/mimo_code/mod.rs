//! MiMo Code: made from OpenCode and storing its sessions as OpenCode does, in a folder of its own.

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
        ]),
        rules_version: RULES_VERSION,
    },
    root: |system: &System| {
        let because = match system.path_var("XDG_DATA_HOME") {
            Some(_) => "$XDG_DATA_HOME",
            None => "default",
        };
        Root::new(system.data_dir().join("mimocode"), because)
    },
    stem: "mimocode",
    database_var: None,
    adds_subagents: false,
};
