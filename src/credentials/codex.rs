//! Codex CLI's `auth.json`: a ChatGPT login, and the API key that belongs to the API provider.

use super::file::{CredentialFile, expiry, owned, secret, text};
use super::{Search, jwt};
use crate::core::credential::{Content, Credential, Details, Kind, Rank};
use serde_json::{Map, Value};

const PLAN: &str = "codex";
const API: &str = "openai-api";
const SOURCE: &str = "codex-cli";

pub(super) fn find(search: &Search<'_>, found: &mut Vec<Credential>) {
    let system = search.system;
    let folder = system
        .path_var("CODEX_HOME")
        .unwrap_or_else(|| system.home.join(".codex"));
    let Some(file) = CredentialFile::read(&folder.join("auth.json"), system) else {
        return;
    };
    let root = match file.object(PLAN, Kind::Oauth, SOURCE, Rank::Tool) {
        Ok(root) => root,
        Err(malformed) => return found.push(*malformed),
    };
    let key = secret(root, "OPENAI_API_KEY");
    let tokens = root.get("tokens").and_then(Value::as_object);
    // With an API key and no tokens, the file is complete.
    if tokens.is_some() || secret(root, "personal_access_token").is_some() || key.is_none() {
        found.push(login(&file, root, tokens));
    }
    if let Some(key) = key {
        found.push(Credential {
            entry: Some("OPENAI_API_KEY".to_owned()),
            ..file.credential(API, Kind::Api, SOURCE, Rank::Tool, Content::Secret(key))
        });
    }
}

/// `tokens.access_token`, or the personal access token that replaces it.
fn login(file: &CredentialFile, root: &Map<String, Value>, tokens: Option<&Map<String, Value>>) -> Credential {
    let access = tokens.and_then(|tokens| secret(tokens, "access_token"));
    let has_refresh = tokens.is_some_and(|tokens| text(tokens, "refresh_token").is_some());
    let (token, entry) = match (access, secret(root, "personal_access_token")) {
        (None, Some(token)) => (Some(token), "personal_access_token"),
        (access, _) => (access, "tokens.access_token"),
    };
    let claims = token.as_ref().and_then(|token| jwt::claims(token.expose()));
    let account_id = tokens.and_then(|tokens| owned(tokens, "account_id"));
    let claimed = claims.as_ref().map(jwt::details).unwrap_or_default();
    Credential {
        entry: Some(entry.to_owned()),
        expires_at: claims.and_then(|claims| expiry(&claims, "exp", 1000)),
        account: account_id.clone(),
        details: Details {
            account_id: account_id.or(claimed.account_id),
            ..claimed
        },
        ..file.credential(PLAN, Kind::Oauth, SOURCE, Rank::Tool, Content::of(token, has_refresh))
    }
}
