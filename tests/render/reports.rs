//! Reports in the words of ccusage, and projects by name and place.

use super::*;

#[test]
fn ccusage_reports_are_those_of_ccusage() {
    let home = Home::new();
    let report = |by: &str| -> Value {
        let text = home.stdout(&["cost", "--demo", "--by", by, "-o", "ccusage"]);
        serde_json::from_str(&text).expect("JSON")
    };
    let keys = |value: &Value| -> Vec<String> {
        let mut keys: Vec<_> = value.as_object().expect("an object").keys().cloned().collect();
        keys.sort();
        keys
    };
    let daily = report("day");
    assert_eq!(
        keys(&daily["daily"][0]).join(" "),
        "agent cacheCreationTokens cacheReadTokens inputTokens metadata modelBreakdowns modelsUsed outputTokens period \
         totalCost totalTokens"
    );
    assert_eq!(
        keys(&daily["daily"][0]["modelBreakdowns"][0]).join(" "),
        "cacheCreationTokens cacheReadTokens cost inputTokens modelName outputTokens"
    );
    let days = home.rows(&["cost", "--demo", "--by", "day"]);
    assert_eq!(daily["daily"].as_array().map(Vec::len), Some(days.len()));
    for (mine, theirs) in days.iter().zip(daily["daily"].as_array().expect("days")) {
        assert_eq!(mine["period"], theirs["period"]);
        // Without a price ccusage prints 0.
        assert_eq!(
            mine["cost"].as_f64().unwrap_or(0.0),
            theirs["totalCost"].as_f64().expect("a number")
        );
        assert_eq!(mine["totalTokens"], theirs["totalTokens"]);
    }
    assert_eq!(
        report("week")["weekly"][0]["period"].as_str().map(str::len),
        Some("2026-11-16".len())
    );
    assert_eq!(
        report("month")["monthly"][0]["period"].as_str().map(str::len),
        Some("2026-11".len())
    );
    let sessions = report("session");
    assert_eq!(sessions["totals"], daily["totals"]);
    assert!(sessions["session"][0]["metadata"]["lastActivity"].is_string());
    for args in [&["--by", "model"][..], &["--by", "day", "--fields", "cost"]] {
        failure(&home, &[&["cost", "--demo", "-o", "ccusage"], args].concat(), 2);
    }
}

#[test]
fn a_named_project_counts_its_paths_as_one() {
    let home = home();
    let projects = |home: &Home| -> Vec<Value> {
        home.rows(&["cost", "--by", "project"])
            .into_iter()
            .map(|row| json!([row["projectPath"], row["turns"]]))
            .collect()
    };
    assert_eq!(projects(&home).len(), 2);
    home.write(
        ".config/tokentop/config.json",
        r#"{"projects": {"acme": ["/home/dev/acme-api", "/home/dev/clients/acme"]}}"#,
    );
    assert_eq!(projects(&home), [json!(["/home/dev/acme-api", 4])]);
    for project in ["acme", "/home/dev/acme-api", "/home/dev/clients/acme"] {
        assert_eq!(home.rows(&["turns", "--project", project]).len(), 4, "{project}");
    }
    assert_eq!(
        home.rows(&["turns", "--project", "/home/dev/clients/acme/backend"])
            .len(),
        1
    );
}

#[test]
fn the_project_of_this_directory_is_the_nearest_known_one() {
    let home = home();
    let at = |folder: &str| {
        let path = home.path().join(folder);
        std::fs::create_dir_all(&path).expect("a folder");
        let output = home
            .ttop()
            .current_dir(path)
            .args(["turns", "--project", "."])
            .output()
            .expect("runs");
        assert!(output.status.success());
        output.stdout.iter().filter(|&&byte| byte == b'\n').count()
    };
    let root = home.path().join("app");
    let record = json!({"type": "assistant", "sessionId": "dddd-4", "cwd": root, "timestamp": "2026-11-20T10:00:00.000Z",
        "uuid": "u", "isSidechain": false, "requestId": "r", "message": {"id": "m", "role": "assistant",
        "model": "claude-opus-4-6", "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 1}}});
    home.write(".claude/projects/-app/dddd-4.jsonl", format!("{record}\n"));
    assert_eq!(at("app"), 1);
    assert_eq!(at("app/src/deep"), 1);
    assert_eq!(at("application"), 0);
}
