//! Kimi Code CLI's login.

use super::Search;
use super::file::{CredentialFile, expiry, secret, text};
use crate::core::credential::{Content, Credential, Kind, Rank};

const PROVIDER: &str = "kimi-for-coding";
const SOURCE: &str = "kimi-cli";

pub(super) fn find(search: &Search<'_>, found: &mut Vec<Credential>) {
    let system = search.system;
    let folder = system
        .path_var("KIMI_CODE_HOME")
        .unwrap_or_else(|| system.home.join(".kimi-code"));
    let Some(file) = CredentialFile::read(&folder.join("credentials/kimi-code.json"), system) else {
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
        // Seconds here, unlike everywhere else.
        expires_at: expiry(root, "expires_at", 1000),
        scopes: scopes.map(str::to_owned).collect(),
        ..file.credential(PROVIDER, Kind::Oauth, SOURCE, Rank::Tool, content)
    });
}
