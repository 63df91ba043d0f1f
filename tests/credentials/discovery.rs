//! `ttop creds` against homes whose credentials are known.

use crate::support::{self, Home};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use ttop::credentials::Search;
use ttop::system::{Os, System};

/// `fixtures/credentials/<case>` with a `home` and an `expected.json`.
fn cases() -> Vec<PathBuf> {
    let folder = support::fixtures().join("credentials");
    let mut cases: Vec<_> = std::fs::read_dir(folder)
        .expect("the pack")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    cases
}

fn expected(case: &Path) -> Value {
    let text = std::fs::read(case.join("expected.json")).expect("an expected.json");
    serde_json::from_slice(&text).expect("valid JSON")
}

/// A home as the case describes it: files only the user can read, unless the case names another mode.
fn home_of(case: &Path, expected: &Value) -> Home {
    let home = Home::new().at(expected["now"].as_str().expect("a time"));
    support::copy_tree(&case.join("home"), &home.path());
    set_modes(&home.path(), &home.path(), expected);
    home
}

#[cfg(unix)]
fn set_modes(root: &Path, folder: &Path, expected: &Value) {
    use std::os::unix::fs::PermissionsExt;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            set_modes(root, &path, expected);
            continue;
        }
        let name = path.strip_prefix(root).expect("below").to_string_lossy().into_owned();
        let mode = expected["modes"][&name].as_str().unwrap_or("0600");
        let mode = u32::from_str_radix(mode, 8).expect("octal");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    }
}

#[cfg(not(unix))]
fn set_modes(_: &Path, _: &Path, _: &Value) {}

fn variables(expected: &Value, home: &Path) -> Vec<(String, String)> {
    let given = expected["env"].as_object().expect("variables").iter();
    given
        .map(|(name, value)| {
            let value = value.as_str().expect("text").replace("{home}", &home.to_string_lossy());
            (name.clone(), value)
        })
        .collect()
}

/// The expectations of `expected.json`, as parts of a `cred` row.
fn rows_of(expected: &Value, home: &Path) -> Vec<Value> {
    let listed = expected["credentials"].as_array().expect("a list").iter();
    listed
        .map(|one| {
            let origin = match (one["path"].as_str(), one["env"].as_str()) {
                (Some(path), _) => format!("~/{path}"),
                (None, Some(name)) => format!("${name}"),
                (None, None) => panic!("neither a path nor a variable"),
            };
            let expires_at = one["expiresAt"].as_str().map(|text| {
                let at: jiff::Timestamp = text.parse().expect("RFC 3339");
                at.as_millisecond()
            });
            let mut notes: Vec<String> = one["reason"].as_str().map(str::to_owned).into_iter().collect();
            if one["path"].is_string() {
                notes.extend(one["env"].as_str().map(|name| format!("${name}")));
            }
            let mode = one["path"].as_str().and_then(|path| mode(&home.join(path)));
            if one["exposed"] == true {
                notes.push("readable by group or others".to_owned());
            }
            json!({
                "providerId": one["provider"],
                "kind": one["kind"],
                "source": one["origin"],
                "origin": origin,
                "entry": one["entry"],
                "state": one["state"],
                "expiresAt": expires_at,
                "account": null,
                "used": one["used"],
                "shadowedBy": one["shadowedBy"],
                "fileMode": mode,
                "note": (!notes.is_empty()).then(|| notes.join("; ")),
            })
        })
        .collect()
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(path).ok()?;
    let mode = metadata.permissions().mode();
    metadata.is_file().then(|| format!("{:04o}", mode & 0o7777))
}

#[cfg(not(unix))]
fn mode(_: &Path) -> Option<String> {
    None
}

/// The keys that `rows_of` has.
fn comparable(row: &Value) -> Value {
    let mut row = row.clone();
    let object = row.as_object_mut().expect("a row");
    for key in ["billerId", "scopes", "fingerprint"] {
        object.remove(key).unwrap_or_else(|| panic!("no {key}"));
    }
    row
}

#[test]
fn every_home_gives_exactly_its_credentials() {
    let mut seen = 0;
    for case in cases() {
        let expected = expected(&case);
        if expected["os"].as_str().unwrap_or("linux") != "linux" {
            continue;
        }
        let home = home_of(&case, &expected);
        let output = home
            .ttop()
            .envs(variables(&expected, &home.path()))
            .arg("creds")
            .output()
            .expect("runs");
        assert!(output.status.success(), "{}: {output:?}", case.display());
        let rows: Vec<Value> = String::from_utf8(output.stdout)
            .expect("UTF-8")
            .lines()
            .map(|line| comparable(&serde_json::from_str(line).expect("a row")))
            .collect();
        assert_eq!(rows, rows_of(&expected, &home.path()), "{}", case.display());
        seen += 1;
    }
    assert!(seen >= 19, "only {seen} homes");
}

