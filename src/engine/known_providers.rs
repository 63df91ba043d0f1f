//! The providers of an agent, by the agent's ids.

use super::provider_rows::Listed;
use crate::core::credential::{Holding, Kind, Wanted};
use crate::core::quota::{ProviderState, Reason};
use crate::credentials::Known;
use crate::providers::About;
use crate::providers::report::Report;
use std::sync::Arc;

/// What is known of providers that only the agent knows.
fn nothing_known() -> Arc<About> {
    Arc::new(About {
        id: String::new(),
        name: String::new(),
        biller_id: String::new(),
        base_url: String::new(),
        interval_s: 0,
        needs_consent: false,
        capabilities: Vec::new(),
        credentials: Wanted {
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

/// One per id. An id may stand for several providers (a plan and an API): the one that is configured speaks for it.
pub fn list(known: Vec<Known>, reports: &[Report], holdings: &[Holding]) -> Vec<Listed> {
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
            None => unknown(known, holdings),
        }
    };
    known.into_iter().map(listed).collect()
}

/// It can be logged in to, and that is all there is to know.
fn unknown(known: Known, holdings: &[Holding]) -> Listed {
    let holding = holdings.iter().find(|holding| holding.provider_id == known.id);
    let credential = holding.and_then(Holding::chosen);
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
