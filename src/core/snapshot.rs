//! Snapshot: what status bars show, small enough to be read in a moment. A sync leaves one behind.

use super::budget::Level;
use super::money::{CostStatus, Money};
use super::pace::Pace;
use super::status::Status;
use serde::{Deserialize, Serialize};

/// Raised when the shape changes: another shape is as good as none.
pub const SHAPE: u32 = 1;
/// `burn` looks at so many stretches of five minutes.
pub const STRETCHES: usize = 12;
pub const STRETCH_MS: i64 = 5 * 60 * 1000;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub shape: u32,
    /// When the sums were made: epoch milliseconds.
    pub summed_at: i64,
    /// Time of the last process scan; 0 if never.
    pub looked_at: i64,
    pub today: Span,
    pub week: Span,
    pub month: Span,
    /// The 5-hour blocks that now is in.
    pub blocks: Vec<Block>,
    /// The session that was active last.
    pub session: Option<Latest>,
    pub burn: Burn,
    pub limits: Vec<LimitNow>,
    pub budgets: Vec<BudgetNow>,
    pub agents: Vec<AgentNow>,
    /// When the oldest process of each agent was started, of those that run or else ran last.
    pub began: Vec<(String, i64)>,
    /// The time zone of days, as requested.
    pub zone: Option<String>,
    /// `alerts.warningPercent` and `alerts.criticalPercent`.
    pub thresholds: (f64, f64),
    /// The currency whose rates the costs have; none for dollars.
    #[serde(default)]
    pub currency: Option<String>,
}

impl Snapshot {
    /// Before anything was ever synced everything is unknown.
    pub fn unknown() -> Self {
        Self {
            shape: SHAPE,
            ..Self::default()
        }
    }
}

/// Money as it is kept: nano-dollars, and how they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    nanos: Option<i64>,
    /// Of the exchange rates of its turns; see [`Money`].
    #[serde(default, skip_serializing_if = "is_zero")]
    drift: i64,
    pub status: Option<CostStatus>,
}

impl Cost {
    pub fn new(cost: Option<Money>, status: Option<CostStatus>) -> Self {
        Self {
            nanos: cost.map(Money::nanos),
            drift: cost.map_or(0, Money::drift),
            status,
        }
    }

    pub fn money(self) -> Option<Money> {
        let money = self.nanos.map(Money::from_nanos);
        money.map(|money| money.with_drift(self.drift))
    }
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// A stretch of the calendar.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Span {
    pub start: i64,
    pub end: i64,
    pub cost: Cost,
    pub tokens: Option<u64>,
    pub turns: u64,
    pub sessions: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Block {
    pub provider: Option<String>,
    pub start: i64,
    pub end: i64,
    pub cost: Cost,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latest {
    pub id: String,
    pub name: Option<String>,
    pub agent: String,
    pub model: Option<String>,
    pub cost: Cost,
    pub tokens: Option<u64>,
    pub at: i64,
}

/// The usage of the last hour.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Burn {
    /// Tokens in each stretch of five minutes, the newest last.
    pub hour: [u64; STRETCHES],
    /// Of the last three of them.
    pub cost: Cost,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LimitNow {
    pub provider: String,
    pub name: String,
    pub label: String,
    pub used_percent: f64,
    pub resets_at: Option<i64>,
    pub told_at: i64,
    /// How fast its window fills; none if too little of it has passed.
    #[serde(default)]
    pub pace: Option<Pace>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BudgetNow {
    pub id: String,
    /// Whether the budget covers all turns.
    pub is_whole: bool,
    /// `day`, `week`, `month`.
    pub every: super::budget::Every,
    /// For dollars only.
    pub spent: Option<Cost>,
    pub used_percent: Option<f64>,
    pub level: Option<Level>,
    pub end: i64,
}

/// A running agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentNow {
    pub pid: u32,
    pub agent: String,
    pub session: Option<String>,
    pub name: Option<String>,
    pub model: Option<String>,
    pub status: Status,
    pub since: Option<i64>,
    pub pane: Option<String>,
    pub cost: Cost,
}

impl LimitNow {
    /// When it is reached at the pace so far, if that is yet to come and before the reset.
    pub fn runs_out_at(&self, now: i64) -> Option<i64> {
        self.pace?.runs_out_at.filter(|at| *at > now)
    }

    /// Whether its window is not over: of one that is, nothing is known any more.
    pub fn is_open(&self, now: i64) -> bool {
        self.resets_at.is_none_or(|at| at > now)
    }
}

impl Snapshot {
    /// Whether it was made by this clock in this zone: numbers of another day are none of this one.
    pub fn is_of(&self, now: i64, zone: Option<&str>) -> bool {
        const AT_ONCE_MS: i64 = 60_000;
        self.summed_at <= now + AT_ONCE_MS && self.zone.as_deref() == zone
    }

    /// The snapshot for a reader of a currency: rates of another one say nothing about it.
    #[must_use]
    pub fn for_currency(mut self, currency: Option<&str>) -> Self {
        if self.currency.as_deref() != currency {
            let spans = [
                &mut self.today.cost,
                &mut self.week.cost,
                &mut self.month.cost,
                &mut self.burn.cost,
            ];
            let session = self.session.iter_mut().map(|session| &mut session.cost);
            let blocks = self.blocks.iter_mut().map(|block| &mut block.cost);
            let budgets = self.budgets.iter_mut().filter_map(|budget| budget.spent.as_mut());
            let agents = self.agents.iter_mut().map(|agent| &mut agent.cost);
            let all = spans
                .into_iter()
                .chain(session)
                .chain(blocks)
                .chain(budgets)
                .chain(agents);
            all.for_each(|cost| cost.drift = 0);
        }
        self
    }

    /// Whether processes were scanned.
    pub fn has_looked(&self) -> bool {
        self.looked_at != 0
    }

    /// Whether the last minutes it knows of are still the last ones.
    pub fn is_burning(&self, now: i64) -> bool {
        self.summed_at != 0 && now - self.summed_at <= STRETCH_MS
    }

    /// Age of the older half; a half that was never updated has none.
    pub fn age(&self, now: i64) -> i64 {
        let oldest = match self.looked_at {
            0 => self.summed_at,
            looked_at => self.summed_at.min(looked_at),
        };
        (now - oldest).max(0)
    }
}

impl Burn {
    pub fn tokens_per_minute(&self) -> u64 {
        self.hour[STRETCHES - 3..].iter().sum::<u64>() / 15
    }

    /// At the rate of the last quarter of an hour.
    pub fn cost_per_hour(&self) -> Cost {
        let per_hour = |money: Money| money.scaled(4, 1);
        Cost::new(self.cost.money().map(per_hour), self.cost.status)
    }
}
