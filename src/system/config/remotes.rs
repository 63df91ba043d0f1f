//! `remotes` of the configuration: checks names and addresses.

use crate::system::http::reach_of;
use serde_json::Value;

/// # Errors
/// What is wrong with the list or one of its remotes.
pub fn check(value: &Value) -> Result<(), String> {
    let remotes = value.as_array().ok_or("must be a list of remotes")?;
    let mut names: Vec<&str> = Vec::new();
    for (at, remote) in remotes.iter().enumerate() {
        let wrong = |reason: String| format!("has a mistake in remote {}: {reason}", at + 1);
        let remote = remote
            .as_object()
            .ok_or_else(|| wrong("it must be an object".to_owned()))?;
        let text = |key: &str| remote.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(key) = remote
            .keys()
            .find(|key| !["name", "url", "passwordFile"].contains(&key.as_str()))
        {
            return Err(wrong(format!("unknown key '{key}'")));
        }
        let name = text("name").ok_or_else(|| wrong("it needs a name".to_owned()))?;
        if names.contains(&name) {
            return Err(wrong(format!("there are two remotes named '{name}'")));
        }
        names.push(name);
        let url = text("url").ok_or_else(|| wrong("it needs a url".to_owned()))?;
        if reach_of(url).is_none() || url.contains(['?', '#']) {
            return Err(wrong(
                "its url must be https, or http on this machine, without a user name or a query".to_owned(),
            ));
        }
        if remote.contains_key("passwordFile") && text("passwordFile").is_none() {
            return Err(wrong("passwordFile must be a path".to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn remotes_have_a_name_and_an_address_that_may_be_asked() {
        let good = json!([{"name": "build", "url": "http://127.0.0.1:8391"}, {"name": "b", "url": "https://b.example", "passwordFile": "~/p"}]);
        assert_eq!(check(&good), Ok(()));
        for wrong in [
            json!({}),
            json!([1]),
            json!([{"name": "a"}]),
            json!([{"url": "https://a.example"}]),
            json!([{"name": "a", "url": "http://a.example"}]),
            json!([{"name": "a", "url": "https://user@a.example"}]),
            json!([{"name": "a", "url": "ftp://a.example"}]),
            json!([{"name": "a", "url": "https://a.example/?token=x"}]),
            json!([{"name": "a", "url": "https://a.example", "password": "x"}]),
            json!([{"name": "a", "url": "https://a.example", "passwordFile": 1}]),
            json!([{"name": "a", "url": "https://a.example"}, {"name": "a", "url": "https://b.example"}]),
        ] {
            assert!(check(&wrong).is_err(), "{wrong}");
        }
    }
}