#[test]
fn homes_of_other_systems_give_theirs() {
    let case = support::fixtures().join("credentials/copilot-windows");
    let expected = expected(&case);
    let home = home_of(&case, &expected);
    let env = variables(&expected, &home.path()).into_iter().collect();
    let mut system = System::new(Os::Windows, home.path(), env);
    system.now = 1_795_176_000_000;
    let wanted = ttop::providers::wanted(&ttop::providers::built_in());
    let holdings = ttop::credentials::find(&Search {
        system: &system,
        wanted: &wanted,
        keychain: None,
    });
    let found: Vec<_> = holdings
        .iter()
        .flat_map(|holding| {
            holding
                .credentials
                .iter()
                .enumerate()
                .map(move |(at, one)| (holding, at, one))
        })
        .map(|(holding, at, one)| {
            json!({
                "provider": one.provider_id,
                "path": one.origin.strip_prefix("~/"),
                "entry": one.entry,
                "state": one.state(system.now).name(),
                "used": holding.used == Some(at),
            })
        })
        .collect();
    let listed = expected["credentials"].as_array().expect("a list").iter();
    let truth: Vec<_> = listed
        .map(|one| {
            json!({
                "provider": one["provider"],
                "path": one["path"],
                "entry": one["entry"],
                "state": one["state"],
                "used": one["used"],
            })
        })
        .collect();
    assert_eq!(found, truth);
}

const LOGIN: &str =
    r#"{"claudeAiOauth":{"accessToken":"CANARY-a","expiresAt":1795199400000,"scopes":["user:profile"]}}"#;

/// Runs `ttop creds` with these flags: exit code and rows.
fn check(home: &Home, args: &[&str]) -> (Option<i32>, Vec<Value>) {
    let output = home.ttop().arg("creds").args(args).output().expect("runs");
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    let rows = stdout.lines().map(|line| serde_json::from_str(line).expect("a row"));
    (output.status.code(), rows.collect())
}

#[test]
fn a_row_has_every_key_in_its_order() {
    let home = Home::new();
    home.write(".claude/.credentials.json", LOGIN);
    let row = home.stdout(&["creds"]);
    let keys: Vec<_> = row
        .split('"')
        .filter(|part| row.contains(&format!("\"{part}\":")))
        .collect();
    assert_eq!(
        keys,
        [
            "providerId",
            "billerId",
            "kind",
            "source",
            "origin",
            "entry",
            "state",
            "expiresAt",
            "account",
            "scopes",
            "used",
            "shadowedBy",
            "fingerprint",
            "fileMode",
            "note"
        ]
    );
}

#[test]
#[cfg(unix)]
fn check_fails_for_what_is_in_use_and_expired_or_exposed() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    assert_eq!(check(&home, &["--check"]), (Some(0), Vec::new()));
    home.write(".claude/.credentials.json", LOGIN);
    let file = home.path().join(".claude/.credentials.json");
    let set = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("a mode");
    set(0o600);
    assert_eq!(check(&home, &["--check"]), (Some(0), Vec::new()));
    set(0o604);
    let (code, rows) = check(&home, &["--check"]);
    assert_eq!((code, rows.len()), (Some(3), 1));
    assert_eq!(rows[0]["note"], "readable by group or others");
    set(0o600);
    let late = home.at("2026-11-20T18:30:00Z");
    let (code, rows) = check(&late, &["--check"]);
    assert_eq!((code, &rows[0]["state"]), (Some(3), &json!("expired")));
    assert_eq!(check(&late, &["--check", "-q"]), (Some(3), Vec::new()));
}

#[test]
fn check_fails_for_a_provider_with_nothing_but_damage() {
    let home = Home::new();
    home.write(".codex/auth.json", "{");
    assert_eq!(check(&home, &["--check"]).0, Some(3));
    // A sound one beside it, and nothing is lost.
    home.write(
        ".local/share/opencode/auth.json",
        r#"{"openai":{"type":"oauth","access":"CANARY-b","expires":0}}"#,
    );
    #[cfg(unix)]
    set_modes(&home.path(), &home.path(), &Value::Null);
    assert_eq!(check(&home, &["--check"]), (Some(0), Vec::new()));
}

