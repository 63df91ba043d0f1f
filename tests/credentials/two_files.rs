//! Several entries of one provider: a damaged one never hides a sound one.

use crate::support::Home;

const SOUND: &str = r#"{"github.com:Iv1.0a":{"user":"dev","oauth_token":"gho_sound"}}"#;

const DAMAGED: [&str; 7] = [
    "",
    "{",
    "[]",
    r#"{"github.com:Iv1.0b":null}"#,
    r#"{"github.com:Iv1.0b":{"user":"dev"}}"#,
    r#"{"github.com:Iv1.0b":{"user":"dev","oauth_token":""}}"#,
    r#"{"github.com:Iv1.0b":{"user":"dev","oauth_token":5}}"#,
];

fn used(home: &Home) -> Vec<String> {
    let rows = home.rows(&["creds"]);
    let used = rows.iter().filter(|row| row["used"] == true);
    used.map(|row| row["state"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn a_damaged_file_or_entry_never_hides_a_sound_one() {
    for damaged in DAMAGED {
        for (first, second) in [(SOUND, damaged), (damaged, SOUND)] {
            let home = Home::new();
            home.write(".config/github-copilot/apps.json", first);
            home.write(".config/github-copilot/hosts.json", second);
            assert_eq!(used(&home), ["no_expiry"], "{first} {second}");
        }
        let entries = damaged
            .trim_end_matches('}')
            .strip_prefix('{')
            .filter(|entries| entries.contains(':'));
        if let Some(entries) = entries {
            let entries = format!("{entries}{}", "}".repeat(entries.matches('{').count()));
            let sound = SOUND.trim_start_matches('{');
            let home = Home::new();
            home.write(".config/github-copilot/apps.json", format!("{{{entries},{sound}"));
            assert_eq!(used(&home), ["no_expiry"], "{entries}");
        }
    }
}
