//! Real OpenCode from npm, driven by a model on loopback: `ttop turns` gives what the model billed. Run by
//! `make test-real`; needs npm and its registry.
#![cfg(unix)]

use crate::support::mock_model::{Billed, MockModel};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::running::{Running, by_turn, sum};
use crate::support::{Home, program, skipped};

const PACKAGE: &str = "opencode-ai";

/// The program, installed once beside the test binaries; `None` where it cannot be.
fn opencode() -> Option<PathBuf> {
    if std::env::var_os("TTOP_TEST_REAL").is_none() {
        skipped("real OpenCode is for 'make test-real'");
        return None;
    }
    let npm = program("npm")?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(PACKAGE);
    let binary = folder.join("node_modules/.bin/opencode");
    if !binary.exists() {
        let installed = Command::new(npm)
            .args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"])
            .arg(&folder)
            .arg(PACKAGE)
            .status();
        if !installed.is_ok_and(|status| status.success()) || !binary.exists() {
            skipped("npm cannot install opencode-ai here");
            return None;
        }
    }
    Some(binary)
}

fn config(url: &str) -> String {
    let model = |name: &str| json!({"name": name, "cost": {"input": 1.0, "output": 2.0, "cache_read": 0.5}, "limit": {"context": 200_000, "output": 8_000}});
    json!({
        "model": "mock/main",
        // Titles are asked of this one, and OpenCode never writes down what they cost.
        "small_model": "mock/small",
        "autoupdate": false,
        "share": "disabled",
        "permission": {"bash": "allow"},
        "provider": {"mock": {
            "npm": "@ai-sdk/openai-compatible",
            "options": {"baseURL": url, "apiKey": "none"},
            "models": {"main": model("main"), "small": model("small")},
        }},
    })
    .to_string()
}

/// Gives it one prompt and waits for the end of its answer.
fn prompt(opencode: &Path, home: &Home, words: &[&str]) {
    let folder = home.path().join("acme");
    std::fs::create_dir_all(&folder).expect("a folder");
    let output = Command::new(opencode)
        .arg("run")
        .args(words)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("OPENCODE_DISABLE_AUTOUPDATE", "1")
        .env("OPENCODE_DISABLE_MODELS_FETCH", "1")
        .env("OPENCODE_DISABLE_LSP_DOWNLOAD", "1")
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("opencode runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words:?}: {said}");
}

fn counted(turns: &[Value]) -> Vec<Billed> {
    let mut counted: Vec<Billed> = turns
        .iter()
        .map(|turn| {
            let tokens = |bucket: &str| turn["tokens"][bucket].as_i64().expect("a number");
            assert_eq!(tokens("cacheWrite"), 0);
            Billed {
                model: turn["modelId"].as_str().expect("a model").to_owned(),
                input: tokens("input"),
                output: tokens("output"),
                reasoning: tokens("reasoning"),
                cached: tokens("cacheRead"),
            }
        })
        .collect();
    counted.sort();
    counted
}

#[test]
fn the_turns_are_what_the_model_billed() {
    let Some(opencode) = opencode() else { return };
    let (home, model) = (Home::new(), MockModel::start());
    home.write(".config/opencode/opencode.json", config(&model.url));
    let watch = Running::watch(&home, &[]);
    prompt(&opencode, &home, &["Say something."]);
    prompt(&opencode, &home, &["--continue", "Use a TOOL and go on."]);
    prompt(&opencode, &home, &["Another session with a TOOL."]);
    let billed = model.billed("main");
    assert!(billed.len() >= 5, "{billed:?}");
    let turns = home.rows(&["turns"]);
    assert_eq!(counted(&turns), billed);
    assert_eq!(home.rows(&["sessions"]).len(), 2);
    assert_eq!(
        by_turn(&watch.rows_up_to(sum(&turns))),
        by_turn(&turns),
        "as it happened"
    );
    let cost: f64 = turns.iter().filter_map(|turn| turn["cost"].as_f64()).sum();
    let dollars =
        |bill: &Billed| bill.input as f64 + 0.5 * bill.cached as f64 + 2.0 * (bill.output + bill.reasoning) as f64;
    let truth: f64 = billed.iter().map(dollars).sum::<f64>() / 1e6;
    assert!((cost - truth).abs() < 1e-6, "{cost} instead of {truth}");
}
