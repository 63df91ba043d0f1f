//! No secret in any output, of any command, in any format, nor in any file that ttop writes.

use crate::support::Home;
use crate::support::mock_providers::{Drop, Mock};
use clap::CommandFactory;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Every fake secret contains the one; the other begins every JSON web token.
const CANARIES: [&str; 2] = ["CANARY", "eyJ"];

/// `{"exp":1795199400}` in the middle.
const JWT: &str = "eyJhbGciOiJub25lIn0.eyJleHAiOjE3OTUxOTk0MDB9.CANARY-jwt";

/// A home with a canary in every place a secret can be.
fn full_home() -> Home {
    let home = Home::new();
    for fixture in [
        "opencode-all-types",
        "opencode-config",
        "claude-code",
        "codex-nested",
        "copilot-editor",
        "antigravity-accounts",
        "kimi-cli",
        "cursor-app",
        "gemini-cli",
    ] {
        home.copy(&format!("credentials/{fixture}/home"), "");
    }
    home.write(".config/tokentop/config.json", CONFIG);
    home.write(".config/systemd/user/opencode.service", SERVICE);
    home
}

/// Secrets of ttop's own: addresses that let anybody post, keys of plugins, a gateway with a key in its path.
const CONFIG: &str = r#"{
    "alerts": {"sinks": {
        "team": {"type": "webhook", "url": "https://hooks.example/services/CANARY-hook"},
        "mine": {"type": "command", "command": ["notify", "--token", "CANARY-command"]}
    }},
    "pluginConfig": {"slack": {"token": "CANARY-plugin", "webhook.url": "https://me:CANARY-pass@hooks.example/x"}},
    "providers": {"deepseek": {"baseUrl": "https://gateway.example/CANARY-path"}}
}"#;

/// How a server can get its password.
const SERVICE: &str = "[Service]\nEnvironment=OPENCODE_SERVER_PASSWORD=CANARY-service\nExecStart=opencode serve\n";

/// A process that looks like an agent and was given a secret on its command line; ended when dropped.
struct Leaky(std::process::Child);

impl Leaky {
    #[cfg(unix)]
    fn start() -> Self {
        use std::os::unix::process::CommandExt;
        let mut command = std::process::Command::new("sh");
        // Waits for a line that never comes.
        command
            .arg0("opencode")
            .args(["-c", "read line", "opencode", "serve", "--password=CANARY-argument"]);
        command
            .stdin(std::process::Stdio::piped())
            .env("OPENCODE_SERVER_PASSWORD", "CANARY-environment");
        Self(command.spawn().expect("sh runs"))
    }
}

impl std::ops::Drop for Leaky {
    fn drop(&mut self) {
        // It is gone already when it cannot be killed.
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// The same places, with canaries in what does not parse.
fn damaged_home() -> Home {
    let home = Home::of("credentials/malformed/home");
    let damaged = format!("{{\"key\": \"CANARY-cut\", \"token\": \"{JWT}\", CANARY");
    for path in [
        ".kimi-code/credentials/kimi-code.json",
        ".config/opencode/opencode.json",
        ".config/opencode/opencode.jsonc",
        ".config/github-copilot/hosts.json",
        ".config/Cursor/User/globalStorage/state.vscdb",
        ".gemini/settings.json",
    ] {
        home.write(path, &damaged);
    }
    home
}

/// Variables that hold secrets, sound and damaged.
fn variables() -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> = ttop::providers::wanted(&ttop::providers::built_in())
        .into_iter()
        .flat_map(|wanted| wanted.variables)
        .map(|variable| (variable.name.clone(), format!("CANARY-{}", variable.name)))
        .collect();
    for (name, value) in [
        ("TTOP_CODEX_TOKEN", JWT),
        ("TTOP_OPENROUTER_CREDENTIAL", r#"{"kind":"api","token":"CANARY-own"}"#),
        ("TTOP_DEEPSEEK_CREDENTIAL", "CANARY is no JSON"),
        ("TTOP_CHUTES_CREDENTIAL", r#"{"kind":"CANARY","token":"CANARY-own"}"#),
        ("https_proxy", "http://user:CANARY-proxy@127.0.0.1:9"),
    ] {
        variables.push((name.to_owned(), value.to_owned()));
    }
    variables
}

/// What each command is run with: something that makes it work and end by itself.
fn runs(name: &str) -> Vec<Vec<&str>> {
    let arguments: &[&[&str]] = match name {
        "creds" => &[&[], &["--all"], &["--check"], &["--fields", "help"]],
        "providers" => &[&[], &["--all"], &["--known-by", "opencode"], &["--check"]],
        "show" => &[&["latest"]],
        "prices" => &[&["-n", "50"]],
        "watch" => &[&["--for", "200ms"]],
        "completions" => &[&["bash"]],
        "config" => &[&["show"], &["path"], &["get", "providers"]],
        "ledger" => &[&["status"]],
        // A server would stay.
        "serve" => &[
            &["--install-unit"],
            &["--listen", "127.0.0.1:0", "--token-file", "missing"],
        ],
        _ => &[&[]],
    };
    arguments.iter().map(|rest| [&[name], *rest].concat()).collect()
}

/// What every run is repeated with.
const VARIATIONS: &[&[&str]] = &[
    &[],
    &["-o", "table", "-v"],
    &["-o", "ndjson", "-vv"],
    &["-o", "json"],
    &["-o", "csv", "-vvv"],
    &["-o", "tsv"],
    &["-o", "md"],
    &["--no-such-flag"],
];

fn assert_clean(what: &str, bytes: &[u8]) {
    for canary in CANARIES {
        if let Some(at) = memchr::memmem::find(bytes, canary.as_bytes()) {
            let around = &bytes[at.saturating_sub(60)..(at + 60).min(bytes.len())];
            panic!("{what} shows a secret: {}", String::from_utf8_lossy(around));
        }
    }
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.push(path);
        }
    }
}

fn content(home: &Home) -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths = Vec::new();
    files(&home.path(), &mut paths);
    paths.sort();
    let read = |path: PathBuf| (path.clone(), std::fs::read(path).expect("readable"));
    paths.into_iter().map(read).collect()
}

