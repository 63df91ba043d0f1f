//! The page, in a real Chromium: every view, dark and light, with the keyboard, and without a finding of axe.

use super::{Served, home};
use crate::support::{program, skipped};
use std::process::Command;

/// The page needs `playwright-core` and `axe-core` where `NODE_PATH` leads.
#[test]
fn views_work_in_chromium_and_axe_finds_nothing() {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let Some(node) = program("node") else { return };
    let Some(browser) = names.iter().find_map(|name| program(name)) else {
        return;
    };
    let has_modules = Command::new(&node)
        .args(["-e", "require('playwright-core'); require('axe-core')"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !has_modules {
        return skipped("no playwright-core and axe-core");
    }
    let served = Served::of(&home(), &["serve", "--demo", "--listen", "127.0.0.1:0"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serve/page.cjs");
    let output = Command::new(node)
        .arg(script)
        .arg(format!("http://127.0.0.1:{}", served.port))
        .arg(browser)
        .output()
        .expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn its_files_are_served_with_a_policy_that_allows_nothing_else() {
    let served = Served::start(&home(), &[]);
    for (path, kind) in [
        ("/", "text/html"),
        ("/app.js", "text/javascript"),
        ("/style.css", "text/css"),
    ] {
        let reply = served.get(path);
        assert_eq!(reply.status, 200);
        assert!(
            reply
                .header("content-type")
                .is_some_and(|value| value.starts_with(kind)),
            "{reply:?}"
        );
        let policy = reply.header("content-security-policy").expect("a policy");
        assert!(
            policy.contains("script-src 'self'") && !policy.contains("unsafe"),
            "{policy}"
        );
    }
    // A link from elsewhere may lead to the page, and to nothing else.
    let followed = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    assert_eq!(served.get_with("/", followed).status, 200);
    assert_eq!(served.get_with("/v1/turns", followed).status, 403);
}
