//! Kiro: its records have no counts of tokens, so it is only detected.

use crate::agents::shared::detected::Detected;

pub(super) static KIRO: Detected = Detected {
    id: "kiro",
    name: "Kiro",
    commands: &["kiro-cli", "kiro"],
    roots: |system| {
        vec![
            system.home.join(".kiro/sessions"),
            system.data_dir().join("kiro-cli"),
            system.app_dir().join("Kiro"),
        ]
    },
    limits: &["records count 0 tokens: Kiro bills credits, and only its servers know them"],
};
