//! Codebuff: its chats record credits and no tokens, so it is only detected.

use crate::agents::shared::detected::Detected;

pub(super) static CODEBUFF: Detected = Detected {
    id: "codebuff",
    name: "Codebuff",
    commands: &["codebuff", "manicode"],
    roots: |system| vec![system.home.join(".config/manicode")],
    limits: &["chats record credits, which are not dollars, and no token counts: only Codebuff's servers know them"],
};
