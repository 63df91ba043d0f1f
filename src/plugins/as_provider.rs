//! A plugin as a provider: it finds its own credential, and that credential goes back into this plugin alone.

use super::mask::Mask;
use super::plugin::{Failure, Plugin};
use super::usage;
use crate::core::credential::{ANY_KIND, Content, Credential, CredentialSpec, Fault, Kind, Rank, Secret};
use crate::core::quota::{Capability, ProviderState, ProviderUsage};
use crate::providers::ask::{Ask, Refusal};
use crate::providers::{About, Provider};
use serde_json::{Value, json};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

const INTERVAL_S: u32 = 300;
const MOST_NOTE: usize = 200;
/// Credentials that one agent may list.
const MOST_READ: usize = 64;

/// A provider of the registry.
pub struct PluginProvider {
    plugin: Arc<Plugin>,
    /// `plugin:acme`
    source: &'static str,
    /// What `auth.discover` found, as the plugin wrote it.
    found: Arc<Mutex<Option<Value>>>,
}

impl PluginProvider {
    /// There are as many as plugins, and they live as long as the run.
    pub fn leaked(plugin: Arc<Plugin>) -> &'static Self {
        Box::leak(Box::new(Self {
            source: source_of(&plugin),
            plugin,
            found: Arc::default(),
        }))
    }
}

/// What a provider plugin declares that it reports.
pub fn capabilities(declared: &Value) -> Vec<Capability> {
    let declared = &declared["capabilities"];
    let flags = [("usageLimits", Capability::Limits), ("actualCosts", Capability::Spend)];
    let named = flags.into_iter().filter(|(flag, _)| declared[flag] == true);
    named.map(|(_, capability)| capability).collect()
}

impl Provider for PluginProvider {
    fn about(&self) -> About {
        let id = self.plugin.id().to_owned();
        let listed = self.plugin.declaration.value["pricing"]["modelsDevProviderId"].as_str();
        About {
            name: self.plugin.declaration.name.clone(),
            biller_id: listed.filter(|id| !id.is_empty()).unwrap_or(&id).to_owned(),
            base_url: String::new(),
            interval_s: INTERVAL_S,
            // Trust is the consent.
            needs_consent: false,
            capabilities: capabilities(&self.plugin.declaration.value),
            credentials: CredentialSpec {
                provider_id: id.clone(),
                accepts: ANY_KIND.to_vec(),
                tries_others: true,
                variables: Vec::new(),
                entries: Vec::new(),
                usual: (self.source.to_owned(), String::new()),
                hint: format!("plugin {id} finds no credential"),
            },
            id,
        }
    }

    fn look_for_credentials(&self, checks: bool) -> Option<Receiver<Vec<Credential>>> {
        let (reply, answer) = channel();
        let (plugin, source, found) = (Arc::clone(&self.plugin), self.source, Arc::clone(&self.found));
        let discovered = plugin.ask("auth.discover", json!({}));
        std::thread::spawn(move || {
            let credential = match discovered.recv() {
                Ok(Ok(mut called)) => {
                    let mask = plugin.mask().with(&called.value["credentials"]);
                    if let Some(message) = called.value.get_mut("message") {
                        mask.hide(message);
                    }
                    let mut credential = credential(&plugin, source, &called.value);
                    if let Some(credential) = credential.as_mut().filter(|_| checks) {
                        check(&plugin, &mask, credential);
                    }
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    *found = called
                        .value
                        .get("credentials")
                        .filter(|_| called.value["ok"] == true)
                        .cloned();
                    credential
                }
                Ok(Err(failure)) => Some(faulty(
                    plugin.id(),
                    source,
                    Fault::Unreadable,
                    Some(&failure.to_string()),
                )),
                Err(_) => None,
            };
            // Whoever asked may have gone.
            let _ = reply.send(credential.into_iter().collect());
        });
        Some(answer)
    }

    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal> {
        let credentials = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let not_configured = || Refusal::new(ProviderState::NotConfigured, None);
        let Some(credentials) = credentials else {
            return Err(not_configured().hinting(format!("plugin {} finds no credential", self.plugin.id())));
        };
        let mask = self.plugin.mask().with(&credentials);
        let call = |method, args| {
            let wait = ask.ends.saturating_duration_since(Instant::now());
            let called = self.plugin.ask_within(method, args, wait);
            let hint = |failure: Failure| short(&mask.text(&failure.to_string()));
            called.map_err(|failure| Refusal::new(ProviderState::Unreachable, None).hinting(hint(failure)))
        };
        if call("auth.isConfigured", json!({"credentials": credentials}))?.value == false {
            return Err(not_configured().hinting("the plugin cannot use the credential that it found"));
        }
        let mut called = call("fetchUsage", json!({"credentials": credentials, "options": {}}))?;
        mask.hide(&mut called.value);
        usage::read(&called.value)
    }
}

/// `plugin:acme`, for as long as the run.
pub fn source_of(plugin: &Plugin) -> &'static str {
    Box::leak(format!("plugin:{}", plugin.id()).into_boxed_str())
}

/// The credentials that an agent plugin reads: listed, and chosen for nobody.
pub fn read_by_agent(plugin: &Arc<Plugin>, source: &'static str) -> Receiver<Vec<Credential>> {
    let (reply, answer) = channel();
    let read = plugin.ask("readCredentials", json!({}));
    let plugin = Arc::clone(plugin);
    std::thread::spawn(move || {
        let all = match read.recv() {
            Ok(Ok(called)) => of_agent(&plugin, source, &called.value),
            Ok(Err(failure)) => vec![faulty(
                plugin.id(),
                source,
                Fault::Unreadable,
                Some(&failure.to_string()),
            )],
            Err(_) => Vec::new(),
        };
        // Whoever asked may have gone.
        let _ = reply.send(all);
    });
    answer
}

