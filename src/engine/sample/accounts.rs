//! The sample home of `--demo`, continued: its logins and what their plans leave.

use crate::core::credential::{
    Content, Credential, CredentialSpec, Kind, ProviderCredentials, Rank, Secret, provider_credentials,
};
use crate::core::quota::{Credits, FIVE_HOURS, Limit, MONTH, ProviderUsage, Spend, SpendPeriod, WEEK, sort_limits};
use crate::providers::report::Report;
use crate::providers::{self, About, ProviderHandle};
use std::sync::Arc;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What `creds` finds there: logins of three tools, one of them expired, and a key.
pub(crate) fn credentials(wanted: &[CredentialSpec], now: i64) -> Vec<ProviderCredentials> {
    let one = |provider: &str, kind, source, rank, origin: &str, entry: Option<&str>| {
        // Nothing that opens anything: it only has to have a fingerprint.
        let secret = Secret::new(&format!("demo {provider} {source}")).map_or(Content::Missing, Content::Secret);
        Credential {
            origin: origin.to_owned(),
            entry: entry.map(str::to_owned),
            ..Credential::new(provider, kind, source, rank, secret)
        }
    };
    let store = |provider: &str, kind, entry| {
        let path = "~/.local/share/opencode/auth.json";
        let mut stored = one(provider, kind, "opencode-auth", Rank::OpencodeAuth, path, Some(entry));
        stored.file_mode = Some(0o600);
        stored
    };
    let mut claude = one(
        "anthropic",
        Kind::Oauth,
        "claude-code",
        Rank::Tool,
        "~/.claude/.credentials.json",
        Some("claudeAiOauth"),
    );
    claude.expires_at = Some(now + 5 * HOUR_MS);
    claude.scopes = vec!["user:inference".to_owned(), "user:profile".to_owned()];
    claude.file_mode = Some(0o600);
    let mut old = store("anthropic", Kind::Oauth, "anthropic");
    old.expires_at = Some(now - 3 * DAY_MS);
    let mut codex = one(
        "codex",
        Kind::Oauth,
        "codex-cli",
        Rank::Tool,
        "~/.codex/auth.json",
        Some("tokens.access_token"),
    );
    codex.expires_at = Some(now + 6 * DAY_MS);
    codex.file_mode = Some(0o600);
    let copilot = store("github-copilot", Kind::Oauth, "github-copilot");
    let key = one(
        "openrouter",
        Kind::Api,
        "env",
        Rank::Environment,
        "$OPENROUTER_API_KEY",
        None,
    );
    provider_credentials(vec![claude, old, codex, copilot, key], wanted, now)
}

/// The answers of their providers, a minute old.
pub(crate) fn reports(providers: &[ProviderHandle], now: i64) -> Vec<Report> {
    let provider_credentials = credentials(&providers::wanted(providers), now);
    let report = |about: &Arc<About>| {
        let chosen = provider_credentials
            .iter()
            .find(|holding| holding.provider_id == about.id)?
            .chosen()?;
        let mut usage = usage(&about.id, now);
        sort_limits(&mut usage.limits);
        let mut report = Report::new(about);
        report.source = Some(chosen.source.to_owned());
        report.fetched_at = Some(now - 60_000);
        report.usage = Some(usage);
        Some(report)
    };
    providers
        .iter()
        .filter_map(|provider| report(provider.about()))
        .collect()
}

fn usage(id: &str, now: i64) -> ProviderUsage {
    let five_hours = |percent| Limit::new(percent, Some(FIVE_HOURS)).until(Some(now + 3 * HOUR_MS));
    let week = |percent| Limit::new(percent, Some(WEEK)).until(Some(now + 4 * DAY_MS));
    let with = |plan: &str, limits| ProviderUsage {
        plan: Some(plan.to_owned()),
        limits,
        ..ProviderUsage::default()
    };
    match id {
        "anthropic" => with("Max 5x", vec![five_hours(37.0), week(61.5), week(12.0).of("Sonnet")]),
        "codex" => with("Plus", vec![five_hours(11.0), week(100.0)]),
        "github-copilot" => {
            let premium = Limit::counted(127.0, 300.0, "requests", Some(MONTH));
            let premium = premium.map(|limit| limit.until(Some(now + 10 * DAY_MS)).of("Premium"));
            with("Individual", premium.into_iter().collect())
        }
        _ => ProviderUsage {
            credits: Some(Credits::new(74.75, "USD")),
            spend: Some(Spend::new(25.5, "USD", SpendPeriod::Month)),
            ..ProviderUsage::default()
        },
    }
}
