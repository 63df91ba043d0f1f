//! Providers that can be asked about plan limits, credits and spend: one file each.

pub mod address;
mod anthropic;
mod anthropic_admin;
mod antigravity;
mod antigravity_app;
pub mod ask;
mod chutes;
mod codex;
mod cursor;
mod deepseek;
mod gemini;
mod github_copilot;
mod handle;
mod kimi_for_coding;
pub mod memory;
mod minimax;
mod moonshotai;
mod ollama_cloud;
mod openai_api;
mod opencode;
mod opencode_go;
mod openrouter;
mod pages;
mod perplexity;
pub mod poll;
pub mod report;
mod value;
mod zai_coding_plan;

use crate::core::credential::{Credential, CredentialSpec};
use crate::core::process::Process;
use crate::core::quota::{Capability, ProviderUsage};
use ask::{Ask, Refusal};
pub use handle::ProviderHandle;
use std::sync::mpsc::Receiver;

/// A provider that ttop knows. It may be tied to one thread; see [`ProviderHandle`].
pub trait Provider {
    /// Asked for once, when a registry takes it in.
    fn about(&self) -> About;

    /// Scheme and host for a credential that another host than the usual one issued.
    fn host(&self, _: &Credential) -> Option<String> {
        None
    }

    /// Looks for credentials that nobody else may be sent; the answer comes by the channel.
    fn look_for_credentials(&self, _checks: bool) -> Option<Receiver<Vec<Credential>>> {
        None
    }

    /// Asks, with a credential that has not expired and the user's consent.
    ///
    /// # Errors
    /// Why there are no numbers.
    fn fetch(&self, ask: &Ask<'_>) -> Result<ProviderUsage, Refusal>;
}

/// Facts about a provider that need no request.
#[derive(Clone, Debug)]
pub struct About {
    /// `github-copilot`: in flags, rows, file names and fixture folders.
    pub id: String,
    pub name: String,
    /// Its models.dev id: joins plan limits to turns.
    pub biller_id: String,
    /// Scheme and host, which an override replaces.
    pub base_url: String,
    /// An answer is not asked for again sooner than this.
    pub interval_s: u32,
    /// Whether its terms restrict the use of another tool's login.
    pub needs_consent: bool,
    pub capabilities: Vec<Capability>,
    pub credentials: CredentialSpec,
}

/// The built-in providers, most used first.
static BUILT_IN: &[&(dyn Provider + Sync)] = &[
    &anthropic::Anthropic,
    &codex::Codex,
    &github_copilot::GithubCopilot,
    &opencode_go::OpencodeGo,
    &cursor::Cursor,
    &openrouter::Openrouter,
    &zai_coding_plan::ZaiCodingPlan,
    &antigravity::Antigravity,
    &gemini::Gemini,
    &kimi_for_coding::KimiForCoding,
    &minimax::Minimax,
    &openai_api::OpenaiApi,
    &anthropic_admin::AnthropicAdmin,
    &deepseek::Deepseek,
    &moonshotai::Moonshotai,
    &chutes::Chutes,
    &ollama_cloud::OllamaCloud,
    &opencode::Opencode,
    &perplexity::Perplexity,
];

/// The providers that are part of the program.
pub fn built_in() -> Vec<ProviderHandle> {
    BUILT_IN
        .iter()
        .map(|provider| ProviderHandle::shared(*provider))
        .collect()
}

/// Whether a process is an app that can be asked instead of its maker.
pub fn is_app(process: &Process) -> bool {
    antigravity_app::is_server(process)
}

/// What running apps can be asked with; their listening addresses must have been looked up.
pub fn app_logins(processes: &[Process]) -> Vec<Credential> {
    antigravity_app::logins(processes)
}

/// What providers say about their credentials.
pub fn wanted(providers: &[ProviderHandle]) -> Vec<CredentialSpec> {
    providers
        .iter()
        .map(|provider| provider.about().credentials.clone())
        .collect()
}

/// Who bills for a provider; an id that is unknown here bills for itself.
pub fn biller_of<'a>(provider_id: &'a str, providers: &'a [ProviderHandle]) -> &'a str {
    let known = providers.iter().find(|provider| provider.about().id == provider_id);
    known.map_or(provider_id, |provider| &provider.about().biller_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_every_entry_has_one_owner() {
        let providers = built_in();
        let mut ids: Vec<_> = providers.iter().map(|provider| &provider.about().id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
        let mut owned = Vec::new();
        for one in wanted(&providers) {
            for entry in one.entries {
                for kind in entry.kinds {
                    let owns = (entry.id.clone(), kind);
                    assert!(!owned.contains(&owns), "{} has two owners", entry.id);
                    owned.push(owns);
                }
            }
        }
    }
}
