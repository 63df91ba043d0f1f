//! docs/configuration.md: every key of the configuration with its values, its default and its purpose.

use super::schema::{Key, Node, keys};
use std::fmt::Write;

const HEAD: &str = include_str!("page.md");

/// The reference page of the keys.
pub fn page() -> String {
    let mut text = HEAD.to_owned();
    let (idle, used): (Vec<Key>, Vec<Key>) = keys().into_iter().partition(|key| key.node.has_no_effect());
    text.push_str("\n## Keys\n");
    let mut group = None;
    for key in &used {
        let (first, _) = key.path.split_once('.').unwrap_or((&key.path, ""));
        if group != Some(first) {
            let _ = write!(
                text,
                "\n### {first}\n\n| key | value | default | purpose |\n| --- | --- | --- | --- |\n"
            );
            group = Some(first);
        }
        row(&mut text, &key.path, key.node, key.about);
        let object = key.node.item().filter(|item| item.is_group());
        for (name, node) in object.into_iter().flat_map(Node::children) {
            row(&mut text, &format!("{}[].{name}", key.path), node, node.about());
        }
    }
    text.push_str("\n## Keys without effect\n\nttop accepts these keys of TokenTop and ignores them.\n\n");
    text.push_str("| key | value | default |\n| --- | --- | --- |\n");
    for key in &idle {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} |",
            key.path,
            key.node.meaning(),
            default(key.node)
        );
    }
    text
}

fn row(text: &mut String, path: &str, node: Node, about: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "| `{path}` | {} | {} | {about} |", node.meaning(), default(node));
}

fn default(node: Node) -> String {
    node.default()
        .filter(|value| !value.is_null())
        .map(|value| format!("`{value}`"))
        .unwrap_or_default()
}
