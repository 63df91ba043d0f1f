//! Kilo Code in VS Code: the Cline family with its own extension folder.

use super::cline::TaskAgent;
use super::roo_code::LIMITS;

pub(super) static KILO_CODE: TaskAgent = TaskAgent {
    id: "kilo-code",
    name: "Kilo Code",
    extensions: &["kilocode.kilo-code"],
    settings: &["kilo-code.customStoragePath"],
    commands: &[],
    own_dir: |_| None,
    limits: LIMITS,
    program: None,
};
