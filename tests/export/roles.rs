//! The roles of docs/scale.md in ClickHouse: an export works with the rights of a machine, and these allow nothing else.

use crate::stores::{ClickHouse, skip};
use crate::support::Home;
use crate::support::claude_code::claude_reply;
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs statements in ClickHouse's Python package, as a user with the rights of a configuration; prints for each its
/// result, or nothing but the code of its error.
const PROGRAM: &str = r#"
import chdb, json, re, sys
connection = chdb.connect(sys.argv[1] + '?config-file=' + sys.argv[2])
for line in sys.stdin:
    try:
        print(json.dumps(str(connection.query(json.loads(line), 'CSV')).strip()))
    except Exception as error:
        print(json.dumps({'denied': re.search(r'\(([A-Z_]+)\)', str(error)).group(1)}))
"#;

/// A line of SQL in the page, from its first words.
fn documented(beginning: &str) -> String {
    let page = include_str!("../../docs/scale.md");
    let line = page.lines().find(|line| line.starts_with(beginning));
    line.unwrap_or_else(|| panic!("docs/scale.md has no line '{beginning}'"))
        .trim_end_matches(';')
        .to_owned()
}

/// A configuration with one user, who has these rights and may see these rows of `turns`.
fn configuration(dir: &Path, name: &str, grant: &str, filter: &str) -> String {
    let users = dir.join(format!("{name}-users.xml"));
    let text = format!(
        "<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users><default><password></password>\
         <networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>\
         <grants><query>{grant}</query></grants>\
         <databases><team><turns><filter>{filter}</filter></turns></team></databases></default></users></clickhouse>"
    );
    std::fs::write(&users, text).expect("written");
    let config = dir.join(format!("{name}.xml"));
    let text = format!(
        "<clickhouse><user_directories><users_xml><path>{}</path></users_xml></user_directories></clickhouse>",
        users.display()
    );
    std::fs::write(&config, text).expect("written");
    config.display().to_string()
}

fn run(dir: &Path, config: &str, statements: &[&str]) -> Vec<Value> {
    let mut child = Command::new("python3")
        .args(["-c", PROGRAM])
        .arg(dir.join("data"))
        .arg(config)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("runs");
    let mut stdin = child.stdin.take().expect("stdin");
    for statement in statements {
        writeln!(stdin, "{}", Value::from(*statement)).expect("read");
    }
    drop(stdin);
    let output = child.wait_with_output().expect("ended");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn a_machine_exports_with_the_documented_rights_and_has_no_others() {
    if !ClickHouse::is_installed() {
        return skip("no Python package chdb");
    }
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    let grant = documented("grant select, insert");
    let grant = grant
        .strip_suffix(" to machine")
        .expect("a grant to machines")
        .to_uppercase();
    let grant = grant.replace("TEAM.*", "team.*");
    let own = documented("create row policy own");
    let own = own
        .split_once(" using ")
        .and_then(|(_, rest)| rest.strip_suffix(" to machine"))
        .expect("a filter");
    assert_eq!(own, "exported_by = currentUser()");

    let home = Home::new();
    let first = home.stdout(&["--demo", "export", "clickhouse", "--host", "one"]);
    let session = "11111111-0000-4000-8000-000000000001";
    home.write(
        &format!(".claude/projects/-w/{session}.jsonl"),
        claude_reply(session, "msg_1", 20),
    );
    let second = home.stdout(&["export", "clickhouse", "--host", "two"]);
    let turns = home.rows(&["--demo", "turns"]).len().to_string();

    let admin = configuration(dir, "admin", "GRANT ALL ON *.*", "1");
    assert_eq!(run(dir, &admin, &["create database team"]).len(), 1);
    // The user of the package has one name; the filter has the machine's in its place.
    let one = configuration(dir, "one", &grant, "exported_by = 'one'");
    let count = "select count() from turns final";
    let done = run(dir, &one, &["use team", &first, &first, count]);
    assert_eq!(done, ["", "", "", turns.as_str()].map(Value::from));
    let two = configuration(dir, "two", &grant, "exported_by = 'two'");
    let done = run(
        dir,
        &two,
        &[
            "use team",
            &second,
            "select distinct exported_by from turns",
            "drop table turns",
            "alter table turns drop column host",
            "truncate table turns",
            "create database other",
        ],
    );
    assert_eq!(done[..3], ["", "", "\"two\""].map(Value::from));
    for denied in &done[3..] {
        assert_eq!(denied["denied"], "ACCESS_DENIED", "{done:?}");
    }
    let grant = documented("grant select on team.turns").replace(" to analyst", "");
    let analyst = configuration(dir, "analyst", &grant, "1");
    let done = run(
        dir,
        &analyst,
        &[
            "use team",
            "select uniqExact(exported_by) from turns",
            "select count() from sessions",
        ],
    );
    assert_eq!(done[1], "2", "{done:?}");
    assert_eq!(done[2]["denied"], "ACCESS_DENIED", "{done:?}");
}