/// `AgentCredentials` of the SDK: by provider.
pub fn of_agent(plugin: &Plugin, source: &'static str, read: &Value) -> Vec<Credential> {
    let providers = read["providers"].as_object().into_iter().flatten().take(MOST_READ);
    let all = providers.filter_map(|(provider, found)| {
        let mut credential = parsed(&short(provider), source, &json!({"ok": true, "credentials": found}))?;
        name_variable(plugin, &mut credential);
        credential.is_candidate = false;
        Some(credential)
    });
    all.collect()
}

/// What was discovered, as a credential; `None` for one that is missing.
pub fn credential(plugin: &Plugin, source: &'static str, discovered: &Value) -> Option<Credential> {
    let mut credential = parsed(plugin.id(), source, discovered)?;
    name_variable(plugin, &mut credential);
    Some(credential)
}

/// A secret that is the value of a variable of the plugin comes from there.
fn name_variable(plugin: &Plugin, credential: &mut Credential) {
    let variable = credential
        .secret()
        .and_then(|secret| plugin.variable_with(secret.expose()));
    if let Some(name) = variable {
        credential.origin = format!("${name}");
    }
}

fn parsed(id: &str, source: &'static str, discovered: &Value) -> Option<Credential> {
    let message = discovered["message"].as_str();
    if discovered["ok"] != true {
        return match discovered["reason"].as_str() {
            Some("expired") => {
                let mut credential = Credential::new(id, Kind::Oauth, source, Rank::Plugin, Content::RefreshOnly);
                credential.note = message.map(short);
                Some(credential)
            }
            Some("invalid") => Some(faulty(id, source, Fault::MissingSecret, message)),
            Some("error") => Some(faulty(id, source, Fault::Unreadable, message)),
            _ => None,
        };
    }
    let found = &discovered["credentials"];
    let oauth = &found["oauth"];
    let text = |value: &Value| value.as_str().and_then(Secret::new);
    let (kind, secret) = match (text(&found["apiKey"]), text(&oauth["accessToken"])) {
        (Some(key), _) => (Kind::Api, Some(key)),
        (None, Some(token)) => (Kind::Oauth, Some(token)),
        (None, None) => (
            Kind::Unknown,
            text(&found["groupId"]).or_else(|| Secret::new(&found.to_string())),
        ),
    };
    let mut credential = Credential::new(id, kind, source, Rank::Plugin, Content::of(secret, false));
    credential.origin = short(found["source"].as_str().unwrap_or("external"));
    credential.is_secret_in_file = false;
    if kind == Kind::Oauth {
        credential.expires_at = oauth["expiresAt"].as_f64().map(|at| at as i64);
        credential.account = oauth["accountId"].as_str().map(short);
    }
    Some(credential)
}

fn faulty(id: &str, source: &'static str, fault: Fault, message: Option<&str>) -> Credential {
    let mut credential = Credential::new(id, Kind::Unknown, source, Rank::Plugin, Content::Malformed(fault));
    credential.is_secret_in_file = false;
    credential.note = message.map(short);
    credential
}

/// Asks the plugin whether its service takes a credential. A check that fails says nothing of it.
fn check(plugin: &Plugin, mask: &Mask, credential: &mut Credential) {
    if credential.secret().is_none() || !plugin.declaration.has("healthCheck") {
        return;
    }
    match plugin.call("healthCheck", json!({})) {
        Ok(called) if called.value["ok"] == false => {
            credential.content = Content::Malformed(Fault::Refused);
            credential.note = called.value["message"].as_str().map(|text| short(&mask.text(text)));
        }
        Ok(_) => {}
        Err(failure) => credential.note = Some(short(&mask.text(&failure.to_string()))),
    }
}

/// A text of the plugin, as one short line.
fn short(text: &str) -> String {
    super::ops::log::clean(text, &[]).chars().take(MOST_NOTE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::credential::State;

    #[test]
    fn every_outcome_of_discovery_is_a_credential_in_its_state() {
        for (discovered, kind, state) in [
            (
                json!({"ok": true, "credentials": {"apiKey": "k", "source": "env"}}),
                Kind::Api,
                State::NoExpiry,
            ),
            (
                json!({"ok": true, "credentials": {"oauth": {"accessToken": "t", "expiresAt": 5}}}),
                Kind::Oauth,
                State::Expired,
            ),
            (
                json!({"ok": true, "credentials": {"oauth": {"accessToken": "t", "expiresAt": 50}}}),
                Kind::Oauth,
                State::Valid,
            ),
            (
                json!({"ok": true, "credentials": {"groupId": "g"}}),
                Kind::Unknown,
                State::NoExpiry,
            ),
            (json!({"ok": false, "reason": "expired"}), Kind::Oauth, State::Expired),
            (
                json!({"ok": false, "reason": "invalid"}),
                Kind::Unknown,
                State::Malformed,
            ),
            (json!({"ok": false, "reason": "error"}), Kind::Unknown, State::Malformed),
        ] {
            let credential = parsed("acme", "plugin:acme", &discovered).expect("a credential");
            assert_eq!((credential.kind, credential.state(10)), (kind, state), "{discovered}");
        }
        for discovered in [
            json!({"ok": false, "reason": "missing"}),
            json!(null),
            json!("yes"),
            json!({}),
        ] {
            assert!(parsed("acme", "plugin:acme", &discovered).is_none(), "{discovered}");
        }
    }
}
