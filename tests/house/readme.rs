//! The README and the pages in `docs/` match the program: samples, commands, keys and one-liners.

use crate::support::{self, Home};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use ttop::agents::built_in;

fn root() -> PathBuf {
    support::fixtures().parent().expect("a checkout").to_owned()
}

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).expect("a page")
}

/// Every page for people: those at the top and those in `docs/`.
fn pages() -> Vec<(String, String)> {
    let in_folder = |folder: &Path| {
        let entries = std::fs::read_dir(folder).expect("a folder");
        entries
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
            .collect::<Vec<_>>()
    };
    let mut paths = in_folder(&root());
    paths.extend(in_folder(&root().join("docs")));
    paths.sort();
    let named = |path: PathBuf| {
        let name = path.strip_prefix(root()).expect("below").display().to_string();
        let text = page(&name);
        (name, text)
    };
    paths.into_iter().map(named).collect()
}

/// Code blocks and code spans of a page.
fn code(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, part) in text.split("```").enumerate() {
        if at % 2 == 1 {
            found.push(part);
        } else {
            found.extend(part.split('`').skip(1).step_by(2));
        }
    }
    found
}

/// The block that starts with a prompt and this command line.
fn sample<'a>(text: &'a str, line: &str) -> &'a str {
    text.split(&format!("$ {line}\n"))
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap_or_else(|| panic!("no sample of {line}"))
}

fn trimmed(text: &str) -> Vec<&str> {
    text.lines().map(str::trim_end).collect()
}

#[test]
fn cargo_runs_ttop_as_the_readme_says() {
    assert!(page("README.md").contains("\ncargo run --release -- --demo "));
    let metadata = std::process::Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
            "--manifest-path",
        ])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    // Without it, cargo asks which of the programs to run: the tests have one of their own.
    assert_eq!(metadata["packages"][0]["default_run"], "ttop");
}

#[test]
fn samples_are_what_the_program_prints() {
    let home = Home::new();
    let fields = "agentId,status,activity,sessionName,cost";
    for (name, line) in [
        ("README.md", "ttop --demo".to_owned()),
        ("README.md", format!("ttop --demo ps --fields {fields}")),
        ("docs/bars.md", "ttop --demo bar-status".to_owned()),
    ] {
        let mut args: Vec<&str> = line.split(' ').skip(1).collect();
        if !args.contains(&"bar-status") {
            args.extend(["-o", "table"]);
        }
        assert_eq!(
            trimmed(sample(&page(name), &line)),
            trimmed(home.stdout(&args).trim_end()),
            "{name}: {line}"
        );
    }
}

#[test]
fn the_readme_is_short() {
    assert!(page("README.md").lines().count() <= 120);
}

#[test]
fn the_readme_names_agents_and_counts_the_others() {
    let page = page("README.md").replace('\n', " ");
    let list = page
        .split("ttop reads OpenCode")
        .nth(1)
        .and_then(|rest| rest.split(" more.").next());
    let list = format!("OpenCode{}", list.expect("a list of agents"));
    let (named, others) = list.rsplit_once(" and ").expect("'and' before the number of others");
    let named: BTreeSet<&str> = named.split(", ").collect();
    let read = built_in().iter().filter(|agent| agent.about().turns != "none");
    let read: BTreeSet<&str> = read.map(|agent| agent.name()).collect();
    let unknown: Vec<_> = named.difference(&read).collect();
    assert!(unknown.is_empty(), "ttop reads no {unknown:?}");
    let missing: Vec<_> = read.difference(&named).collect();
    assert_eq!(others, missing.len().to_string(), "not named: {missing:?}");
}

#[test]
fn every_command_the_pages_name_exists() {
    let home = Home::new();
    let pages = pages();
    let named: BTreeSet<String> = pages
        .iter()
        .filter(|(name, _)| name != "docs/style.md")
        .flat_map(|(_, text)| code(text))
        .flat_map(|code| code.split("ttop ").skip(1))
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '-')
                .collect::<String>()
        })
        .filter(|word| !word.is_empty() && !word.starts_with('-'))
        .collect();
    assert!(named.len() >= 15, "{named:?}");
    for word in named {
        let output = home.ttop().args([&word, "--help"]).output().expect("runs");
        assert!(output.status.success(), "ttop {word}");
    }
}

#[test]
fn the_contract_lists_the_keys_of_every_row_in_order() {
    let home = Home::new();
    let contract = page("docs/contract.md");
    for kind in home.stdout(&["schema"]).lines().filter(|kind| *kind != "stream") {
        let paragraph = contract
            .split(&format!("\n**{kind}** ("))
            .nth(1)
            .and_then(|rest| rest.split(": ").nth(1))
            .and_then(|rest| rest.split("\n\n").next())
            .unwrap_or_else(|| panic!("the contract has no row kind {kind}"));
        let listed: Vec<&str> = paragraph.split('`').skip(1).step_by(2).collect();
        let schema: serde_json::Value = serde_json::from_str(&home.stdout(&["schema", kind])).expect("a schema");
        let keys: Vec<&String> = schema["properties"].as_object().expect("keys").keys().collect();
        assert_eq!(listed, keys, "{kind}");
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    for (name, text) in pages() {
        let folder = root().join(&name).parent().expect("a folder").to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            let is_ours = !path.is_empty() && !path.contains("://");
            assert!(!is_ours || folder.join(path).exists(), "{name}: {link}");
        }
    }
}

#[test]
fn the_agents_page_has_the_ids_paths_accuracy_and_limits_of_the_program() {
    let page = page("docs/agents.md");
    let rows = Home::new().rows(&["doctor"]);
    let agents: Vec<_> = rows.iter().filter(|row| row["kind"] == "agent").collect();
    let texts = |value: &serde_json::Value| -> Vec<String> {
        let list = value.as_array().expect("a list");
        list.iter()
            .filter_map(|text| text.as_str().map(str::to_owned))
            .collect()
    };
    let sections: Vec<&str> = page.split("\n## ").skip(1).collect();
    let titles = sections
        .iter()
        .map(|section| section.lines().next().unwrap_or_default());
    let names = built_in().iter().map(|agent| agent.name());
    assert_eq!(
        titles.collect::<Vec<_>>(),
        names.collect::<Vec<_>>(),
        "expected a section per agent, in the order of BUILT_IN"
    );
    for (section, agent) in sections.iter().zip(agents) {
        let (id, accuracy) = (agent["subject"].as_str().expect("an id"), &agent["turns"]);
        let accuracy = accuracy.as_str().expect("an accuracy");
        let facts = format!("Id `{id}`, accuracy `{accuracy}`");
        assert!(section.contains(&facts), "{id}: expected '{facts}' in: {section}");
        let row = format!("](#{id}) | `{id}` | {accuracy} |");
        assert!(page.contains(&row), "{id}: expected the row '{row}' in the table");
        for path in agent["paths"].as_array().expect("paths") {
            let path = path["path"].as_str().expect("a path");
            assert!(
                section.contains(&format!("- `{path}`")),
                "{id}: expected the line '- `{path}`'"
            );
        }
        let limits = section.split("**Limits.**").nth(1).unwrap_or_default().lines();
        let limits: Vec<&str> = limits.filter_map(|line| line.strip_prefix("- ")).collect();
        assert_eq!(limits, texts(&agent["notes"]), "{id}");
    }
}
