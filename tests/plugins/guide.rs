//! The guide: each of its plugins runs its own case.

use crate::support::Home;
use std::path::Path;

/// The code blocks of a language, with the heading they stand below.
fn blocks(page: &str) -> Vec<(String, &str, String)> {
    let (mut heading, mut found) = (String::new(), Vec::new());
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(text) = line.strip_prefix("### ") {
            text.clone_into(&mut heading);
        } else if let Some(language) = line.strip_prefix("```").filter(|language| !language.is_empty()) {
            let code: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push((heading.clone(), language, code.join("\n")));
        }
    }
    found
}

#[test]
fn every_plugin_of_the_guide_passes_the_case_beside_it() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/plugins.md")).expect("a page");
    let blocks = blocks(&page);
    let plugins: Vec<_> = blocks.iter().filter(|(_, language, _)| *language == "ts").collect();
    assert_eq!(plugins.len(), 4);
    for (heading, _, source) in plugins {
        let case = blocks
            .iter()
            .find(|(of, language, _)| of == heading && *language == "json");
        let (_, _, case) = case.unwrap_or_else(|| panic!("{heading} has no case"));
        let home = Home::new();
        home.write("plugin/src/index.ts", source)
            .write("plugin/expected.json", case);
        let output = home.ttop().args(["plugin", "test", "plugin"]).output().expect("runs");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{heading}: {told}");
    }
}
