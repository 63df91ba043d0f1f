//! OpenCode's store `auth.json`, on every system below `$XDG_DATA_HOME`; `OPENCODE_AUTH_CONTENT` replaces it.

use super::file::{CredentialFile, Object, expiry, owned, secret, text};
use super::{Search, jwt};
use crate::core::credential::{Content, Credential, Details, Fault, Kind, Rank, Secret};
use crate::system::System;
use serde_json::{Map, Value};

const SOURCE: &str = "opencode-auth";
const RANK: Rank = Rank::OpencodeAuth;
const VARIABLE: &str = "OPENCODE_AUTH_CONTENT";

/// The store, or the variable in its place.
pub(super) fn read(system: &System) -> Option<CredentialFile> {
    match system.var(VARIABLE) {
        Some(content) => Some(CredentialFile {
            origin: format!("${VARIABLE}"),
            mode: None,
            is_empty: content.trim().is_empty(),
            root: Object::parse(content.as_bytes()),
        }),
        None => CredentialFile::read(&system.data_dir().join("opencode/auth.json"), system),
    }
}

pub(super) fn find(search: &Search<'_>, found: &mut Vec<Credential>) {
    let system = search.system;
    let Some(file) = read(system) else { return };
    let root = match file.object("opencode", Kind::Unknown, SOURCE, RANK) {
        Ok(root) => root,
        Err(malformed) => return found.push(*malformed),
    };
    for (id, value) in root.iter() {
        let read = match value.as_object() {
            Some(entry) => read_entry(entry, system),
            None => Read::malformed(Kind::Unknown, Fault::WrongShape),
        };
        found.push(Credential {
            entry: Some(id.clone()),
            expires_at: read.expires_at,
            account: value.as_object().and_then(|entry| owned(entry, "accountId")),
            is_secret_in_file: read.variable.is_none(),
            note: read.variable.map(|name| format!("${name}")),
            details: Details {
                variant: Some(id.clone()),
                ..read.details
            },
            ..file.credential(search.owner(id, read.kind), read.kind, SOURCE, RANK, read.content)
        });
    }
}

/// The content of one entry.
struct Read {
    kind: Kind,
    content: Content,
    expires_at: Option<i64>,
    details: Details,
    /// The variable that holds the secret instead of the file.
    variable: Option<String>,
}

impl Read {
    fn new(kind: Kind, content: Content) -> Self {
        Self {
            kind,
            content,
            expires_at: None,
            details: Details::default(),
            variable: None,
        }
    }

    fn malformed(kind: Kind, fault: Fault) -> Self {
        Self::new(kind, Content::Malformed(fault))
    }
}

/// The three types OpenCode writes (`api`, `oauth`, `wellknown`) and two older ones (`codex`, `github`).
fn read_entry(entry: &Map<String, Value>, system: &System) -> Read {
    match text(entry, "type") {
        Some("api") => Read::new(Kind::Api, Content::of(secret(entry, "key"), false)),
        Some("oauth") => login(entry, ["access", "refresh", "expires"]),
        Some("codex") => login(entry, ["accessToken", "refreshToken", "expiresAt"]),
        Some("github") => Read::new(Kind::Oauth, Content::of(secret(entry, "token"), false)),
        Some("wellknown") => wellknown(entry, system),
        _ => Read::malformed(Kind::Unknown, Fault::UnknownType),
    }
}

fn login(entry: &Map<String, Value>, [access, refresh, expires]: [&str; 3]) -> Read {
    let token = secret(entry, access);
    let claimed = token.as_ref().and_then(|token| jwt::claims(token.expose()));
    let claimed = claimed.map(|claims| jwt::details(&claims)).unwrap_or_default();
    let content = Content::of(token, text(entry, refresh).is_some());
    Read {
        // `expires: 0` is no expiry, as GitHub's tokens have none.
        expires_at: expiry(entry, expires, 1),
        details: Details {
            account_id: owned(entry, "accountId").or(claimed.account_id),
            host: owned(entry, "enterpriseUrl"),
            ..Details::default()
        },
        ..Read::new(Kind::Oauth, content)
    }
}

/// `{"type":"wellknown","key":"CORP_TOKEN","token":"…"}`: without the token, `key` names the variable that has it.
fn wellknown(entry: &Map<String, Value>, system: &System) -> Read {
    if let Some(token) = secret(entry, "token") {
        return Read::new(Kind::Wellknown, Content::Secret(token));
    }
    let Some(name) = text(entry, "key") else {
        return Read::malformed(Kind::Wellknown, Fault::MissingSecret);
    };
    let content = match system.var(name).and_then(Secret::new) {
        Some(token) => Content::Secret(token),
        None => Content::Malformed(Fault::EnvUnset),
    };
    Read {
        variable: Some(name.to_owned()),
        ..Read::new(Kind::Wellknown, content)
    }
}
