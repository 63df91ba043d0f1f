//! `ttop providers` against the pack of replies, over real HTTP.

mod asking;
mod damage;
mod drift;
mod pack;
mod parts;
mod showing;
#[path = "../support/mod.rs"]
mod support;

use assert_cmd::Command;
use serde_json::Value;
use support::Home;
use support::mock_providers::Mock;

/// `now` of the pack.
pub const NOW: &str = "2026-11-20T12:00:00Z";

pub const NOW_MS: i64 = 1_795_176_000_000;

/// The binary with the network on, all of it at the mock.
pub fn ttop(home: &Home, mock: &Mock) -> Command {
    let mut command = home.ttop();
    command
        .env_remove("TTOP_OFFLINE")
        .env("TTOP_PROVIDERS_BASE_URL", &mock.url)
        .env("TTOP_PRICES_URL", format!("{}/prices", mock.url));
    command
}

pub fn rows(command: &mut Command) -> Vec<Value> {
    let output = command.output().expect("runs");
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{stdout}\n{stderr}");
    stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a row"))
        .collect()
}

pub fn variable(id: &str, what: &str) -> String {
    format!("TTOP_{}_{what}", id.to_uppercase().replace('-', "_"))
}

pub fn ids() -> Vec<String> {
    let mut ids: Vec<String> = std::fs::read_dir(support::fixtures().join("providers"))
        .expect("the pack")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    ids.sort();
    ids
}

/// A home with a key for OpenRouter and one for DeepSeek, and nothing else.
pub fn keyed_home() -> Home {
    let home = Home::new().at(NOW);
    let auth = r#"{"openrouter":{"type":"api","key":"CANARY-or"},"deepseek":{"type":"api","key":"CANARY-ds"}}"#;
    home.write(".local/share/opencode/auth.json", auth);
    home
}

pub fn providers(home: &Home, mock: &Mock, args: &[&str]) -> Vec<Value> {
    rows(ttop(home, mock).arg("providers").args(args))
}

pub fn one(home: &Home, mock: &Mock, id: &str) -> Value {
    let mut found = providers(home, mock, &["--provider", id]);
    found.retain(|row| row["providerId"] == id);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

/// How many requests came in, the price list aside.
pub fn requests(mock: &Mock) -> usize {
    mock.asked().iter().filter(|asked| asked.provider != "prices").count()
}
