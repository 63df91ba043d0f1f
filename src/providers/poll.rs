//! Poll: asks the providers side by side, the polite way: with consent, from memory while it is fresh, once at a time.

use super::address::Addresses;
use super::ask::{Ask, Refusal};
use super::memory::{CACHE, CacheDecision, Memory, app_name};
use super::report::Report;
use super::{About, Provider, ProviderHandle};
use crate::core::credential::{Content, Credential, OF_PLUGIN, ProviderCredentials, Rank, State};
use crate::core::problem::Problem;
use crate::core::quota::{ProviderState, sort_limits};
use crate::system::System;
use crate::system::cache::Cache;
use crate::system::config::Config;
use crate::system::fingerprint::Fingerprints;
use crate::system::http::Http;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time limit for all providers together.
const ALL_WITHIN: Duration = Duration::from_secs(9);
/// Apps on this machine answer at once or not at all.
const APP_WITHIN: Duration = Duration::from_secs(1);
const APP_INTERVAL_S: u32 = 60;

/// What asking takes.
pub struct Poll<'a> {
    pub system: &'a System,
    pub config: &'a Config,
    pub addresses: &'a Addresses,
    pub provider_credentials: &'a [ProviderCredentials],
    /// Apps that run now and can be asked instead of their maker.
    pub running: &'a [Credential],
    pub fingerprints: &'a Fingerprints,
}

/// Everything needed to ask one provider.
struct Ready<'a> {
    credential: &'a Credential,
    base_url: String,
    asked_with: String,
}