#[test]
fn no_output_and_no_file_shows_a_secret() {
    let mut commands: Vec<String> = ttop::cli::Cli::command()
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    commands.retain(|name| name != "help");
    assert!(!commands.is_empty());
    #[cfg(unix)]
    let _leaky = Leaky::start();
    let check = |home: Home| {
        let before = content(&home);
        for name in &commands {
            for run in runs(name) {
                for variation in VARIATIONS {
                    let mut command = home.ttop();
                    command.envs(variables()).args(&run).args(*variation);
                    let output = command.timeout(Duration::from_secs(20)).output().expect("runs");
                    let what = format!("ttop {} {}", run.join(" "), variation.join(" "));
                    assert_clean(&what, &output.stdout);
                    assert_clean(&what, &output.stderr);
                    let is_panic = String::from_utf8_lossy(&output.stderr).contains("panicked");
                    assert!(!is_panic, "{what} panicked");
                }
            }
        }
        for (path, bytes) in content(&home) {
            match before.iter().find(|(known, _)| *known == path) {
                Some((_, old)) => assert_eq!(*old, bytes, "{} was written to", path.display()),
                None => assert_clean(&path.display().to_string(), &bytes),
            }
        }
        assert!(before.iter().all(|(path, _)| path.exists()));
    };
    std::thread::scope(|scope| {
        scope.spawn(|| check(full_home()));
        scope.spawn(|| check(damaged_home()));
    });
}

/// Every provider is asked with every credential there is; answers are sound, refused, broken.
#[test]
fn no_answer_brings_a_secret_out() {
    let mock = Mock::start();
    let config = r#"{"providers":{"anthropic":{"login":true},"cursor":{"login":true}}}"#;
    let behaviors: [&dyn Fn(); 5] = [
        &|| mock.case("*", "normal"),
        &|| mock.case("*", "drift"),
        &|| mock.status("*", 401, ""),
        &|| mock.status("*", 500, "x-echo: CANARY-header\r\n"),
        &|| mock.drop("*", Drop::Mid),
    ];
    for behave in behaviors {
        behave();
        let home = full_home();
        home.write(".config/tokentop/config.json", config);
        let before = content(&home);
        for variation in VARIATIONS {
            let mut command = home.ttop();
            command
                .env_remove("TTOP_OFFLINE")
                .env("TTOP_PROVIDERS_BASE_URL", &mock.url)
                .env("TTOP_PRICES_URL", format!("{}/prices", mock.url))
                .envs(variables())
                .args(["providers", "--all"])
                .args(*variation);
            let output = command.timeout(Duration::from_secs(20)).output().expect("runs");
            let what = format!("ttop providers {}", variation.join(" "));
            assert_clean(&what, &output.stdout);
            assert_clean(&what, &output.stderr);
        }
        for (path, bytes) in content(&home) {
            if before.iter().all(|(known, _)| *known != path) {
                assert_clean(&path.display().to_string(), &bytes);
            }
        }
    }
    assert!(
        mock.asked()
            .iter()
            .any(|asked| asked.headers.values().any(|value| value.contains("CANARY")))
    );
}
