//! Cost rows: the chosen turns added up by the dimensions asked for.

use super::cost_sums::{Blocks, Sums};
use super::select::Selected;
use super::{Sessions, Usage};
use crate::core::group::Totals;
use crate::core::money::Money;
use crate::core::period::{Unit, blocks};
use crate::core::project::Projects;
use crate::core::rows::CostRow;
use anyhow::{Context as _, Result};
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What `--by` groups by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    Period(Unit),
    Block,
    Total,
    Agent,
    Provider,
    Vendor,
    Model,
    /// One name for every spelling of a model.
    Name,
    Project,
    Session,
    Branch,
    Subagent,
    Host,
}

/// How to group.
#[derive(Clone, Debug)]
pub struct Grouping {
    pub by: Vec<Dimension>,
    /// Count subagents under the session that started them.
    pub roots: bool,
    /// Paths that count as one project.
    pub projects: Projects,
    /// Only so many of the latest periods.
    pub last: Option<usize>,
}

/// The share of each agent and model (rows of the names) in a row.
pub(crate) type ByModel = FxHashMap<(u32, u32), Totals>;

/// Rows and their sum.
pub struct CostReport {
    pub rows: Vec<CostRow>,
    pub total: CostRow,
    /// What subscriptions cover of the total.
    pub plan_cost: Money,
    /// The share of each agent and model (rows of the names) in each row, by position, if requested.
    pub models: Vec<ByModel>,
}

impl Grouping {
    pub(super) fn has(&self, dimension: Dimension) -> bool {
        self.by.contains(&dimension)
    }

    /// The keys that the dimensions fill.
    pub(super) fn keys(&self) -> Arc<[&'static str]> {
        let key = |dimension: &Dimension| match dimension {
            Dimension::Period(_) => Some("period"),
            Dimension::Block => Some("block"),
            Dimension::Total => None,
            Dimension::Agent => Some("agentId"),
            Dimension::Provider => Some("providerId"),
            Dimension::Vendor => Some("vendorId"),
            Dimension::Model => Some("modelId"),
            Dimension::Name => Some("modelName"),
            Dimension::Project => Some("projectPath"),
            Dimension::Session => Some("sessionId"),
            Dimension::Branch => Some("branch"),
            Dimension::Subagent => Some("subagent"),
            Dimension::Host => Some("host"),
        };
        self.by.iter().filter_map(key).collect()
    }

    /// The calendar period; blocks are none.
    pub fn unit(&self) -> Option<Unit> {
        self.by.iter().find_map(|dimension| match dimension {
            Dimension::Period(unit) => Some(*unit),
            _ => None,
        })
    }

    /// Whether rows name sessions or projects, or fold them: then they must be at hand.
    pub fn needs_sessions(&self) -> bool {
        self.roots || self.has(Dimension::Session) || self.has(Dimension::Project)
    }
}

impl Usage<'_> {
    /// Rows by period, then by descending cost. Requires `sessions` if [`Grouping::needs_sessions`] is true. With
    /// `with_models`, sums each row's models, too.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn cost_rows(
        &self,
        selected: &Selected,
        sessions: Option<&Sessions>,
        grouping: &Grouping,
        zone: &TimeZone,
        now: i64,
        with_models: bool,
    ) -> Result<CostReport> {
        let groupings = std::slice::from_ref(grouping);
        let mut reports = self.cost_reports(selected, sessions, groupings, zone, now, with_models)?;
        reports.pop().context("one grouping has one report")
    }

    /// The same turns by several groupings, read once.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn cost_reports(
        &self,
        selected: &Selected,
        sessions: Option<&Sessions>,
        groupings: &[Grouping],
        zone: &TimeZone,
        now: i64,
        with_models: bool,
    ) -> Result<Vec<CostReport>> {
        let mut all = Vec::with_capacity(groupings.len());
        for grouping in groupings {
            let blocks = match grouping.has(Dimension::Block) {
                true => self.blocks()?,
                false => Blocks::default(),
            };
            all.push(Sums::new(grouping, sessions, zone, blocks, with_models));
        }
        self.each(selected, |turn| {
            all.iter_mut().for_each(|sums| sums.add(self, turn));
            Ok(())
        })?;
        Ok(all.into_iter().map(|sums| sums.report(self, now)).collect())
    }

    /// The 5-hour blocks of each provider, from all its turns: filters do not move where a block begins.
    fn blocks(&self) -> Result<Blocks> {
        let answers = self.answers()?.into_iter();
        let ranges = answers.map(|(provider, times)| (provider, blocks(times)));
        Ok(ranges.collect())
    }
}
