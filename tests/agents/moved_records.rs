//! Records that a variable or a setting of their program moves, and those that it archives: they count where they are now.

use crate::incremental::comparable;
use crate::new_ids::counts;
use crate::support;
use crate::support::counting::{Counting, read_all};
use std::fs::{create_dir_all, rename, write};
use std::path::{Path, PathBuf};
use ttop::agents::{Agent, built_in};
use ttop::core::turn::Presence;
use ttop::system::{Os, System};

/// A program's records, and what moves them.
struct Case {
    agent: &'static str,
    home: &'static str,
    /// Folders in the home, and where they are in the new place.
    folders: &'static [(&'static str, &'static str)],
    variable: &'static str,
    /// The settings that move them, with `{}` for the new place.
    settings: Option<(&'static str, &'static str)>,
}

const CASES: [Case; 4] = [
    Case {
        agent: "droid",
        home: "0.225.2",
        folders: &[(".factory", ".factory")],
        variable: "FACTORY_HOME_OVERRIDE",
        settings: None,
    },
    Case {
        agent: "mistral-vibe",
        home: "3.0.2",
        folders: &[(".vibe/logs/session/unified", "unified")],
        variable: "VIBE_SESSION_LOGGING__SAVE_DIR",
        settings: Some((".vibe/config.toml", "[session_logging]\nsave_dir = \"{}\"\n")),
    },
    Case {
        agent: "pi",
        home: "made",
        // Without the folders of the projects.
        folders: &[(".pi/agent/sessions/*", "")],
        variable: "PI_CODING_AGENT_SESSION_DIR",
        settings: Some((".pi/agent/settings.json", "{\"sessionDir\": \"{}\"}")),
    },
    Case {
        agent: "qwen-code",
        home: "0.24.4-mixed",
        folders: &[(".qwen/projects", "projects"), (".qwen/usage", "usage")],
        variable: "QWEN_RUNTIME_DIR",
        settings: Some((
            ".qwen/settings.json",
            "{\n  // mine\n  \"advanced\": {\"runtimeOutputDir\": \"{}\"},\n}",
        )),
    },
];

type AnyAgent = &'static (dyn Agent + Sync);

fn agent_with(id: &str) -> AnyAgent {
    *built_in().iter().find(|agent| agent.id() == id).expect("an agent")
}

fn copy_of(agent: &str, case: &str) -> support::Home {
    let home = support::Home::new();
    let case = support::fixtures().join("agents").join(agent).join(case);
    support::copy_tree(&case.join("home"), &home.path());
    home
}

fn system(home: impl Into<PathBuf>, variables: &[(&str, &Path)]) -> System {
    let variables = variables
        .iter()
        .map(|(name, path)| ((*name).to_owned(), path.display().to_string()));
    System::new(Os::Linux, home, variables.collect())
}

impl Case {
    fn move_records(&self, home: &Path, place: &Path) {
        for (from, to) in self.folders {
            let to = place.join(to);
            let Some(parent) = from.strip_suffix("/*") else {
                create_dir_all(to.parent().expect("a parent")).expect("folders");
                rename(home.join(from), to).expect("moved");
                continue;
            };
            create_dir_all(&to).expect("folders");
            for folder in std::fs::read_dir(home.join(parent)).expect("a folder").flatten() {
                for file in std::fs::read_dir(folder.path()).expect("a folder").flatten() {
                    rename(file.path(), to.join(file.file_name())).expect("moved");
                }
            }
        }
    }
}

#[test]
fn records_that_a_variable_moved_count() {
    for case in CASES {
        let (agent, home) = (agent_with(case.agent), copy_of(case.agent, case.home));
        let place = home.path().join("elsewhere/records");
        let expected = comparable(read_all(agent, &system(home.path(), &[])));
        assert!(!expected.0.is_empty(), "{}", case.agent);
        case.move_records(&home.path(), &place);
        let moved = system(home.path(), &[(case.variable, &*place)]);
        assert_eq!(comparable(read_all(agent, &moved)), expected, "{}", case.agent);
        let mut configured = system(home.path(), &[]);
        let root = place.display().to_string();
        configured.agent_roots.insert(case.agent.to_owned(), vec![root]);
        let found = counts(&read_all(agent, &configured).turns);
        assert_eq!(found, counts(&expected.0), "{}: as a root", case.agent);
    }
}

