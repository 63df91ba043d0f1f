//! Antigravity: its conversations are undocumented binary messages, so it is only detected.

use crate::agents::shared::detected::Detected;

pub static ANTIGRAVITY: Detected = Detected {
    id: "antigravity",
    name: "Antigravity",
    commands: &["antigravity", "agy"],
    roots: |system| {
        vec![
            system.home.join(".gemini/antigravity"),
            system.home.join(".gemini/antigravity-cli"),
            system.app_dir().join("Antigravity"),
        ]
    },
    limits: &["conversations use an undocumented binary format: token counts are not read"],
};
