//! The macOS keychain, asked through the system's own tool.

use super::KeychainItem;
use crate::system::children;
use std::time::Duration;

/// Exit status of `security` when there is no such item.
const NOT_FOUND: i32 = 44;
/// Time for a person to answer a dialog.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads a generic password. May open a dialog, so call it only if a user is present.
pub fn read_item(service: &str) -> KeychainItem {
    let arguments = ["find-generic-password", "-s", service, "-w"];
    let Ok(ended) = children::run("/usr/bin/security", arguments, &[], PATIENCE) else {
        return KeychainItem::Refused;
    };
    match ended.status.and_then(|status| status.code()) {
        Some(0) => KeychainItem::Found(ended.stdout),
        Some(NOT_FOUND) => KeychainItem::Absent,
        _ => KeychainItem::Refused,
    }
}
