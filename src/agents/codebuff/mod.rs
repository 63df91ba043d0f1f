//! Codebuff: its chats use an undocumented format, so it is only detected.

use crate::agents::shared::detected::Detected;

pub(super) static CODEBUFF: Detected = Detected {
    id: "codebuff",
    name: "Codebuff",
    commands: &["codebuff", "manicode"],
    roots: |system| vec![system.home.join(".config/manicode")],
    limits: &["chats use an undocumented format: token counts are not read"],
};
