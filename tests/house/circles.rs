//! Files of one agent use each other in one direction, so that each can be read by itself.

use super::tidy::{product, root, rust_files, text};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The names that follow `start`, one by one or in braces: `super::a::B` and `super::{a::B, c}`.
fn names_after(code: &str, start: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let word = |text: &str| {
        text.trim_start()
            .chars()
            .take_while(|c| is_word(*c))
            .collect::<String>()
    };
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(start) {
        // `super::super::a` is another folder's.
        if code[..at].ends_with("::") {
            continue;
        }
        let rest = &code[at + start.len()..];
        match rest.strip_prefix('{') {
            None => drop(names.insert(word(rest))),
            Some(list) => {
                let mut depth = 1;
                let end = list.find(|c| {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    depth == 0
                });
                let mut depth = 0;
                let parts = list[..end.unwrap_or(list.len())].split(|c| {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    c == ',' && depth == 0
                });
                names.extend(parts.map(word).filter(|name| !name.is_empty()));
            }
        }
    }
    names
}

/// What each module of a folder uses of the folder's other modules.
fn uses(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in rust_files(folder) {
        let below = path.strip_prefix(folder).expect("below");
        let parts: Vec<String> = below
            .iter()
            .map(|part| part.to_string_lossy().replace(".rs", ""))
            .collect();
        if parts == ["mod"] || parts.last().is_some_and(|last| last == "tests") {
            continue;
        }
        let text = text(&path);
        let code: String = product(&text)
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        let depth = parts.len() - usize::from(parts.last().is_some_and(|last| last == "mod"));
        let mut used = names_after(&code, &format!("crate::agents::{name}::"));
        used.extend(names_after(&code, &"super::".repeat(depth)));
        uses.entry(parts[0].clone()).or_default().extend(used);
    }
    let modules: BTreeSet<String> = uses.keys().cloned().collect();
    for (module, used) in &mut uses {
        used.retain(|used| used != module && modules.contains(used));
    }
    uses
}

#[test]
fn no_circle_stands_among_the_files_of_an_agent() {
    for entry in std::fs::read_dir(root().join("src/agents")).expect("a folder") {
        let folder = entry.expect("an entry").path();
        if !folder.is_dir() {
            continue;
        }
        let mut left = uses(&folder);
        loop {
            let names: BTreeSet<String> = left.keys().cloned().collect();
            left.retain(|_, used| used.iter().any(|used| names.contains(used)));
            if left.len() == names.len() {
                break;
            }
        }
        assert!(left.is_empty(), "a circle in {}: {left:?}", folder.display());
    }
}

#[test]
fn names_are_found_one_by_one_and_in_braces() {
    let code = "use super::a::{B, C}; use super::{b::{self, D}, c}; fn f() { super::d::e(); super::super::g::h() }";
    let names: Vec<String> = names_after(code, "super::")
        .into_iter()
        .filter(|name| name != "super")
        .collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
}
