//! Roo Code: the Cline family with its own extension folder.

use super::cline::TaskAgent;

pub static ROO_CODE: TaskAgent = TaskAgent {
    id: "roo-code",
    name: "Roo Code",
    extension: "rooveterinaryinc.roo-cline",
    commands: &["roo"],
    own_dir: |_| None,
    limits: LIMITS,
};

/// What neither Roo Code nor Kilo Code writes down.
pub const LIMITS: &[&str] = &[
    "reasoning tokens are part of output",
    "who billed is told from the model only",
    "a restored checkpoint leaves one sum for the requests it removed",
    "a storage folder chosen in the extension's settings is not looked at",
];
