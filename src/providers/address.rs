//! Address: the host of a provider, or the one that the user configured instead.

use super::ask::Refusal;
use super::{About, Provider, ProviderHandle};
use crate::core::bad_request::BadRequest;
use crate::core::credential::{Credential, Rank};
use crate::core::quota::ProviderState;
use crate::system::config::Config;
use crate::system::http::{Reach, loopback_url, reach_of};
use crate::system::{System, files};
use std::collections::BTreeMap;

/// Hosts from the environment; loopback only.
#[derive(Debug)]
pub struct Addresses {
    each: BTreeMap<String, String>,
    /// Every other provider is below this one, by its id.
    all: Option<String>,
}

impl Addresses {
    /// # Errors
    /// When a variable names another machine, or no URL: a wrong command line, before any credential is read.
    pub fn from_env(system: &System, providers: &[ProviderHandle]) -> Result<Self, BadRequest> {
        let mut each = BTreeMap::new();
        for provider in providers {
            let id = &provider.about().id;
            let variable = format!("TTOP_{}_BASE_URL", id.to_ascii_uppercase().replace('-', "_"));
            if let Some(url) = loopback_url(system, &variable)? {
                each.insert(id.clone(), url);
            }
        }
        Ok(Self {
            each,
            all: loopback_url(system, "TTOP_PROVIDERS_BASE_URL")?,
        })
    }

    /// Scheme, host and path prefix, without a trailing `/`.
    ///
    /// # Errors
    ///
    /// When the configuration names a host that must not receive this credential.
    pub fn of(
        &self,
        about: &About,
        provider: &dyn Provider,
        credential: &Credential,
        system: &System,
        config: &Config,
    ) -> Result<String, Refusal> {
        if let Some(url) = self.each.get(&about.id) {
            return Ok(url.clone());
        }
        if let Some(url) = &config.provider(&about.id).base_url {
            return configured(url, credential, system);
        }
        if let Some(url) = &self.all {
            return Ok(format!("{url}/{}", about.id));
        }
        Ok(provider.host(credential).unwrap_or_else(|| about.base_url.clone()))
    }
}

/// Another host gets a credential only from a config that is the user's own, and only one that was given for it:
/// those of files and usual variables belong to the usual host.
fn configured(url: &str, credential: &Credential, system: &System) -> Result<String, Refusal> {
    let refuse = |state, hint: &'static str| Err(Refusal::new(state, None).hinting(hint));
    match reach_of(url) {
        None => refuse(
            ProviderState::Unreachable,
            "baseUrl: must be https, or http to this machine",
        ),
        Some(_) if !files::is_trusted(&Config::path(system)) => refuse(
            ProviderState::Unreachable,
            "baseUrl: ignored, because other users can write to the configuration file",
        ),
        Some(Reach::Https) if credential.rank != Rank::Override && !is_issuer(url, credential) => refuse(
            ProviderState::NotConfigured,
            "no credential for this baseUrl: set TTOP_<ID>_CREDENTIAL",
        ),
        Some(_) => Ok(url.trim().trim_end_matches('/').to_owned()),
    }
}

/// Whether the host issued the credential (GitHub Enterprise).
fn is_issuer(url: &str, credential: &Credential) -> bool {
    let host = crate::system::http::origin_of(url);
    let issuer = credential
        .details
        .host
        .as_deref()
        .map(|host| host.trim_start_matches("https://"));
    issuer.is_some_and(|issuer| host == format!("https://{issuer}") || host == format!("https://api.{issuer}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::credential::{Content, Kind, Secret};
    use crate::providers::built_in;
    use crate::system::Os;
    use serde_json::json;

    fn credential(rank: Rank, host: Option<&str>) -> Credential {
        let content = Content::Secret(Secret::new("x").expect("not blank"));
        let mut credential = Credential::new("github-copilot", Kind::Oauth, "env", rank, content);
        credential.details.host = host.map(str::to_owned);
        credential
    }

    fn copilot() -> ProviderHandle {
        let found = built_in().into_iter().find(|one| one.about().id == "github-copilot");
        found.expect("is known")
    }

    fn address(
        home: &std::path::Path,
        env: &[(&str, &str)],
        config: &Config,
        credential: &Credential,
    ) -> Result<String, Refusal> {
        let env = env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let system = System::new(Os::Linux, home, env.collect());
        let addresses = Addresses::from_env(&system, &built_in()).expect("local");
        let copilot = copilot();
        addresses.of(copilot.about(), &*copilot, credential, &system, config)
    }

    #[test]
    fn the_environment_comes_before_the_config_and_the_built_in_host() {
        let home = tempfile::tempdir().expect("a folder");
        let all = ("TTOP_PROVIDERS_BASE_URL", "http://127.0.0.1:1/");
        let one = ("TTOP_GITHUB_COPILOT_BASE_URL", "http://localhost:2/x/");
        let (none, usual) = (Config::default(), credential(Rank::Tool, None));
        let of = |env: &[_]| address(home.path(), env, &none, &usual).expect("an address");
        assert_eq!(of(&[all, one]), "http://localhost:2/x");
        assert_eq!(of(&[all]), "http://127.0.0.1:1/github-copilot");
        assert_eq!(of(&[]), "https://api.github.com");
    }

    #[test]
    fn an_enterprise_login_goes_to_its_own_host_only() {
        let home = tempfile::tempdir().expect("a folder");
        let of = |host| {
            address(
                home.path(),
                &[],
                &Config::default(),
                &credential(Rank::Tool, Some(host)),
            )
            .expect("an address")
        };
        assert_eq!(of("github.com"), "https://api.github.com");
        assert_eq!(of("tenant.ghe.com"), "https://api.tenant.ghe.com");
        assert_eq!(of("https://tenant.ghe.com/"), "https://api.tenant.ghe.com");
        assert_eq!(of("evil.example/x@y"), "https://host.invalid");
    }

    #[test]
    #[cfg(unix)]
    fn another_host_needs_a_config_of_the_users_own_and_a_credential_for_it() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join(".config/tokentop/config.json");
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(&file, "{}").expect("written");
        let set = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("a mode");
        set(0o644);
        let of = |url: &str, credential: &Credential| {
            let config = Config::from_value(&json!({"providers": {"github-copilot": {"baseUrl": url}}}));
            address(home.path(), &[], &config, credential).map_err(|refusal| refusal.state)
        };
        let (given, usual) = (credential(Rank::Override, None), credential(Rank::Environment, None));
        let issued = credential(Rank::Tool, Some("tenant.ghe.com"));
        assert_eq!(
            of("https://gateway.example/x/", &given),
            Ok("https://gateway.example/x".to_owned())
        );
        assert_eq!(of("https://gateway.example", &usual), Err(ProviderState::NotConfigured));
        assert_eq!(
            of("https://api.tenant.ghe.com", &issued),
            Ok("https://api.tenant.ghe.com".to_owned())
        );
        assert_eq!(of("https://other.example", &issued), Err(ProviderState::NotConfigured));
        assert_eq!(of("http://127.0.0.1:9", &usual), Ok("http://127.0.0.1:9".to_owned()));
        assert_eq!(of("http://gateway.example", &given), Err(ProviderState::Unreachable));
        set(0o666);
        assert_eq!(of("https://gateway.example", &given), Err(ProviderState::Unreachable));
    }
}