impl Poll<'_> {
    /// One report per provider, in their order. Ends within ten seconds.
    pub fn ask_all(&self, providers: &[ProviderHandle]) -> Vec<Report> {
        let (http, cache) = (Http::new(self.system), Cache::new(self.system, CACHE));
        let ends = Instant::now() + ALL_WITHIN;
        std::thread::scope(|scope| {
            // What other threads may ask is under way before this one asks the rest.
            let asked: Vec<_> = providers
                .iter()
                .map(|provider| {
                    let (http, cache, about) = (&http, &cache, provider.about());
                    let shared = provider.for_threads();
                    shared.map(|shared| scope.spawn(move || self.ask_one(about, shared, http, cache, ends)))
                })
                .collect();
            let here = |provider: &ProviderHandle| self.ask_one(provider.about(), &**provider, &http, &cache, ends);
            let here: Vec<_> = asked
                .iter()
                .zip(providers)
                .map(|(thread, provider)| thread.is_none().then(|| here(provider)))
                .collect();
            let joined = asked.into_iter().zip(here).filter_map(|(thread, here)| {
                let joined = thread.map(std::thread::ScopedJoinHandle::join);
                here.or(joined.map(|report| report.unwrap_or_else(|panic| std::panic::resume_unwind(panic))))
            });
            joined.collect()
        })
    }

    fn ask_one(
        &self,
        about: &Arc<About>,
        provider: &dyn Provider,
        http: &Http,
        cache: &Cache,
        ends: Instant,
    ) -> Report {
        let mut report = Report::new(about);
        report.is_enabled = self.config.provider(&about.id).enabled;
        if !report.is_enabled {
            let refusal = Refusal::new(ProviderState::NotConfigured, None);
            return report.refused(&refusal.hinting(format!("disabled by providers.{}.enabled", about.id)));
        }
        if let Some(report) = self.ask_app(about, provider, http, cache, ends) {
            return report;
        }
        let ready = match self.prepare(about, provider) {
            Ok(ready) => ready,
            Err(refusal) => return report.refused(&refusal),
        };
        let source = match ready.credential.rank {
            Rank::Plugin => OF_PLUGIN,
            _ => ready.credential.source,
        };
        report.source = Some(source.to_owned());
        let read = || Memory::of(cache.read(&about.id), &ready.asked_with);
        let memory = read();
        let now = self.system.now;
        // The state of the credential takes precedence over a saved answer.
        if let Err(refusal) = self.permit(about, ready.credential) {
            return report.remembering(&memory, true).refused(&refusal);
        }
        if let Some(known) = self.without_request(about, report.clone(), &memory) {
            return known;
        }
        let lock = match cache.lock(&about.id, ends) {
            Ok(Some(lock)) => Some(lock),
            Ok(None) => {
                let refusal = Refusal::new(ProviderState::Unreachable, None);
                return report
                    .remembering(&memory, true)
                    .refused(&refusal.hinting("another ttop process is asking"));
            }
            // Without a place for locks and answers there is nothing to share either.
            Err(_) => None,
        };
        let mut latest = read();
        if latest != memory {
            // Another process asked while this one waited.
            if let Some(known) = self.without_request(about, report.clone(), &latest) {
                return known;
            }
            if let Some(failure) = &latest.failure {
                return report.remembering(&latest, true).refused(&failure.refusal(now));
            }
        }
        let fetched = provider.fetch(&Ask {
            http,
            system: self.system,
            credential: ready.credential,
            base_url: ready.base_url,
            user_agent: self.config.provider(&about.id).user_agent.clone(),
            ends,
        });
        match fetched {
            Ok(mut usage) => {
                sort_limits(&mut usage.limits);
                latest.succeed(usage, now);
                report = report.remembering(&latest, false);
                report.is_new = true;
            }
            Err(refusal) => {
                let refusal = self.hinted(refusal, ready.credential);
                latest.fail(&refusal, now);
                let left = latest.failure.as_ref().map_or(refusal, |failure| failure.refusal(now));
                report = report.remembering(&latest, true).refused(&left);
            }
        }
        if let Err(error) = cache.write(&about.id, &latest) {
            let place = self.system.tilde(cache.folder());
            report.problem = Some(Problem::new(
                place,
                format!("responses cannot be saved: {}", error.kind()),
            ));
        }
        drop(lock);
        report
    }

    /// Asks a running app: the same numbers, fresher, and without a credential. `None` if no app runs or responds, or
    /// if the user set a credential for this run.
    fn ask_app(
        &self,
        about: &Arc<About>,
        provider: &dyn Provider,
        http: &Http,
        cache: &Cache,
        ends: Instant,
    ) -> Option<Report> {
        let holding = self
            .provider_credentials
            .iter()
            .find(|holding| holding.provider_id == about.id);
        if holding
            .and_then(ProviderCredentials::chosen)
            .is_some_and(|chosen| chosen.rank == Rank::Override)
        {
            return None;
        }
        let apps = self.running.iter().filter(|app| app.provider_id == about.id);
        let (name, now) = (app_name(about), self.system.now);
        for app in apps {
            let mut report = Report::new(about);
            report.source = Some(app.source.to_owned());
            let mut memory = Memory::of(cache.read(&name), &app.origin);
            if memory.standing(now, APP_INTERVAL_S) == CacheDecision::Fresh {
                return Some(report.remembering(&memory, false));
            }
            let base_url = self.addresses.of(about, provider, app, self.system, self.config).ok()?;
            let ask = Ask {
                http,
                system: self.system,
                credential: app,
                base_url,
                user_agent: None,
                ends: ends.min(Instant::now() + APP_WITHIN),
            };
            if let Ok(mut usage) = provider.fetch(&ask) {
                sort_limits(&mut usage.limits);
                memory.succeed(usage, now);
                report = report.remembering(&memory, false);
                report.is_new = true;
                // It is asked again sooner than it should be: no harm on this machine.
                let _ = cache.write(&name, &memory);
                return Some(report);
            }
        }
        None
    }

    /// Reports from the saved state, or without the network.
    fn without_request(&self, about: &About, report: Report, memory: &Memory) -> Option<Report> {
        match memory.standing(self.system.now, about.interval_s) {
            CacheDecision::Fresh => Some(report.remembering(memory, false)),
            _ if self.system.offline => {
                let refusal = Refusal::new(ProviderState::Unreachable, None).hinting("offline");
                Some(report.remembering(memory, true).refused(&refusal))
            }
            CacheDecision::Blocked(_) => {
                let failure = memory.failure.as_ref()?;
                Some(
                    report
                        .remembering(memory, true)
                        .refused(&failure.refusal(self.system.now)),
                )
            }
            CacheDecision::Due => None,
        }
    }

    /// The credential in use and where it goes.
    fn prepare(&self, about: &About, provider: &dyn Provider) -> Result<Ready<'_>, Refusal> {
        let holding = self
            .provider_credentials
            .iter()
            .find(|holding| holding.provider_id == about.id);
        let Some(credential) = holding.and_then(ProviderCredentials::chosen) else {
            let refusal = Refusal::new(ProviderState::NotConfigured, None);
            return Err(match holding.and_then(malformed) {
                Some(hint) => refusal.hinting(hint),
                None => refusal.hinting(about.credentials.hint.clone()),
            });
        };
        let base_url = self
            .addresses
            .of(about, provider, credential, self.system, self.config)?;
        let identify = |secret| self.fingerprints.of_secret_at(secret, &base_url);
        Ok(Ready {
            asked_with: credential.secret().map(identify).unwrap_or_default(),
            credential,
            base_url,
        })
    }

    /// Whether this credential may be sent, and is worth sending.
    fn permit(&self, about: &About, credential: &Credential) -> Result<(), Refusal> {
        let wanted = &about.credentials;
        if !wanted.accepts.contains(&credential.kind) && !wanted.tries_others {
            return Err(Refusal::unsupported("this kind of key has no usage endpoint"));
        }
        let has_agreed = self.config.provider(&about.id).login;
        if about.needs_consent && !has_agreed && credential.rank != Rank::Override {
            let refusal = Refusal::new(ProviderState::NeedsConsent, None);
            let key = format!("providers.{}.login", about.id);
            return Err(refusal.hinting(format!("to allow this login, run: ttop config set {key} true")));
        }
        if credential.state(self.system.now) == State::Expired {
            return Err(self.hinted(Refusal::new(ProviderState::AuthExpired, None), credential));
        }
        Ok(())
    }

    /// Names the tool that can renew a login: ttop never does.
    fn hinted(&self, refusal: Refusal, credential: &Credential) -> Refusal {
        match refusal.state {
            ProviderState::AuthExpired if refusal.hint.is_none() => refusal.hinting(match credential.source {
                "claude-code" => "open claude to renew its login",
                "codex-cli" => "open codex to renew its login",
                "gemini-cli" => "open gemini to renew its login",
                "cursor-app" => "open Cursor to renew its login",
                "kimi-cli" => "open kimi to renew its login",
                "opencode-auth" | "antigravity-accounts" => "open opencode to renew its login",
                _ => "the token has expired: set a new one",
            }),
            _ => refusal,
        }
    }
}

/// Where the damage is, for a provider that has nothing else.
fn malformed(holding: &ProviderCredentials) -> Option<String> {
    holding
        .credentials
        .iter()
        .find_map(|credential| match &credential.content {
            Content::Malformed(fault) => Some(format!("{}: {}", credential.origin, fault.name())),
            _ => None,
        })
}
