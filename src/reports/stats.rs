//! OpenCode's statistics for the GNOME extension, from the ledger: no count is lost to a second OpenCode.

use super::Usage;
use super::select::Selected;
use crate::core::group::Totals;
use crate::core::period::{Calendar, Range, Unit};
use crate::core::stats::{DailyStats, SessionStats, Stats, Sums, TotalStats};
use anyhow::Result;
use jiff::tz::TimeZone;
use rustc_hash::{FxHashMap, FxHashSet};

const AGENT: &str = "opencode";
const UNKNOWN: &str = "unknown";

/// The state of processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// When the oldest OpenCode that runs was started; if none runs, the last one that did.
    pub began: Option<i64>,
    /// Whether a session that no other one started is at work.
    pub is_working: bool,
    /// When the last of them ended its turn, where that is known.
    pub rested_at: Option<i64>,
}

impl Usage<'_> {
    /// `idle_ms`: nothing happened for so long.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn stats(&self, presence: Presence, idle_ms: i64, zone: &TimeZone, now: i64) -> Result<Stats> {
        let names = self.ledger.names();
        let mut selected = Selected::all();
        let is_opencode = |row: &u32| names.agent(*row) == Some(AGENT);
        selected.packs.agents = Some((0..names.len() as u32).filter(is_opencode).collect());
        let today = Calendar::new(zone).period(Unit::Day, now).clone();
        let (mut first, mut last): (Option<i64>, Option<i64>) = (None, None);
        let mut all: FxHashMap<u32, Totals> = FxHashMap::default();
        self.each(&selected, |turn| {
            let at = turn.numbers.timestamp;
            first = Some(first.map_or(at, |first| first.min(at)));
            last = last.max(Some(at));
            all.entry(turn.model_row).or_default().add(&turn.addend());
            Ok(())
        })?;
        let began = match presence.began {
            Some(began) => began,
            // Never seen: the newest session is the last that can have run.
            None => self.newest_session()?.or(last).unwrap_or(now),
        };
        let shared = self.shared_ids(all.keys().copied());
        let since = |range: Range| -> Result<Sums> {
            let mut packs = selected.packs.clone();
            (packs.start, packs.end) = (range.start, range.end);
            let mut selected = Selected::all();
            selected.packs = packs;
            let mut models: FxHashMap<u32, Totals> = FxHashMap::default();
            self.each(&selected, |turn| {
                models.entry(turn.model_row).or_default().add(&turn.addend());
                Ok(())
            })?;
            Ok(self.sums(&models, &shared))
        };
        let session = since(Range {
            start: began,
            end: i64::MAX,
        })?;
        let rested_at = presence.rested_at.max(last).unwrap_or(began);
        let is_idle = session.total_tokens > 0 && !presence.is_working && now - rested_at >= idle_ms;
        Ok(Stats {
            session: SessionStats {
                sums: session,
                last_activity: last.unwrap_or(began),
                start_time: began,
                is_idle,
                idle_since: is_idle.then_some(rested_at),
            },
            daily: DailyStats {
                sums: since(today.range())?,
                date: today.label.to_string(),
            },
            total: TotalStats {
                sums: self.sums(&all, &shared),
                install_date: first.unwrap_or(now),
            },
        })
    }

    fn newest_session(&self) -> Result<Option<i64>> {
        let sessions = self.ledger.sessions()?;
        let own = sessions
            .values()
            .filter(|known| self.ledger.names().agent(known.agent) == Some(AGENT) && known.info.parent_id.is_none());
        Ok(own.filter_map(|known| known.info.started_at).max())
    }

    /// Ids of models that several providers have.
    fn shared_ids(&self, models: impl Iterator<Item = u32>) -> FxHashSet<String> {
        let mut providers: FxHashMap<String, FxHashSet<String>> = FxHashMap::default();
        for row in models {
            let (provider, model) = self.ledger.names().model(row);
            providers
                .entry(model.to_owned())
                .or_default()
                .insert(provider.to_owned());
        }
        let shared = providers.into_iter().filter(|(_, providers)| providers.len() > 1);
        shared.map(|(model, _)| model).collect()
    }

    fn sums(&self, models: &FxHashMap<u32, Totals>, shared: &FxHashSet<String>) -> Sums {
        let mut sums = Sums::default();
        for (row, totals) in models {
            let (provider, model) = self.ledger.names().model(*row);
            let name = match (provider, model) {
                (_, "") => UNKNOWN.to_owned(),
                (provider, model) if shared.contains(model) && !provider.is_empty() => format!("{provider}/{model}"),
                (_, model) => model.to_owned(),
            };
            sums.add(&name, totals);
        }
        sums
    }
}
