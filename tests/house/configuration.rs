//! docs/configuration.md and the JSON Schema of the configuration: both derive from the settings.

use crate::support::{self, Home};
use std::path::Path;
use ttop::system::config::page;
use ttop::system::config::schema::keys;

#[test]
fn the_page_of_keys_is_as_committed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    support::same_as_committed(&path, page().as_bytes());
}

#[test]
fn the_schema_describes_every_key() {
    let home = Home::new();
    let schema: serde_json::Value = serde_json::from_str(&home.stdout(&["schema", "config"])).expect("JSON");
    for key in keys() {
        let node = key
            .path
            .split('.')
            .fold(&schema, |node, name| match &node["properties"][name] {
                serde_json::Value::Null => &node["additionalProperties"],
                named => named,
            });
        assert!(!node.is_null(), "{}", key.path);
    }
    let output = home
        .ttop()
        .args(["schema", "config", "--as", "nu"])
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn init_writes_the_schema_that_the_file_names() {
    let home = Home::new();
    home.stdout(&["config", "init"]);
    let folder = home.path().join(".config/tokentop");
    let text = std::fs::read_to_string(folder.join("config.json")).expect("the file");
    assert!(text.contains("\"$schema\": \"./config.schema.json\""), "{text}");
    let schema = std::fs::read_to_string(folder.join("config.schema.json")).expect("the schema");
    assert_eq!(schema, home.stdout(&["schema", "config"]));
    let output = home.ttop().args(["config", "show"]).output().expect("runs");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("warning"));
}
