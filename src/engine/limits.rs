//! Plan limits, credits and spend: asked from the providers, or recalled without asking.

use super::Engine;
use super::known_providers;
use super::local_limits::LocalLimits;
use super::provider_rows::Listed;
use super::registry::Finding;
use super::sample;
use crate::core::credential::{Credential, ProviderCredentials};
use crate::core::filter::Globs;
use crate::core::process::Process;
use crate::core::quota::{LimitSeen, ProviderState};
use crate::core::rows::{LimitHistoryRow, ProviderRow};
use crate::core::time::Time;
use crate::credentials;
use crate::processes::{Reader, read_details};
use crate::providers::address::Addresses;
use crate::providers::memory::{Memory, TOLD_MS, recalled_reports};
use crate::providers::poll::Poll;
use crate::providers::report::Report;
use crate::providers::{self, About};
use crate::system::http::loopback_url;
use anyhow::Result;

/// Which providers to ask, and which of them to list.
#[derive(Clone, Debug, Default)]
pub struct LimitsQuery {
    /// Ids of providers or billers.
    pub providers: Globs,
    pub list: Listing,
    /// Whether the keychain may be asked, which may raise a dialog.
    pub asks_keychain: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listing {
    /// Those that there are numbers or a login of.
    #[default]
    Configured,
    All,
    /// Those that OpenCode knows, by its ids.
    KnownToOpencode,
}

impl Engine {
    /// Asks only the listed providers, and stores their answers in the history.
    ///
    /// # Errors
    /// When a variable names a foreign host.
    pub fn limits(&mut self, query: &LimitsQuery) -> Result<Vec<ProviderRow>> {
        let listed: Vec<Listed> = if self.is_sample {
            sample::accounts::reports(&self.registry.providers, self.system.now)
                .into_iter()
                .map(Listed::from)
                .collect()
        } else {
            self.ask_and_list(query)?
        };
        self.rows_of(listed)
    }

    /// How windows filled since a time, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn limit_history(&self, since: i64) -> Result<Vec<LimitHistoryRow>> {
        let ledger = self.ledger()?;
        self.problems.borrow_mut().extend(ledger.problems().iter().cloned());
        let seen = ledger.limits_since(since)?.into_iter();
        Ok(seen.map(|one| self.history_row(one)).collect())
    }

    /// Reports of every enabled provider, without requests.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn recalled_limits(&self) -> Result<Vec<(Report, Memory)>> {
        let now = self.system.now;
        if self.is_sample {
            let reports = sample::accounts::reports(&self.registry.providers, now).into_iter();
            return Ok(reports.map(|report| (report, Memory::default())).collect());
        }
        let seen = self.ledger()?.limits_since(now - TOLD_MS)?;
        let providers = &self.registry.providers;
        Ok(recalled_reports(providers, &self.system, &self.config, &seen, now))
    }

    /// The rows of every provider that there are numbers or a login of, without requests.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn recalled_rows(&self, has_unconfigured: bool) -> Result<Vec<ProviderRow>> {
        let reports = self.recalled_limits()?.into_iter().map(|(report, _)| report);
        let listed: Vec<Listed> = reports
            .filter(|report| has_unconfigured || report.state != ProviderState::NotConfigured || report.usage.is_some())
            .map(Listed::from)
            .collect();
        self.rows_of(listed)
    }

    /// By id, with the pace of each limit.
    fn rows_of(&self, mut listed: Vec<Listed>) -> Result<Vec<ProviderRow>> {
        listed.sort_by(|a, b| a.id.cmp(&b.id));
        let now = self.system.now;
        let mut rows: Vec<ProviderRow> = listed.into_iter().map(|one| one.row(now)).collect();
        self.add_pace(&mut rows)?;
        Ok(rows)
    }

    fn ask_and_list(&mut self, query: &LimitsQuery) -> Result<Vec<Listed>> {
        // Before any credential is read: a foreign host in the environment ends the run here.
        let addresses = Addresses::from_env(&self.system, &self.registry.providers)?;
        loopback_url(&self.system, "TTOP_PRICES_URL")?;
        let mut local = LocalLimits::start(self)?;
        let provider_credentials = self.find_credentials(query.asks_keychain, Finding::default());
        let mut reports = self.ask(query, &addresses, &provider_credentials)?;
        let (now, seen) = (self.system.now, local.seen(self));
        reports.iter_mut().for_each(|report| report.add_local(&seen, now));
        local.keep(reports.iter().flat_map(Report::to_remember).collect(), self);
        Ok(self.list(query.list, reports, &provider_credentials))
    }

    fn ask(
        &self,
        query: &LimitsQuery,
        addresses: &Addresses,
        provider_credentials: &[ProviderCredentials],
    ) -> Result<Vec<Report>> {
        let fingerprints = self.fingerprints()?;
        let is_listed = |about: &About| {
            let is_wanted = query.providers.matches(Some(&about.id)) || query.providers.matches(Some(&about.biller_id));
            // An agent has ids of its own.
            query.list == Listing::KnownToOpencode || is_wanted
        };
        let all = self.registry.providers.iter().cloned();
        let asked: Vec<_> = all.filter(|provider| is_listed(provider.about())).collect();
        let running = if self.system.offline { Vec::new() } else { find_apps() };
        let poll = Poll {
            system: &self.system,
            config: &self.config,
            addresses,
            provider_credentials,
            running: &running,
            fingerprints: &fingerprints,
        };
        let reports = poll.ask_all(&asked);
        let problem = reports.iter().find_map(|report| report.problem.clone());
        problem.into_iter().for_each(|problem| self.note_problem(problem));
        Ok(reports)
    }

    fn history_row(&self, seen: LimitSeen) -> LimitHistoryRow {
        LimitHistoryRow {
            biller_id: self.registry.biller_of(&seen.provider_id).to_owned(),
            scope: seen.limit().scope,
            plan: seen.plan,
            label: seen.label,
            used_percent: seen.used_percent,
            window_minutes: seen.window_minutes,
            resets_at: seen.resets_at,
            timestamp: seen.seen_at,
            time: Time(seen.seen_at),
            provider_id: seen.provider_id,
        }
    }

    /// The ones to list.
    fn list(
        &self,
        listing: Listing,
        reports: Vec<Report>,
        provider_credentials: &[ProviderCredentials],
    ) -> Vec<Listed> {
        // Numbers of local files are worth a row, with a login or without.
        let is_known = |report: &Report| report.state != ProviderState::NotConfigured || report.usage.is_some();
        match listing {
            Listing::KnownToOpencode => known_providers::list(
                credentials::known_to_opencode(&self.system),
                &reports,
                provider_credentials,
            ),
            Listing::All => reports.into_iter().map(Listed::from).collect(),
            Listing::Configured => reports.into_iter().filter(is_known).map(Listed::from).collect(),
        }
    }
}

/// Credentials of running apps.
fn find_apps() -> Vec<Credential> {
    let reader = Reader::default();
    let mut processes: Vec<Process> = reader.list().into_iter().filter(providers::is_app).collect();
    read_details(&reader, &mut processes, |_| true, |_| true);
    providers::app_logins(&processes)
}
