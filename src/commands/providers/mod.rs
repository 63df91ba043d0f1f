//! `ttop providers`: plan limits, credits and spend, asked from the providers.

mod history;
mod known;
mod local;
mod row;

use super::context::Context;
use crate::args::{Filters, RowArgs};
use crate::core::credential::{Credential, Holding};
use crate::core::filter::Globs;
use crate::core::process::Process;
use crate::core::quota::ProviderState;
use crate::core::rows::{LimitRow, ProviderRow};
use crate::credentials::{self, Keychain, Search, keychain};
use crate::demo_accounts;
use crate::exit::Exit;
use crate::processes::{Reader, look_closer};
use crate::providers::address::Addresses;
use crate::providers::poll::Poll;
use crate::providers::report::Report;
use crate::providers::{self, About, Provider};
use crate::render::Layout;
use crate::system::Os;
use crate::system::fingerprint::Fingerprints;
use crate::system::http::loopback_url;
use anyhow::Result;
use clap::{Args, ValueEnum};
use local::Local;
use row::Listed;
use std::io::IsTerminal;

/// Show plan limits, credits and spend, asked from the providers
#[derive(Args, Debug, Default)]
pub struct ProvidersArgs {
    /// List every known provider
    #[arg(long)]
    pub all: bool,
    /// List the providers that an agent knows, by its ids
    #[arg(long, value_name = "AGENT", conflicts_with = "all")]
    pub known_by: Option<KnownBy>,
    /// Print only providers with a window that is over, and exit 3 if there are any
    #[arg(long)]
    pub check: bool,
    /// From how many per cent on a window is over
    #[arg(long, value_name = "PERCENT", requires = "check", default_value_t = 100.0)]
    pub at: f64,
    /// Show how windows filled, since a time or for a span: 7d, 2026-11-01
    #[arg(long, value_name = "TIME", conflicts_with_all = ["all", "known_by", "check"])]
    pub history: Option<String>,
    /// Ask the macOS keychain even when nobody may be there to answer its dialog
    #[arg(long)]
    pub keychain: bool,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub rows: RowArgs,
}

/// An agent that lists providers in its own files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KnownBy {
    Opencode,
}

impl ProvidersArgs {
    /// # Errors
    /// When a variable names a foreign host, or the rows could not be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        if let Some(span) = &self.history {
            return history::run(span, &self.filters, &self.rows, context);
        }
        context.request(&self.rows)?.check::<ProviderRow>(false)?;
        self.filters.check::<ProviderRow>()?;
        let mut listed: Vec<Listed> = if context.global.demo {
            demo_accounts::reports(context.system.now)
                .into_iter()
                .map(Listed::from)
                .collect()
        } else {
            self.ask_and_list(context)?
        };
        listed.sort_by(|a, b| a.id.cmp(&b.id));
        let now = context.system.now;
        let mut rows: Vec<ProviderRow> = listed.into_iter().map(|one| one.row(now)).collect();
        if self.check {
            let is_over = |limit: &LimitRow| limit.used_percent.is_some_and(|percent| percent >= self.at);
            rows.retain(|row| row.limits.iter().any(is_over));
        }
        let rows = self.filters.choose(context, rows)?;
        let has_failed = self.check && !rows.is_empty();
        let layout = Layout {
            grep: self.filters.grep(),
            ..Layout::default()
        };
        let exit = context.print(&self.rows, layout, rows.into_iter().map(Ok))?;
        Ok(if has_failed { Exit::Check } else { exit })
    }

    fn ask_and_list(&self, context: &mut Context) -> Result<Vec<Listed>> {
        let all = providers::providers();
        // Before any credential is read: a foreign host in the environment ends the run here.
        let addresses = Addresses::from_env(&context.system, all)?;
        loopback_url(&context.system, "TTOP_PRICES_URL")?;
        let mut local = Local::start(context);
        let holdings = self.find_credentials(context);
        let mut reports = self.ask(&addresses, &holdings, all, context)?;
        let (now, seen) = (context.system.now, local.seen(context));
        reports.iter_mut().for_each(|report| report.add_local(&seen, now));
        local.keep(reports.iter().flat_map(Report::to_remember).collect(), context);
        Ok(self.list(reports, &holdings, context))
    }

    fn find_credentials(&self, context: &Context) -> Vec<Holding> {
        let may_ask = self.keychain || std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        credentials::find(&Search {
            system: &context.system,
            wanted: &providers::wanted(),
            keychain: (context.system.os == Os::MacOs && may_ask).then_some(&keychain::read_item as Keychain),
        })
    }

    /// Asks those that will be shown and no others.
    fn ask(
        &self,
        addresses: &Addresses,
        holdings: &[Holding],
        all: &[&'static dyn Provider],
        context: &mut Context,
    ) -> Result<Vec<Report>> {
        let (fingerprints, problem) = Fingerprints::open(&context.system)?;
        problem.iter().for_each(|problem| context.warn(problem));
        let globs = Globs::new(&self.filters.provider);
        let is_shown = |about: &About| {
            let is_wanted = globs.matches(Some(about.id)) || globs.matches(Some(about.biller_id));
            // An agent has ids of its own.
            self.known_by.is_some() || is_wanted
        };
        let asked: Vec<_> = all
            .iter()
            .copied()
            .filter(|provider| is_shown(provider.about()))
            .collect();
        let running = if context.system.offline {
            Vec::new()
        } else {
            find_apps()
        };
        let poll = Poll {
            system: &context.system,
            config: &context.config,
            addresses,
            holdings,
            running: &running,
            fingerprints: &fingerprints,
        };
        let reports = poll.ask_all(&asked);
        for problem in reports.iter().filter_map(|report| report.problem.as_ref()).take(1) {
            context.warn(problem);
        }
        Ok(reports)
    }

    /// The ones to show.
    fn list(&self, reports: Vec<Report>, holdings: &[Holding], context: &Context) -> Vec<Listed> {
        match self.known_by {
            Some(KnownBy::Opencode) => known::list(credentials::known_to_opencode(&context.system), &reports, holdings),
            None => {
                // Numbers of local files are worth a row, with a login or without.
                let is_known = |report: &Report| report.state != ProviderState::NotConfigured || report.usage.is_some();
                let is_shown = |report: &Report| self.all || is_known(report);
                reports.into_iter().filter(is_shown).map(Listed::from).collect()
            }
        }
    }
}

/// What can be asked of apps that run now.
fn find_apps() -> Vec<Credential> {
    let reader = Reader::default();
    let mut processes: Vec<Process> = reader.list().into_iter().filter(providers::is_app).collect();
    look_closer(&reader, &mut processes, |_| true);
    providers::app_logins(&processes)
}
