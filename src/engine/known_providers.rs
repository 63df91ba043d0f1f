//! The providers of an agent, by the agent's ids.

use super::provider_rows::Listed;
use crate::core::credential::{CredentialSpec, Kind, ProviderCredentials};
use crate::core::quota::{ProviderState, Reason};
use crate::credentials::Known;
use crate::providers::About;
use crate::providers::report::Report;
use std::sync::Arc;

/// Placeholder for providers that only the agent knows.
fn nothing_known() -> Arc<About> {
    Arc::new(About {
        id: String::new(),
        name: String::new(),
        biller_id: String::new(),
        base_url: String::new(),
        interval_s: 0,
        needs_consent: false,
        capabilities: Vec::new(),
        credentials: CredentialSpec {
            provider_id: String::new(),
            accepts: vec![Kind::Api],
            tries_others: false,
            variables: Vec::new(),
            entries: Vec::new(),
            usual: Default::default(),
            hint: String::new(),
        },
    })
}

/// One row per id. If an id covers several providers (a plan and an API), the configured one represents it.
pub(super) fn list(known: Vec<Known>, reports: &[Report], provider_credentials: &[ProviderCredentials]) -> Vec<Listed> {
    let listed = |known: Known| {
        let is_meant = |report: &&Report| {
            let about = &report.about;
            let has_entry = about.credentials.entries.iter().any(|entry| entry.id == known.id);
            about.id == known.id || has_entry || about.biller_id == known.id
        };
        let meant: Vec<&Report> = reports.iter().filter(is_meant).collect();
        let exact = meant.iter().find(|report| report.about.id == known.id);
        let configured = meant.iter().find(|report| report.state != ProviderState::NotConfigured);
        match exact.or(configured).or(meant.first()) {
            Some(report) => Listed {
                id: known.id,
                is_enabled: known.is_enabled,
                ..Listed::from((*report).clone())
            },
            None => unknown(known, provider_credentials),
        }
    };
    known.into_iter().map(listed).collect()
}

/// It can be logged in to, and that is all there is to know.
fn unknown(known: Known, provider_credentials: &[ProviderCredentials]) -> Listed {
    let holding = provider_credentials
        .iter()
        .find(|holding| holding.provider_id == known.id);
    let credential = holding.and_then(ProviderCredentials::chosen);
    let mut report = Report::new(&nothing_known());
    report.state = match credential {
        Some(_) => ProviderState::Unsupported,
        None => ProviderState::NotConfigured,
    };
    report.reason = credential.map(|_| Reason::Product);
    report.source = credential.map(|credential| credential.source.to_owned());
    Listed {
        name: known.id.clone(),
        biller_id: known.id.clone(),
        is_enabled: known.is_enabled,
        id: known.id,
        report,
    }
}
