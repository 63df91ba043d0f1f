//! The accounts that OpenCode's Antigravity plugin keeps; only the active one is ever used.

use super::Search;
use super::file::{CredentialFile, expiry, owned, secret, text};
use crate::core::credential::{Content, Credential, Details, Fault, Kind, Rank};
use serde_json::{Map, Value};

const PROVIDER: &str = "antigravity";
const SOURCE: &str = "antigravity-accounts";

pub(super) fn find(search: &Search<'_>, found: &mut Vec<Credential>) {
    let path = search.system.config_dir().join("opencode/antigravity-accounts.json");
    let Some(file) = CredentialFile::read(&path, search.system) else {
        return;
    };
    let root = match file.object(PROVIDER, Kind::Oauth, SOURCE, Rank::Tool) {
        Ok(root) => root,
        Err(malformed) => return found.push(*malformed),
    };
    let Some(accounts) = root.get("accounts").and_then(Value::as_array) else {
        let content = Content::Malformed(Fault::MissingSecret);
        return found.push(Credential {
            entry: Some("accounts".to_owned()),
            ..file.credential(PROVIDER, Kind::Oauth, SOURCE, Rank::Tool, content)
        });
    };
    // Out of range means the first, as the plugin has it.
    let active = root.get("activeIndex").and_then(Value::as_u64).unwrap_or(0) as usize;
    let active = if active < accounts.len() { active } else { 0 };
    let mut order: Vec<usize> = (0..accounts.len()).collect();
    order.sort_by_key(|at| *at != active);
    let empty = Map::new();
    for at in order {
        let account = accounts[at].as_object().unwrap_or(&empty);
        found.push(Credential {
            entry: Some(format!("accounts[{at}]")),
            is_candidate: at == active,
            ..login(&file, account)
        });
    }
}

fn login(file: &CredentialFile, account: &Map<String, Value>) -> Credential {
    let content = Content::of(secret(account, "accessToken"), text(account, "refreshToken").is_some());
    Credential {
        expires_at: expiry(account, "expiresAt", 1),
        account: owned(account, "email"),
        details: Details {
            project_id: owned(account, "managedProjectId"),
            ..Details::default()
        },
        ..file.credential(PROVIDER, Kind::Oauth, SOURCE, Rank::Tool, content)
    }
}