#[test]
fn an_mcp_only_file_is_no_failed_check() {
    let home = Home::of("credentials/claude-code-mcp-only/home");
    assert_eq!(check(&home, &["--check"]), (Some(0), Vec::new()));
}

#[test]
fn all_lists_what_is_missing_and_how_to_get_it() {
    let home = Home::new();
    home.write(".claude/.credentials.json", LOGIN);
    let rows = home.rows(&["creds", "--all"]);
    let openrouter = rows
        .iter()
        .find(|row| row["providerId"] == "openrouter")
        .expect("a row");
    assert_eq!(openrouter["state"], "missing");
    assert!(
        openrouter["note"]
            .as_str()
            .expect("a hint")
            .contains("OPENROUTER_API_KEY")
    );
    let ids: Vec<_> = rows
        .iter()
        .map(|row| row["providerId"].as_str().expect("an id"))
        .collect();
    assert!(ids.is_sorted());
    assert_eq!(ids.len(), ttop::providers::built_in().len());
}

#[test]
fn accounts_are_shown_on_request_only() {
    let home = Home::of("credentials/antigravity-accounts/home");
    let accounts = |args: &[&str]| -> Vec<Value> { home.rows(args).iter().map(|row| row["account"].clone()).collect() };
    assert_eq!(accounts(&["creds"]), [Value::Null, Value::Null]);
    assert_eq!(
        accounts(&["creds", "--accounts"]),
        ["two@example.com", "one@example.com"]
    );
}

#[test]
fn equal_secrets_have_equal_fingerprints_in_every_run() {
    let home = Home::new();
    let auth = r#"{"deepseek":{"type":"api","key":"CANARY-same"},"chutes":{"type":"api","key":"CANARY-same"}}"#;
    home.write(".local/share/opencode/auth.json", auth);
    let prints = || -> Vec<Value> {
        home.rows(&["creds"])
            .iter()
            .map(|row| row["fingerprint"].clone())
            .collect()
    };
    let first = prints();
    assert_eq!(first[0], first[1]);
    assert_eq!(first[0].as_str().map(str::len), Some(16));
    assert_eq!(prints(), first);
}

#[test]
#[cfg(unix)]
fn what_is_no_credential_file_is_malformed_and_hides_nothing() {
    let home = Home::new();
    home.write(".claude/.credentials.json", LOGIN);
    let root = home.path();
    std::os::unix::fs::symlink("auth.json", root.join("auth.json")).expect("a loop");
    home.write(".codex/x", "");
    std::os::unix::fs::symlink("auth.json", root.join(".codex/auth.json")).expect("a loop");
    home.write(".kimi-code/credentials/x", "");
    let pipe = root.join(".kimi-code/credentials/kimi-code.json");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .expect("mkfifo runs");
    assert!(made.success());
    home.write(".gemini/oauth_creds.json", "");
    let huge = std::fs::File::create(root.join(".gemini/oauth_creds.json")).expect("a file");
    huge.set_len(1 << 40).expect("a hole");
    home.write(".config/github-copilot/apps.json", "[".repeat(1 << 20));
    home.write(
        ".config/Cursor/User/globalStorage/state.vscdb",
        "SQLite format 3\0CANARY",
    );
    home.write(".config/opencode/opencode.jsonc", "{\"provider\": CANARY}");
    let rows = home.rows(&["creds"]);
    let seen: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["providerId"].as_str().expect("an id"),
                row["note"].as_str().unwrap_or(""),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("anthropic", "readable by group or others"),
            ("codex", "unreadable"),
            ("cursor", "unreadable; readable by group or others"),
            ("gemini", "unreadable; readable by group or others"),
            ("github-copilot", "invalid_json; readable by group or others"),
            ("kimi-for-coding", "unreadable"),
            ("opencode", "invalid_json; readable by group or others"),
        ]
    );
}

#[test]
fn an_override_stands_above_everything_and_names_its_variable() {
    let home = Home::new();
    home.write(".claude/.credentials.json", LOGIN);
    let output = home
        .ttop()
        .arg("creds")
        .env("TTOP_ANTHROPIC_TOKEN", "CANARY-t")
        .output()
        .expect("runs");
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    let rows: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a row"))
        .collect();
    assert_eq!(rows[0]["origin"], "$TTOP_ANTHROPIC_TOKEN");
    assert_eq!(
        (&rows[0]["used"], &rows[0]["source"], &rows[0]["kind"]),
        (&json!(true), &json!("env"), &json!("oauth"))
    );
    assert_eq!(rows[1]["shadowedBy"], "env");
}
