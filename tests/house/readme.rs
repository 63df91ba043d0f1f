//! The README tells the truth: what it shows is what is printed, and what it names exists.

use crate::support::{self, Home};

fn readme() -> String {
    let path = support::fixtures().with_file_name("README.md");
    std::fs::read_to_string(path).expect("a README")
}

#[test]
fn the_sample_is_what_is_printed() {
    let text = readme();
    let shown = text
        .split("$ ttop --demo\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("a sample");
    let printed = Home::new().stdout(&["--demo", "-o", "table"]);
    let trimmed = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(trimmed(shown), trimmed(&printed));
}

#[test]
fn every_command_it_names_exists() {
    let home = Home::new();
    let text = readme();
    let named = text.split("ttop ").skip(1).filter_map(|rest| {
        let word: String = rest
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || *c == '-')
            .collect();
        (!word.is_empty() && !word.starts_with('-')).then_some(word)
    });
    let prose = [
        "can", "cannot", "see", "sees", "shows", "from", "counts", "answers", "never", "tells",
    ];
    let mut checked = 0;
    for word in named.filter(|word| !prose.contains(&word.as_str())) {
        let output = home.ttop().args([&word, "--help"]).output().expect("runs");
        assert!(output.status.success(), "ttop {word}");
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}
