//! Claude Code's login: the macOS keychain, else `.credentials.json` in its config folder.

use super::file::{CredentialFile, Object, expiry, owned, secret, text};
use super::{KeychainItem, Search};
use crate::core::credential::{Content, Credential, Details, Fault, Kind, Rank};
use crate::system::{Os, System};
use serde_json::Value;
use std::path::PathBuf;

const PROVIDER: &str = "anthropic";
const SOURCE: &str = "claude-code";
const ENTRY: &str = "claudeAiOauth";
const SERVICE: &str = "Claude Code-credentials";

pub(super) fn find(search: &Search<'_>, found: &mut Vec<Credential>) {
    let system = search.system;
    if system.os == Os::MacOs {
        found.extend(search.keychain.and_then(|keychain| of_keychain(keychain(SERVICE))));
    }
    for path in folders(system) {
        let Some(file) = CredentialFile::read(&path.join(".credentials.json"), system) else {
            continue;
        };
        // On macOS the keychain is the store; the migration leaves an empty file behind.
        let is_left_over = system.os == Os::MacOs && file.is_empty;
        found.push(if is_left_over {
            file.credential(PROVIDER, Kind::Oauth, SOURCE, Rank::Tool, Content::Missing)
        } else {
            of_file(&file)
        });
    }
}

/// `$CLAUDE_CONFIG_DIR` may list several, each the config folder or its `projects`.
fn folders(system: &System) -> Vec<PathBuf> {
    let Some(listed) = system.var("CLAUDE_CONFIG_DIR") else {
        return vec![system.home.join(".claude")];
    };
    let folder = |text: &str| {
        let path = system.expand(text);
        if path.ends_with("projects") {
            path.parent().map_or(path.clone(), PathBuf::from)
        } else {
            path
        }
    };
    listed
        .split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(folder)
        .collect()
}

fn of_keychain(item: KeychainItem) -> Option<Credential> {
    let root = match item {
        KeychainItem::Absent => return None,
        KeychainItem::Refused => Err(Fault::Unreadable),
        KeychainItem::Found(bytes) => Object::parse(&zeroize::Zeroizing::new(bytes)),
    };
    Some(of_file(&CredentialFile {
        origin: format!("keychain:{SERVICE}"),
        mode: None,
        is_empty: false,
        root,
    }))
}

fn of_file(file: &CredentialFile) -> Credential {
    let root = match file.object(PROVIDER, Kind::Oauth, SOURCE, Rank::Tool) {
        Ok(root) => root,
        Err(malformed) => return *malformed,
    };
    let Some(login) = root.get(ENTRY).and_then(Value::as_object) else {
        // Logins of MCP servers alone: `{"mcpOAuth": {…}}`. Nothing is wrong with that.
        let content = Content::Malformed(Fault::MissingSecret);
        return Credential {
            entry: Some(ENTRY.to_owned()),
            is_fault: !root.contains_key("mcpOAuth"),
            ..file.credential(PROVIDER, Kind::Oauth, SOURCE, Rank::Tool, content)
        };
    };
    let content = Content::of(secret(login, "accessToken"), text(login, "refreshToken").is_some());
    let scopes = login.get("scopes").and_then(Value::as_array).into_iter().flatten();
    Credential {
        entry: Some(ENTRY.to_owned()),
        expires_at: expiry(login, "expiresAt", 1),
        scopes: scopes.filter_map(Value::as_str).map(str::to_owned).collect(),
        details: Details {
            subscription_type: owned(login, "subscriptionType"),
            rate_limit_tier: owned(login, "rateLimitTier"),
            ..Details::default()
        },
        ..file.credential(PROVIDER, Kind::Oauth, SOURCE, Rank::Tool, content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::credential::State;
    use std::collections::BTreeMap;

    fn on_mac(home: &std::path::Path, keychain: super::super::Keychain<'_>) -> Vec<Credential> {
        let system = System::new(Os::MacOs, home, BTreeMap::new());
        let mut found = Vec::new();
        let search = Search {
            system: &system,
            wanted: &[],
            keychain: Some(keychain),
        };
        find(&search, &mut found);
        found
    }

    #[test]
    fn the_keychain_comes_before_the_file_and_an_empty_file_is_missing() {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(home.path().join(".claude")).expect("a folder");
        std::fs::write(home.path().join(".claude/.credentials.json"), "").expect("written");
        let found = on_mac(home.path(), &|service| {
            assert_eq!(service, "Claude Code-credentials");
            KeychainItem::Found(br#"{"claudeAiOauth":{"accessToken":"t","expiresAt":5}}"#.to_vec())
        });
        assert_eq!(found[0].origin, "keychain:Claude Code-credentials");
        assert_eq!((found[0].state(4), found[1].state(4)), (State::Valid, State::Missing));
    }

    #[test]
    fn a_refused_keychain_is_unreadable_and_an_absent_item_nothing() {
        let home = tempfile::tempdir().expect("a folder");
        let refused = on_mac(home.path(), &|_| KeychainItem::Refused);
        assert!(matches!(refused[0].content, Content::Malformed(Fault::Unreadable)));
        assert!(on_mac(home.path(), &|_| KeychainItem::Absent).is_empty());
    }
}
