//! The house rules that a machine can check: which room uses which, the length of files, and their first sentence.

use std::path::{Path, PathBuf};

/// Which rooms of `src` a room may use. The files at the top may use everything.
const ARROWS: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("system", &["core"]),
    ("agents", &["core", "system"]),
    ("credentials", &["core", "system"]),
    ("processes", &["core", "system"]),
    ("prices", &["core", "system"]),
    ("providers", &["core", "credentials", "system"]),
    ("ledger", &["agents", "core", "system"]),
    ("sinks", &["core", "system"]),
    ("render", &["core"]),
    (
        "plugins",
        &[
            "agents",
            "core",
            "credentials",
            "prices",
            "providers",
            "render",
            "sinks",
            "system",
        ],
    ),
    ("plugins/child", &["plugins"]),
    ("reports", &["agents", "core", "ledger", "prices", "render", "system"]),
    ("args", &["agents", "core", "ledger", "render", "system"]),
    (
        "engine",
        &[
            "agents",
            "core",
            "credentials",
            "ledger",
            "prices",
            "processes",
            "providers",
            "render",
            "reports",
            "sinks",
            "system",
        ],
    ),
    (
        "export",
        &["core", "engine", "ledger", "prices", "render", "reports", "system"],
    ),
    ("top", &["core", "engine", "render", "reports", "system"]),
    (
        "serve",
        &[
            "agents", "args", "core", "engine", "ledger", "prices", "render", "reports", "system",
        ],
    ),
    (
        "commands",
        &[
            "agents",
            "args",
            "core",
            "engine",
            "exit",
            "export",
            "ledger",
            "plugins",
            "prices",
            "processes",
            "render",
            "reports",
            "serve",
            "sinks",
            "system",
            "top",
        ],
    ),
    ("cli", &["args", "commands", "core", "render", "reports", "top"]),
];

const MOST_LINES: usize = 500;

/// Commands only wire: what they would do beyond that belongs to the rooms below.
const MOST_LINES_OF_COMMANDS: usize = 4_500;

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    if !folder.exists() {
        return files;
    }
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

pub fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("text")
}

/// The part of a file that is the product: unit tests at its foot may use anything.
pub fn product(text: &str) -> &str {
    let starts = [
        "#[cfg(test)]\nmod",
        "#[cfg(all(test, unix))]\nmod",
        "#[cfg(all(test, target_os = \"linux\"))]\nmod",
    ];
    let start = starts.iter().filter_map(|start| text.find(start)).min();
    start.map_or(text, |at| &text[..at])
}

#[test]
fn every_room_has_its_arrows_and_none_leads_back() {
    let rooms = std::fs::read_dir(root().join("src")).expect("a folder");
    let rooms = rooms
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir());
    for room in rooms {
        let name = room.file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(
            ARROWS.iter().any(|(known, _)| *known == name),
            "{name} has no row in ARROWS"
        );
    }
    // A room that only uses rooms taken away before can be taken away; a circle stays.
    let mut left: Vec<_> = ARROWS.iter().collect();
    loop {
        let names: Vec<&str> = left.iter().map(|(room, _)| *room).collect();
        let before = left.len();
        left.retain(|(_, used)| used.iter().any(|used| names.contains(used)));
        if left.len() == before {
            break;
        }
    }
    assert!(
        left.is_empty(),
        "a circle among {:?}",
        left.iter().map(|(room, _)| room).collect::<Vec<_>>()
    );
}

#[test]
fn arrows_go_one_way() {
    let mut strays = Vec::new();
    for (room, allowed) in ARROWS {
        for path in rust_files(&root().join("src").join(room)) {
            let text = text(&path);
            for (at, _) in product(&text).match_indices("crate::") {
                let rest = &product(&text)[at + "crate::".len()..];
                let used: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if used != *room && !allowed.contains(&used.as_str()) && !used.is_empty() {
                    strays.push(format!(
                        "{} uses {used}",
                        path.strip_prefix(root()).expect("below").display()
                    ));
                }
            }
        }
    }
    assert!(strays.is_empty(), "{strays:#?}");
}

#[test]
fn files_are_short_and_say_their_job_first() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests", "benches", "examples"] {
        for path in rust_files(&root().join(folder)) {
            let (shown, text) = (
                path.strip_prefix(root()).expect("below").display().to_string(),
                text(&path),
            );
            if text.lines().count() > MOST_LINES {
                wrong.push(format!("{shown}: {} lines", text.lines().count()));
            }
            if !text.starts_with("//! ") {
                wrong.push(format!("{shown}: does not begin with a sentence on its job"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn commands_only_wire() {
    let files = rust_files(&root().join("src/commands"));
    let lines: usize = files.iter().map(|path| text(path).lines().count()).sum();
    assert!(
        (1..=MOST_LINES_OF_COMMANDS).contains(&lines),
        "src/commands has {lines} lines: move what it does to engine, and what it formats to render"
    );
}

#[test]
fn nothing_prints_past_the_one_writer() {
    let mut wrong = Vec::new();
    for path in rust_files(&root().join("src")) {
        let text = text(&path);
        for (number, line) in product(&text).lines().enumerate() {
            let prints = [
                "println!(",
                "print!(",
                "eprintln!(",
                "eprint!(",
                "dbg!(",
                "todo!(",
                "unimplemented!(",
            ];
            if prints.iter().any(|print| line.trim_start().starts_with(print)) {
                wrong.push(format!(
                    "{}:{}: {}",
                    path.strip_prefix(root()).expect("below").display(),
                    number + 1,
                    line.trim()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A path may hold a pipe, a device or another user's link, and a program may never end: one file each knows how to meet
/// them.
#[test]
fn files_are_opened_and_programs_are_run_in_one_place() {
    const RULES: [(&[&str], &[&str]); 2] = [
        (
            &[
                "File::open(",
                "fs::read(",
                "read_to_string(path",
                "fs::read_to_string(",
                "OpenOptions::new().read(true)",
            ],
            &["system/open.rs", "agents/shared/attacks.rs", "agents/shared/testing.rs"],
        ),
        (
            &["Command::new(", "process::Command"],
            // The child of a plugin is talked to while it lives, and locks itself.
            &["system/children.rs", "engine/glance.rs", "plugins/parent/process.rs"],
        ),
    ];
    let mut wrong = Vec::new();
    for path in rust_files(&root().join("src")) {
        let shown = path
            .strip_prefix(root().join("src"))
            .expect("below")
            .display()
            .to_string();
        let text = text(&path);
        for (number, line) in product(&text).lines().enumerate() {
            // A command of ttop's own definition runs nothing.
            let line = line.replace("clap::Command::new(", "");
            for (words, allowed) in RULES {
                let is_used = words.iter().any(|word| line.contains(word)) && !line.trim_start().starts_with("//");
                if is_used && !allowed.contains(&shown.as_str()) {
                    wrong.push(format!("{shown}:{}: {}", number + 1, line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
