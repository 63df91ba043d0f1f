//! Roo Code: the Cline family with its own extension folder.

use super::cline::TaskAgent;

pub(super) static ROO_CODE: TaskAgent = TaskAgent {
    id: "roo-code",
    name: "Roo Code",
    extension: "rooveterinaryinc.roo-cline",
    commands: &["roo"],
    own_dir: |_| None,
    limits: LIMITS,
};

/// What neither Roo Code nor Kilo Code writes down.
pub(super) const LIMITS: &[&str] = &[
    "reasoning tokens are included in output",
    "the provider is derived from the model's name",
    "a restored checkpoint replaces the requests it removed by one sum",
    "a storage folder set in the extension's settings is not read",
];
