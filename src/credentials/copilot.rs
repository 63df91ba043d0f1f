//! GitHub Copilot's editor logins: `apps.json`, then `hosts.json`.

use super::Search;
use super::file::{CredentialFile, owned, secret};
use crate::core::credential::{Content, Credential, Details, Fault, Kind, Rank};
use crate::system::Os;
use serde_json::Value;

const PROVIDER: &str = "github-copilot";
const SOURCE: &str = "copilot-editor";

pub(super) fn find(search: &Search<'_>, found: &mut Vec<Credential>) {
    let system = search.system;
    let folder = match system.os {
        Os::Windows => system.local_app_dir(),
        Os::Linux | Os::MacOs => system.config_dir(),
    };
    for name in ["apps.json", "hosts.json"] {
        let Some(file) = CredentialFile::read(&folder.join("github-copilot").join(name), system) else {
            continue;
        };
        match file.object(PROVIDER, Kind::Oauth, SOURCE, Rank::Tool) {
            Ok(root) => found.extend(root.iter().map(|(key, value)| login(&file, key, value))),
            Err(malformed) => found.push(*malformed),
        }
    }
}

/// `"github.com:Iv1.0123": {"user": …, "oauth_token": …}`; in `hosts.json` the key is the host alone.
fn login(file: &CredentialFile, key: &str, value: &Value) -> Credential {
    let object = value.as_object();
    let content = match object.and_then(|object| secret(object, "oauth_token")) {
        Some(token) => Content::Secret(token),
        None => Content::Malformed(Fault::MissingSecret),
    };
    let host = key.split(':').next().unwrap_or(key);
    Credential {
        entry: Some(key.to_owned()),
        account: object.and_then(|object| owned(object, "user")),
        details: Details {
            host: Some(host.to_owned()),
            ..Details::default()
        },
        ..file.credential(PROVIDER, Kind::Oauth, SOURCE, Rank::Tool, content)
    }
}
