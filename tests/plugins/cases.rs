//! Cases: what plugins of the SDK do and get, and what hostile ones do not.

use std::path::{Path, PathBuf};
use ttop::plugins::case::{Setting, run};
use ttop::plugins::child::Without;
use ttop::plugins::declare::Kind;

pub const LOCKED: Without = Without {
    landlock: false,
    seccomp: false,
};
const UNLOCKED: Without = Without {
    landlock: true,
    seccomp: true,
};

pub fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/plugins")
        .join(name)
}

/// Every folder with an `expected.json`; those of published packages need them installed.
pub fn cases(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if folder.join("expected.json").exists() {
            found.push(folder);
            continue;
        }
        let entries = std::fs::read_dir(&folder).expect("a folder").flatten();
        folders.extend(entries.map(|entry| entry.path()).filter(|path| path.is_dir()));
    }
    found.sort();
    found
}

pub fn is_published(case: &Path) -> bool {
    let text = std::fs::read_to_string(case.join("expected.json")).expect("a case");
    text.contains("\"npm\"")
}

pub fn is_built_in(kind: Kind, id: &str) -> bool {
    match kind {
        Kind::Agent => ttop::agents::built_in().iter().any(|agent| agent.id() == id),
        Kind::Provider => ttop::providers::built_in()
            .iter()
            .any(|provider| provider.about().id == id),
        Kind::Theme | Kind::Notification => false,
    }
}

/// Two at a time: each case has processes of its own, and some wait.
pub fn all_hold(cases: &[PathBuf], without: Without, packages: Option<&Path>) {
    let filter = std::env::var("TTOP_TEST_CASE").unwrap_or_default();
    let cases: Vec<_> = cases
        .iter()
        .filter(|case| case.to_string_lossy().contains(&filter))
        .collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let setting = Setting {
                    program: PathBuf::from(env!("CARGO_BIN_EXE_ttop")),
                    without,
                    is_strict: false,
                    packages: packages.map(Path::to_path_buf),
                    data: None,
                    is_built_in: &is_built_in,
                };
                while let Some(case) = cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let verdict = run(case, &setting).expect("a case that can be set up");
                    if !verdict.wrong.is_empty() {
                        let text = format!(
                            "{} ({} ms)\n    {}",
                            case.display(),
                            verdict.took.as_millis(),
                            verdict.wrong.join("\n    ")
                        );
                        wrong.lock().expect("a lock").push(text);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("a lock");
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn conforming_plugins_get_and_give_what_the_sdk_says() {
    let mut all = cases(&fixtures("conformance"));
    all.extend(cases(&fixtures("guide")));
    all.retain(|case| !is_published(case));
    assert!(all.len() >= 40, "{all:?}");
    all_hold(&all, LOCKED, None);
}

#[test]
fn attacks_are_refused_behind_every_wall() {
    let all = cases(&fixtures("attacks"));
    assert!(all.len() >= 70, "{all:?}");
    all_hold(&all, LOCKED, None);
}

#[test]
fn attacks_are_refused_by_the_first_wall_alone() {
    all_hold(&cases(&fixtures("attacks")), UNLOCKED, None);
}
