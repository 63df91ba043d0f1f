//! Windsurf: its conversations are encrypted, so it is only detected.

use crate::agents::shared::detected::Detected;

pub(super) static WINDSURF: Detected = Detected {
    id: "windsurf",
    name: "Windsurf",
    commands: &["windsurf"],
    roots: |system| vec![system.home.join(".codeium/windsurf"), system.app_dir().join("Windsurf")],
    limits: &["conversations are encrypted: token counts cannot be read"],
};