#[test]
fn records_that_settings_move_count_whenever_the_settings_change() {
    for case in CASES {
        let Some((file, text)) = case.settings else { continue };
        for named in ["~/elsewhere/records", "{home}/elsewhere/records"] {
            let (agent, home) = (agent_with(case.agent), copy_of(case.agent, case.home));
            let (system, settings) = (system(home.path(), &[]), home.path().join(file));
            let named = named.replace("{home}", &home.path().display().to_string().replace('\\', "/"));
            let text = text.replace("{}", &named);
            let mut counting = Counting::of(agent);
            let expected = comparable(counting.sync(&system));
            let is_followed = |folder: &&Path| agent.sources(&system).folders.iter().any(|known| known == folder);
            let folder = settings.parent().expect("a folder");
            assert!(is_followed(&folder), "{}: changes of {file}", case.agent);
            case.move_records(&home.path(), &home.path().join("elsewhere/records"));
            write(&settings, &text).expect("written");
            assert_eq!(
                comparable(read_all(agent, &system)),
                expected,
                "{}: at once",
                case.agent
            );
            assert_eq!(comparable(counting.sync(&system)), expected, "{}: {named}", case.agent);
            write(&settings, &text[..text.len() / 2]).expect("written");
            let half = counting.sync(&system);
            assert!(!half.problems.is_empty(), "{}: half of {file}", case.agent);
            assert_eq!(comparable(half), expected, "{}: half of {file}", case.agent);
            write(&settings, &text).expect("written");
            assert_eq!(comparable(counting.sync(&system)), expected, "{}: again", case.agent);
        }
    }
}

#[test]
fn tasks_that_settings_of_an_editor_move_count() {
    for (agent, storage, setting) in [
        ("kilo-code", "kilocode.kilo-code", "kilo-code.customStoragePath"),
        ("roo-code", "rooveterinaryinc.roo-cline", "roo-cline.customStoragePath"),
        ("roo-code", "zoocodeorganization.zoo-code", "zoo-code.customStoragePath"),
    ] {
        let (agent, home) = (agent_with(agent), support::Home::new());
        let task = format!(".config/Code/User/globalStorage/{storage}/tasks/1772442000000/ui_messages.json");
        home.write(
            &task,
            r#"[{"ts":1772442001000,"type":"say","say":"api_req_started","text":"{\"tokensIn\":7,\"tokensOut\":8}"}]"#,
        );
        let system = system(home.path(), &[]);
        let mut counting = Counting::of(agent);
        let expected = comparable(counting.sync(&system));
        assert_eq!(expected.0.len(), 1, "{storage}");
        let (storage, place) = (home.path().join(&task), home.path().join("elsewhere"));
        let storage = storage.ancestors().nth(3).expect("a storage");
        rename(storage, &place).expect("moved");
        // Another editor, and a profile of it, name the same folder.
        for user in ["Code/User", "Cursor/User", "Cursor/User/profiles/5f0a"] {
            let text = format!("{{\n  // mine\n  \"{setting}\": \"~/elsewhere\",\n}}");
            home.write(&format!(".config/{user}/settings.json"), &text);
            create_dir_all(home.path().join(format!(".config/{user}/globalStorage"))).expect("folders");
        }
        let found = agent.sources(&system);
        assert_eq!(found.sources.len(), 1, "{setting}: {found:?}");
        assert!(
            found.folders.contains(&home.path().join(".config/Code/User")),
            "{found:?}"
        );
        assert_eq!(comparable(read_all(agent, &system)), expected, "{setting}: at once");
        assert_eq!(comparable(counting.sync(&system)), expected, "{setting}");
    }
}

#[test]
fn records_from_before_the_settings_moved_them_still_count() {
    for case in CASES {
        let Some((file, text)) = case.settings else { continue };
        let (agent, home) = (agent_with(case.agent), copy_of(case.agent, case.home));
        let system = system(home.path(), &[]);
        let expected = comparable(read_all(agent, &system));
        write(home.path().join(file), text.replace("{}", "~/elsewhere")).expect("written");
        assert_eq!(comparable(read_all(agent, &system)), expected, "{}", case.agent);
    }
}

#[test]
fn an_archived_chat_of_qwen_code_stays_as_it_was() {
    for has_list in [true, false] {
        let (agent, home) = (agent_with("qwen-code"), copy_of("qwen-code", "0.24.4-mixed"));
        let system = system(home.path(), &[]);
        if !has_list {
            std::fs::remove_dir_all(home.path().join(".qwen/usage")).expect("removed");
        }
        let mut counting = Counting::of(agent);
        let expected = comparable(counting.sync(&system));
        let mut archived = 0;
        for project in std::fs::read_dir(home.path().join(".qwen/projects")).expect("a folder") {
            let chats = project.expect("a project").path().join("chats");
            let archive = chats.join("archive");
            create_dir_all(&archive).expect("a folder");
            for chat in std::fs::read_dir(&chats).expect("chats").flatten() {
                if chat.path().is_file() {
                    rename(chat.path(), archive.join(chat.file_name())).expect("archived");
                    archived += 1;
                }
            }
        }
        assert!(archived > 0);
        assert_eq!(comparable(read_all(agent, &system)), expected, "at once");
        let now = counting.sync(&system);
        assert!(now.turns.iter().all(|turn| turn.presence == Presence::Present));
        assert_eq!(comparable(now), expected, "incrementally");
    }
}
