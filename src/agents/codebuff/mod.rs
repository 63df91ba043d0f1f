//! Codebuff: how its chats record what was used is not documented, so it is only detected.

use crate::agents::shared::detected::Detected;

pub static CODEBUFF: Detected = Detected {
    id: "codebuff",
    name: "Codebuff",
    commands: &["codebuff", "manicode"],
    roots: |system| vec![system.home.join(".config/manicode")],
    limits: &["how its chats record what was used is not documented: its token counts are not read"],
};
