//! Every agent: `agents.<id>.roots` adds the records of a folder anywhere, and leaves folders out.

use crate::new_ids::counts;
use crate::support;
use crate::support::counting::read_all;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use ttop::agents::shared::configured::sources;
use ttop::agents::{Agent, built_in};
use ttop::system::{Os, System};

/// Its list of projects has absolute paths, and its default project lies beside the root.
const LISTED: &str = "crush";

/// What counts in a home with these roots configured.
fn counted(agent: &'static (dyn Agent + Sync), home: &Path, roots: Vec<String>) -> Vec<String> {
    let mut system = System::new(Os::Linux, home, BTreeMap::new());
    system.agent_roots.insert(agent.id().to_owned(), roots);
    counts(&read_all(agent, &system).turns)
}

#[test]
fn roots_of_the_configuration_are_read_and_left_out() {
    let mut seen = 0;
    for agent in built_in() {
        for case in support::agent_cases(agent.id()) {
            let home = support::Home::new();
            let (empty, elsewhere) = (home.path().join("empty"), home.path().join("backup"));
            support::copy_tree(&case.join("home"), &elsewhere);
            std::fs::create_dir(&empty).expect("a home");
            let there = System::new(Os::Linux, &elsewhere, BTreeMap::new());
            let expected = counts(&read_all(*agent, &there).turns);
            let roots: Vec<String> = agent
                .sources(&there)
                .roots
                .into_iter()
                .filter(|root| root.exists)
                .map(|root| root.path.display().to_string())
                .collect();
            assert!(counted(*agent, &empty, Vec::new()).is_empty(), "{}", case.display());
            let whole = vec![elsewhere.display().to_string()];
            assert_eq!(
                counted(*agent, &empty, whole.clone()),
                expected,
                "{}: a whole home",
                case.display()
            );
            if agent.id() != LISTED {
                assert_eq!(
                    counted(*agent, &empty, roots.clone()),
                    expected,
                    "{}: {roots:?}",
                    case.display()
                );
                let link = home.path().join("link");
                std::os::unix::fs::symlink(&elsewhere, &link).expect("a link");
                let dotted = elsewhere.join("none/../").display().to_string();
                let left_out = |root: &String| format!("!{root}");
                for (at, names) in [
                    (&elsewhere, roots.iter().map(left_out).collect::<Vec<_>>()),
                    (&elsewhere, vec![format!("!{}", link.display())]),
                    (&elsewhere, vec![format!("!{dotted}")]),
                    (&link, whole.iter().map(left_out).collect()),
                    (&link, vec![format!("!{dotted}")]),
                ] {
                    assert!(
                        counted(*agent, at, names.clone()).is_empty(),
                        "{}: {names:?}",
                        case.display()
                    );
                }
                // A name that another one begins with leaves nothing out.
                let other = vec![format!("!{}-2", elsewhere.display()), "!".to_owned()];
                assert_eq!(counted(*agent, &elsewhere, other), expected, "{}", case.display());
            }
            // What is found anyway counts once.
            assert_eq!(
                counted(*agent, &elsewhere, roots),
                expected,
                "{}: twice",
                case.display()
            );
            seen += 1;
        }
    }
    assert!(seen >= 20, "only {seen} homes");
}

/// The folders of a home that **Reads** on the page of agents names: roots, and `folder/` below them.
fn folders_of_reads(agent: &dyn Agent, system: &System) -> Vec<PathBuf> {
    let page = include_str!("../../docs/agents.md");
    let section = page
        .split_once(&format!("\nId `{}`,", agent.id()))
        .expect("a section")
        .1;
    let reads = section.split_once("**Reads.**").expect("what it reads").1;
    let reads = reads.split_once("\n\n").expect("a paragraph").0;
    let names: Vec<&str> = reads.split('`').filter_map(|name| name.strip_suffix('/')).collect();
    let roots = agent.sources(system).roots.into_iter().map(|root| root.path);
    let folders = roots.flat_map(|root| {
        let inner: Vec<PathBuf> = names.iter().map(|name| root.join(name)).collect();
        std::iter::once(root).chain(inner)
    });
    folders.filter(|folder| folder.is_dir()).collect()
}

#[test]
fn each_folder_of_the_page_is_a_root_on_a_machine_without_the_agent() {
    let mut seen = BTreeSet::new();
    for agent in built_in().iter().filter(|agent| agent.id() != LISTED) {
        for case in support::agent_cases(agent.id()) {
            let home = support::Home::new();
            let (empty, backup) = (home.path().join("empty"), home.path().join("backup"));
            support::copy_tree(&case.join("home"), &backup);
            std::fs::create_dir(&empty).expect("a home");
            let there = System::new(Os::Linux, &backup, BTreeMap::new());
            let all = agent.sources(&there).sources;
            for folder in folders_of_reads(*agent, &there) {
                let below = |path: &PathBuf| path.starts_with(&folder);
                let expected: BTreeSet<PathBuf> = all.iter().map(|source| source.path.clone()).filter(below).collect();
                let mut system = System::new(Os::Linux, &empty, BTreeMap::new());
                let roots = vec![folder.display().to_string()];
                system.agent_roots.insert(agent.id().to_owned(), roots);
                let found: BTreeSet<PathBuf> = sources(*agent, &system).sources.into_iter().map(|it| it.path).collect();
                assert_eq!(found, expected, "{}: {}", case.display(), folder.display());
                seen.extend(folder.file_name().map(|name| name.to_string_lossy().into_owned()));
            }
        }
    }
    for name in [".codex", "sessions", "archived_sessions", "projects", "usage"] {
        assert!(seen.contains(name), "{name} is in no fixture: {seen:?}");
    }
}

#[test]
fn a_folder_that_a_variable_could_name_is_read_whatever_its_name() {
    for (agent, case, inner) in [
        ("claude-code", "made", ".claude"),
        ("codex", "made", ".codex"),
        ("copilot-cli", "made", ".copilot"),
        ("droid", "sessions", ".factory"),
        ("grok-cli", "updates", ".grok"),
        ("hermes", "profiles", ".hermes"),
        ("pi", "made", ".pi/agent"),
        ("qwen-code", "made", ".qwen"),
    ] {
        let agent = built_in().iter().find(|it| it.id() == agent).expect("an agent");
        let home = support::Home::new();
        let (empty, whole) = (home.path().join("empty"), home.path().join("whole"));
        std::fs::create_dir(&empty).expect("a home");
        support::copy_tree(
            &support::fixtures()
                .join("agents")
                .join(agent.id())
                .join(case)
                .join("home"),
            &whole,
        );
        for other in std::fs::read_dir(&whole).expect("a home").flatten() {
            // Only what lies in the one folder is compared.
            if !inner.starts_with(&*other.file_name().to_string_lossy()) && other.path().is_dir() {
                std::fs::remove_dir_all(other.path()).expect("removed");
            }
        }
        let expected = counts(&read_all(*agent, &System::new(Os::Linux, &whole, BTreeMap::new())).turns);
        assert!(!expected.is_empty(), "{}", agent.id());
        let renamed = home.path().join("a second account");
        std::fs::rename(whole.join(inner), &renamed).expect("renamed");
        let roots = vec![renamed.display().to_string()];
        assert_eq!(counted(*agent, &empty, roots), expected, "{}", agent.id());
    }
}
