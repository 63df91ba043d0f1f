//! The macOS keychain, asked through the system's own tool.

use super::KeychainItem;
use std::process::{Command, Stdio};

/// Exit status of `security` when there is no such item.
const NOT_FOUND: i32 = 44;

/// Reads a generic password. May open a dialog, so call it only if a user is present.
pub fn read_item(service: &str) -> KeychainItem {
    let output = Command::new("/usr/bin/security")
        .args(["find-generic-password", "-s", service, "-w"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => KeychainItem::Found(output.stdout),
        Ok(output) if output.status.code() == Some(NOT_FOUND) => KeychainItem::Absent,
        _ => KeychainItem::Refused,
    }
}
