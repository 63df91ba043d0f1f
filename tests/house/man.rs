//! Manual pages: committed, complete, and readable by `man`.

use crate::support::{self, Home};
use clap::Command;
use std::path::Path;
use ttop::cli::definition;

/// Every command and the name of its page.
fn commands(command: &Command, name: &str, all: &mut Vec<(String, Command)>) {
    let named = command.clone().name(name.to_owned()).bin_name(name.replace('-', " "));
    all.push((name.to_owned(), named));
    for inner in command
        .get_subcommands()
        .filter(|inner| inner.get_name() != "help" && !inner.is_hide_set())
    {
        commands(inner, &format!("{name}-{}", inner.get_name()), all);
    }
}

fn all() -> Vec<(String, Command)> {
    let mut root = definition().disable_help_subcommand(true);
    root.build();
    let mut found = Vec::new();
    commands(&root, "ttop", &mut found);
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// The manual page of a command.
fn page(command: Command) -> String {
    // The page describes what `-h` leaves out.
    let command = command.mut_args(|arg| arg.hide_short_help(false));
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .expect("written to memory");
    let page = String::from_utf8(page).expect("UTF-8");
    // clap_mangen has no section for examples, and would fill their lines; it spreads lists of values.
    let page = page.replace(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n.nf\n");
    let page = match page.split_once(".nf\n") {
        Some((before, examples)) => format!("{before}.nf\n{}", examples.replacen(".SH", ".fi\n.SH", 1)),
        None => page,
    };
    let page = page
        .replace(".RS 14\n", ".RS 14\n.PD 0\n")
        .replace("\n.RE\n", "\n.PD\n.RE\n");
    page.replace("\\fB\\-t \\fR", "\\fB\\-t\\fR")
}

#[test]
fn pages_describe_every_flag() {
    for (name, command) in all() {
        let text = page(command.clone()).replace("\\*(Aq", "'").replace('\\', "");
        let flags = command.get_arguments().filter(|arg| !arg.is_hide_set());
        for arg in flags.filter(|arg| arg.get_id() != "help") {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(text.contains(&help.replace('\\', "")), "{name} lacks '{help}'");
        }
    }
}

#[test]
fn pages_are_as_committed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    for (name, command) in all() {
        support::same_as_committed(&folder.join(format!("{name}.1")), page(command).as_bytes());
    }
    let names: Vec<String> = all().into_iter().map(|(name, _)| name).collect();
    let lines: String = names
        .iter()
        .map(|name| format!("    (\"{name}\", include_str!(\"{name}.1\")),\n"))
        .collect();
    support::same_as_committed(&folder.join("pages.in"), format!("&[\n{lines}]\n").as_bytes());
    let committed = std::fs::read_dir(&folder).expect("the folder").count();
    assert_eq!(committed, names.len() + 1, "a page in man/ has no command");
}

#[test]
fn pages_come_out_of_the_binary() {
    let home = Home::new();
    assert!(home.stdout(&["man"]).contains(".TH ttop 1"));
    assert!(home.stdout(&["man", "cost"]).contains(".TH ttop-cost 1"));
    let output = home.ttop().args(["man", "nothing"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn man_finds_nothing_wrong_with_a_page() {
    let Some(groff) = support::program("groff") else { return };
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("man/ttop-cost.1");
    let output = std::process::Command::new(groff)
        .args(["-man", "-Tutf8", "-ww"])
        .arg(page)
        .output()
        .expect("runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(String::from_utf8_lossy(&output.stdout).contains("General Commands Manual"));
}

/// Words that docs/style.md replaces by plainer ones.
const AVOIDED: [&str; 11] = [
    "told", "tells", "says", "said", "nobody", "somebody", "whatever", "anew", "for good", "per cent", "so many",
];

#[test]
fn help_uses_the_words_of_the_style_guide() {
    for (name, command) in all() {
        let help = command.clone().render_long_help().to_string().to_lowercase();
        for avoided in AVOIDED {
            let found = help
                .split(|c: char| !c.is_alphanumeric() && c != ' ')
                .any(|part| format!(" {part} ").contains(&format!(" {avoided} ")));
            assert!(!found, "the help of {name} has '{avoided}':\n{help}");
        }
    }
}

#[test]
fn every_flag_has_help_that_starts_with_a_capital_and_ends_without_a_period() {
    for (name, command) in all() {
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let first = help.chars().next().unwrap_or(' ');
            let is_sound = (first.is_uppercase() || !first.is_alphabetic()) && !help.ends_with('.') && !help.is_empty();
            assert!(is_sound, "{name} {}: '{help}'", arg.get_id());
            for value in arg.get_possible_values() {
                let help = value.get_help().map(ToString::to_string).unwrap_or_default();
                let first = help.chars().next().unwrap_or('A');
                // Programs keep the spelling of their names.
                let is_sound = !first.is_lowercase() || help.starts_with(&value.get_name()[..2]);
                assert!(is_sound && !help.ends_with('.'), "{name} {}: '{help}'", arg.get_id());
            }
        }
    }
}
