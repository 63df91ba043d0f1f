//! The published agents at their recorded hashes, fetched from npm where tests may use the network.

use crate::cases::{LOCKED, all_hold, cases, fixtures, is_published};
use crate::support;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::process::Command;

/// Package, version, and SHA-256 of its `dist/index.js`.
const AGENTS: [(&str, &str, &str); 4] = [
    (
        "@tokentop/agent-claude-code",
        "1.1.0",
        "2a7f5fa051162349e83c6d87649022e10296b1ead63691ef05d08531f60a405f",
    ),
    (
        "@tokentop/agent-opencode",
        "1.0.0",
        "221e1f8608baedd3d36835f2c9020e627953717a6306f6354703cd1f875eb23c",
    ),
    (
        "@tokentop/agent-cursor",
        "1.2.0",
        "630d03134b3c6dc29b518f4925cd77bf843ee370d61539b2eb60681098b6311f",
    ),
    (
        "@tokentop/agent-copilot-cli",
        "1.0.1",
        "9265685e9fbe05421c37b248f7365c606fe09d4889d8b69e427b065022d37416",
    ),
];

/// Installs the packages without running anything of theirs; false where there is no network.
fn install(folder: &Path) -> bool {
    let packages = AGENTS.iter().map(|(name, version, _)| format!("{name}@{version}"));
    let installed = Command::new("npm")
        .args([
            "install",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--legacy-peer-deps",
            "--prefix",
        ])
        .arg(folder)
        .args(packages)
        .output();
    installed.is_ok_and(|output| output.status.success())
}

#[test]
fn published_agents_give_the_rows_that_were_recorded() {
    if std::env::var_os("TTOP_TEST_ALL").is_none() {
        return support::skipped("published agents need the network: set TTOP_TEST_ALL=1");
    }
    let folder = tempfile::tempdir().expect("a folder");
    if !install(folder.path()) {
        return support::skipped("npm cannot fetch the published agents");
    }
    let packages = folder.path().join("node_modules");
    for (name, _, hash) in AGENTS {
        let code = std::fs::read(packages.join(name).join("dist/index.js")).expect("the package's code");
        let found: String = Sha256::digest(code).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, hash, "{name}");
    }
    let mut all = cases(&fixtures("conformance"));
    all.retain(|case| is_published(case));
    assert!(all.len() >= 10, "{all:?}");
    all_hold(&all, LOCKED, Some(&packages));
}

#[test]
fn a_package_is_fetched_checked_and_taken_out_again() {
    if std::env::var_os("TTOP_TEST_ALL").is_none() {
        return support::skipped("packages need the network: set TTOP_TEST_ALL=1");
    }
    let home = support::Home::new();
    let name = "@tokentop/agent-copilot-cli";
    let run = |args: &[&str]| {
        let output = home
            .ttop()
            .env_remove("TTOP_OFFLINE")
            .args(args)
            .output()
            .expect("runs");
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (is_added, told) = run(&["plugin", "add", &format!("{name}@1.0.1"), "--yes"]);
    if !is_added && told.contains("fetch failed") {
        return support::skipped(&told);
    }
    assert!(is_added, "{told}");
    assert!(told.contains("is built in"), "{told}");
    let rows = home.rows(&["plugin"]);
    assert_eq!(
        (rows[0]["state"].as_str(), rows[0]["source"].as_str()),
        (Some("shadowed"), Some("npm"))
    );
    let (is_refused, _) = run(&["plugin", "add", &format!("{name}@0.0.99"), "--yes"]);
    assert!(!is_refused);
    let (is_removed, told) = run(&["plugin", "remove", "copilot-cli"]);
    assert!(is_removed, "{told}");
    assert_eq!(home.rows(&["plugin"]), [] as [serde_json::Value; 0]);
}
