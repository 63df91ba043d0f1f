//! Gemini CLI's `oauth_creds.json`, and the login method in its settings.

use super::Search;
use super::file::{CredentialFile, Object, expiry, owned, secret, text};
use crate::core::credential::{Content, Credential, Details, Fault, Kind, Rank};
use serde_json::Value;
use std::path::Path;

const PROVIDER: &str = "gemini";
const SOURCE: &str = "gemini-cli";

pub(super) fn find(search: &Search<'_>, found: &mut Vec<Credential>) {
    let system = search.system;
    let home = system
        .path_var("GEMINI_CLI_HOME")
        .unwrap_or_else(|| system.home.clone());
    let folder = home.join(".gemini");
    let Some(file) = CredentialFile::read(&folder.join("oauth_creds.json"), system) else {
        // Newer versions keep an encrypted store instead: there, and not for others to read.
        if let Some(store) = CredentialFile::read(&folder.join("gemini-credentials.json"), system) {
            let content = Content::Malformed(Fault::Unreadable);
            found.push(Credential {
                is_fault: false,
                note: Some("encrypted by gemini".to_owned()),
                ..store.credential(PROVIDER, Kind::Oauth, SOURCE, Rank::Tool, content)
            });
        }
        return;
    };
    let root = match file.object(PROVIDER, Kind::Oauth, SOURCE, Rank::Tool) {
        Ok(root) => root,
        Err(malformed) => return found.push(*malformed),
    };
    let content = Content::of(secret(root, "access_token"), text(root, "refresh_token").is_some());
    let scopes = text(root, "scope").unwrap_or_default().split_whitespace();
    found.push(Credential {
        entry: Some("access_token".to_owned()),
        expires_at: expiry(root, "expiry_date", 1),
        scopes: scopes.map(str::to_owned).collect(),
        details: Details {
            auth_type: read_auth_type(&folder, search),
            ..Details::default()
        },
        ..file.credential(PROVIDER, Kind::Oauth, SOURCE, Rank::Tool, content)
    });
}

/// `security.auth.selectedType`, or the flat key of older versions.
fn read_auth_type(folder: &Path, search: &Search<'_>) -> Option<String> {
    let settings: Object = CredentialFile::read(&folder.join("settings.json"), search.system)?
        .root
        .ok()?;
    let nested = settings.get("security")?.get("auth").and_then(Value::as_object);
    nested
        .and_then(|auth| owned(auth, "selectedType"))
        .or_else(|| owned(&settings, "selectedAuthType"))
}
