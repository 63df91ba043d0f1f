//! The content of a message as several agents write it: a text, or blocks of text, calls and results.

use crate::agents::shared::lenient::{Text, part};
use serde::Deserialize;
use serde_json::value::RawValue;

/// `{"type":"tool_use","id":"toolu_1","name":"Bash",…}`, `{"type":"tool_result","tool_use_id":"toolu_1",…}`, `{"type":"text","text":…}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Block<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    #[serde(borrow)]
    pub tool_use_id: Option<Text<'a>>,
}

/// The blocks of a content; a plain text is one block.
pub fn blocks(content: Option<&RawValue>) -> Vec<Block<'_>> {
    let Some(first) = content.and_then(|content| content.get().bytes().next()) else {
        return Vec::new();
    };
    match first {
        b'"' => vec![Block {
            text: part::<Text>(content),
            ..Block::default()
        }],
        b'{' => part::<Block>(content).into_iter().collect(),
        _ => part::<Vec<&RawValue>>(content)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|item| part(Some(item)))
            .collect(),
    }
}

/// The text of the blocks, one per line.
pub fn text_of(blocks: &[Block<'_>]) -> String {
    let texts: Vec<&str> = blocks
        .iter()
        .filter_map(|block| block.text.as_deref())
        .filter(|text| !text.trim().is_empty())
        .collect();
    texts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_text_and_blocks() {
        let raw: &RawValue = serde_json::from_str(r#""hello""#).expect("JSON");
        assert_eq!(text_of(&blocks(Some(raw))), "hello");
        let list =
            r#"[{"type":"text","text":"one"},7,{"type":"tool_use","id":"t","name":"Bash"},{"text":"two \ud83d"}]"#;
        let raw: &RawValue = serde_json::from_str(list).expect("JSON");
        let found = blocks(Some(raw));
        assert_eq!(text_of(&found), "one\ntwo \u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(found[1].name.as_deref(), Some("Bash"));
        assert!(blocks(None).is_empty());
    }
}
