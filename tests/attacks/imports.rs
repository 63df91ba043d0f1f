//! Exports that others wrote: they add what is missing and change nothing that this machine read itself.

use crate::limited;
use crate::support::Home;
use serde_json::{Value, json};
use std::io::Write;

const HOMES: [&str; 4] = [
    "opencode/data/home",
    "agents/claude-code/made/home",
    "agents/codex/made/home",
    "agents/copilot-cli/segments/home",
];

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn export(home: &Home) -> String {
    home.stdout(&["ledger", "export"])
}

fn import(home: &Home, text: &str, args: &[&str]) -> String {
    home.write("import.ndjson", text);
    let all = [&["ledger", "import", "import.ndjson"], args].concat();
    let output = home.ttop().args(&all).output().expect("runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{all:?}: {stderr}");
    stderr
}

/// What reports say, without what depends on the time of the run.
fn reports(home: &Home) -> Vec<String> {
    [&["cost", "--by", "model,session"][..], &["sessions"], &["turns"]]
        .iter()
        .map(|args| home.stdout(&[args, &["--cost-from", "agent"][..]].concat()))
        .collect()
}

/// The lines with everything in them that could win, rename or move.
fn forged(text: &str) -> String {
    let mut forged = String::new();
    for mut line in lines(text) {
        line["tokens"] = json!([0, 0, 0, 0, 0]);
        line["cacheWrite1h"] = json!(0);
        line["costNanos"] = json!(1);
        line["rank"] = json!([u64::MAX, u64::MAX]);
        line["record"] = json!(0);
        line["counted"] = json!(true);
        line["supersedes"] = json!(line["segment"] != json!(0));
        if !line["session"].is_null() {
            let session = &mut line["session"];
            session["title"] = json!([255, i64::MAX, "INJECTED"]);
            session["project"] = json!([255, i64::MIN, "/injected"]);
            session["parentId"] = json!("injected");
            session["forkedFrom"] = json!("injected");
            session["interactive"] = json!(false);
            session["startedAt"] = json!(0);
            session["updatedAt"] = json!(4_000_000_000_000_i64);
        }
        forged.push_str(&format!("{line}\n"));
    }
    forged
}

#[test]
fn a_forged_import_changes_nothing_that_was_read_here() {
    for name in HOMES {
        let home = Home::of(name);
        home.stdout(&["sync"]);
        let before = reports(&home);
        import(&home, &forged(&export(&home)), &[]);
        assert_eq!(reports(&home), before, "{name}");
        home.stdout(&["ledger", "rebuild"]);
        assert_eq!(reports(&home), before, "{name}, rebuilt");
    }
}

#[test]
fn what_this_machine_reads_later_takes_the_place_of_a_forged_import() {
    for name in HOMES {
        let own = Home::of(name);
        own.stdout(&["sync"]);
        let home = Home::new();
        import(&home, &forged(&export(&own)), &[]);
        home.copy(name, "");
        assert_eq!(reports(&home), reports(&own), "{name}");
    }
}

#[test]
fn an_export_is_the_same_after_it_was_imported() {
    for name in HOMES {
        let home = Home::of(name);
        let first = export(&home);
        import(&home, &first, &["--name", "mine"]);
        assert_eq!(export(&home), first, "{name}: its own export adds nothing");
        let other = Home::new();
        import(&other, &first, &[]);
        assert_eq!(export(&other), first, "{name}: another machine tells the same");
        import(&home, &export(&other), &["--name", "other"]);
        assert_eq!(export(&home), first, "{name}: nor does what came back");
    }
}

#[test]
fn an_import_can_be_tried_and_taken_back() {
    let (home, other) = (Home::of("opencode/data/home"), Home::of("agents/claude-code/made/home"));
    home.stdout(&["sync"]);
    let before = (reports(&home), export(&home));
    let said = import(&home, &export(&other), &["--name", "laptop", "--dry-run"]);
    assert!(said.contains("would read"), "{said}");
    assert_eq!((reports(&home), export(&home)), before, "a trial keeps nothing");
    import(&home, &export(&other), &["--name", "laptop"]);
    assert_ne!(reports(&home), before.0);
    home.stdout(&["ledger", "forget", "--import", "laptop"]);
    assert_eq!((reports(&home), export(&home)), before);
    let unknown = home
        .ttop()
        .args(["ledger", "forget", "--import", "nobody"])
        .output()
        .expect("runs");
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn lines_that_no_ledger_wrote_are_named_and_the_others_are_taken() {
    let own = Home::of("agents/claude-code/made/home");
    let text = export(&own);
    let good = lines(&text);
    let with = |key: &str, value: Value| {
        let mut line = good[0].clone();
        line[key] = value;
        format!("{line}\n").into_bytes()
    };
    let bad: Vec<Vec<u8>> = vec![
        b"{\"a\": 1}\n".to_vec(),
        b"\xff\xfe\n".to_vec(),
        b"not JSON\n".to_vec(),
        vec![b'['; 100_000].into_iter().chain(*b"\n").collect(),
        vec![b'x'; 1 << 20].into_iter().chain(*b"\n").collect(),
        with("tokens", json!([u64::MAX, 0, 0, 0, 0])),
        with("tokens", json!([20_000_000_000_u64, 0, 0, 0, 0])),
        with("costNanos", json!(i64::MAX)),
        with("costNanos", json!(-1)),
        with("requests", json!(u32::MAX)),
        with("fees", json!(u64::MAX)),
        with("region", json!(9)),
        with("timestamp", json!(i64::MAX)),
        with("timestamp", json!(-1)),
        with("turnId", json!("no number")),
        with("mode", json!(200)),
        with("sessionId", json!("a\u{1b}[31m")),
        with("modelId", json!("m".repeat(5000))),
        with("agentId", json!("")),
    ];
    for line in &bad {
        let home = Home::new();
        let mut file = std::fs::File::create(home.path().join("in")).expect("a file");
        file.write_all(text.as_bytes()).expect("written");
        file.write_all(line).expect("written");
        file.write_all(text.as_bytes()).expect("written");
        let output = limited(&home).args(["ledger", "import", "in"]).output().expect("runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let shown = String::from_utf8_lossy(&line[..line.len().min(60)]).into_owned();
        assert!(output.status.success(), "{shown}: {stderr}");
        assert!(stderr.contains(&format!("in:{}", good.len() + 1)), "{shown}: {stderr}");
        assert!(!stderr.contains("struct") && !stderr.contains("elements"), "{stderr}");
        assert_eq!(export(&home), text, "{shown}");
    }
}

#[test]
fn an_endless_stream_is_no_export() {
    let home = Home::new();
    for (program, arguments) in [("cat", "/dev/zero"), ("yes", "{}"), ("yes", "x")] {
        let binary = assert_cmd::cargo::cargo_bin("ttop");
        let script = format!("{program} {arguments} | \"$0\" ledger import - --name x");
        let mut command = assert_cmd::Command::new("sh");
        command
            .args(["-c", &format!("ulimit -v 1500000; {script}")])
            .arg(binary)
            .timeout(crate::LIMIT);
        home.surround(&mut command);
        let output = command.output().expect("runs");
        assert_eq!(
            output.status.code(),
            Some(1),
            "{program}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
