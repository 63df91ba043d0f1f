//! Every agent: `agents.<id>.roots` adds the records of a folder anywhere, and leaves folders out.

use crate::new_ids::counts;
use crate::support;
use crate::support::counting::read_all;
use std::collections::BTreeMap;
use std::path::Path;
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
                counted(*agent, &empty, whole),
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
                let left_out = roots.iter().map(|root| format!("!{root}")).collect();
                assert!(counted(*agent, &elsewhere, left_out).is_empty(), "{}", case.display());
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
