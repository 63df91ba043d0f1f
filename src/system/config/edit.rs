//! Changing one value in a config's text: comments, order and everything else stay as they were.

use super::schema::FLAT;
use crate::system::jsonc::{Mistake, options, parse_tree};
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use serde_json::Value;

/// The text with a value at a path.
///
/// # Errors
/// When the text is not JSON, or something on the way is no object.
pub fn set(text: &str, path: &[&str], value: &Value) -> Result<String, Mistake> {
    let root = parse(text)?;
    let whole = root.object_value_or_create().ok_or_else(|| blocked(path))?;
    let (name, parents) = path.split_last().ok_or_else(|| blocked(path))?;
    // Where only the flat spelling is there, that one is changed: two of them would be a riddle.
    if let Some(flat) = flat_of(path)
        && let Some(property) = whole.get(flat)
        && find(&whole, path).is_none()
    {
        property.set_value(input(value));
        return Ok(root.to_string());
    }
    let mut object = whole;
    for parent in parents {
        // A group that is no object is a mistake, which this repairs.
        if let Some(property) = object.get(parent)
            && property.object_value().is_none()
        {
            property.set_value(CstInputValue::Object(Vec::new()));
        }
        object = object.object_value_or_create(parent).ok_or_else(|| blocked(path))?;
    }
    match object.get(name) {
        Some(property) => property.set_value(input(value)),
        None => drop(object.append(name, input(value))),
    }
    Ok(root.to_string())
}

/// The text without the value at a path; `None` when there is none.
///
/// # Errors
/// When the text is not JSON.
pub fn unset(text: &str, path: &[&str]) -> Result<Option<String>, Mistake> {
    let root = parse(text)?;
    let Some(whole) = root.object_value() else {
        return Ok(None);
    };
    let property = |object: &CstObject, name: &str| object.get(name);
    let mut is_found = false;
    if let Some((name, parents)) = path.split_last()
        && let Some(object) = parents
            .iter()
            .try_fold(whole.clone(), |object, name| object.object_value(name))
        && let Some(property) = property(&object, name)
    {
        property.remove();
        is_found = true;
    }
    if let Some(property) = flat_of(path).and_then(|flat| whole.get(flat)) {
        property.remove();
        is_found = true;
    }
    Ok(is_found.then(|| root.to_string()))
}

fn parse(text: &str) -> Result<CstRootNode, Mistake> {
    // For its words and place of a mistake.
    parse_tree(text)?;
    CstRootNode::parse(text, &options()).map_err(|error| Mistake {
        line: error.line_display(),
        column: error.column_display(),
        reason: "not JSON".to_owned(),
    })
}

fn find(root: &CstObject, path: &[&str]) -> Option<()> {
    let (name, parents) = path.split_last()?;
    let object = parents
        .iter()
        .try_fold(root.clone(), |object, name| object.object_value(name))?;
    object.get(name).map(drop)
}

fn flat_of(path: &[&str]) -> Option<&'static str> {
    let path = path.join(".");
    FLAT.iter().find(|(_, known)| *known == path).map(|(flat, _)| *flat)
}

fn blocked(path: &[&str]) -> Mistake {
    Mistake {
        line: 1,
        column: 1,
        reason: format!("cannot set {}: a parent key is not an object", path.join(".")),
    }
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(list) => CstInputValue::Array(list.iter().map(input).collect()),
        Value::Object(map) => {
            CstInputValue::Object(map.iter().map(|(name, value)| (name.clone(), input(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TEXT: &str = "// mine\n{\n  // money\n  \"budgets\": {\n    \"daily\": 5, // a lot\n  },\n}\n";

    #[test]
    fn one_value_changes_and_comments_stay() {
        let text = set(TEXT, &["budgets", "daily"], &json!(20)).expect("edited");
        assert_eq!(text, TEXT.replace("5,", "20,"));
        let text = set(TEXT, &["budgets", "weekly"], &json!(50.5)).expect("edited");
        let expected =
            "// mine\n{\n  // money\n  \"budgets\": {\n    \"daily\": 5, // a lot\n    \"weekly\": 50.5,\n  },\n}\n";
        assert_eq!(text, expected);
        let text = set(TEXT, &["billing", "claude-code"], &json!("plan")).expect("edited");
        assert!(text.starts_with(&TEXT[..TEXT.len() - 3]), "{text}");
        assert_eq!(
            crate::system::jsonc::parse(&text).expect("JSON")["billing"],
            json!({"claude-code": "plan"})
        );
    }

    #[test]
    fn an_empty_file_becomes_an_object() {
        for text in ["", "{}", "// later\n"] {
            let edited = set(text, &["offline"], &json!(true)).expect("edited");
            assert_eq!(
                crate::system::jsonc::parse(&edited),
                Ok(json!({"offline": true})),
                "{edited}"
            );
            assert!(edited.contains("later") == text.contains("later"));
        }
    }

    #[test]
    fn unset_takes_the_value_away_and_leaves_the_rest() {
        let text = unset(TEXT, &["budgets", "daily"])
            .expect("edited")
            .expect("it was there");
        assert_eq!(crate::system::jsonc::parse(&text), Ok(json!({"budgets": {}})));
        assert!(text.contains("// money") && text.contains("// mine"), "{text}");
        assert_eq!(unset(TEXT, &["budgets", "weekly"]), Ok(None));
        assert_eq!(unset("", &["budgets", "weekly"]), Ok(None));
    }

    #[test]
    fn a_flat_key_is_changed_where_it_stands() {
        let text = "{\"theme\": \"nord\"}";
        let path = ["display", "theme"];
        assert_eq!(
            set(text, &path, &json!("dracula")).as_deref(),
            Ok("{\"theme\": \"dracula\"}")
        );
        let gone = unset(text, &path).expect("edited").expect("it was there");
        assert_eq!(crate::system::jsonc::parse(&gone), Ok(json!({})));
    }

    #[test]
    fn a_group_that_is_no_object_becomes_one() {
        let text = set("{\"budgets\": 5}", &["budgets", "daily"], &json!(1)).expect("edited");
        let edited = crate::system::jsonc::parse(&text);
        assert_eq!(edited, Ok(json!({"budgets": {"daily": 1}})));
    }

    #[test]
    fn a_file_that_is_no_object_is_not_overwritten() {
        assert!(set("[]", &["offline"], &json!(true)).is_err());
        assert!(set("{", &["offline"], &json!(true)).is_err());
    }
}
