//! Reports: the turns of the ledger, priced, chosen and added up into rows.

pub(crate) mod activity;
pub(crate) mod anonymous;
pub(crate) mod answers;
pub(crate) mod budgets;
pub(crate) mod by;
pub(crate) mod ccusage;
pub(crate) mod cost;
mod cost_sums;
pub(crate) mod doctor;
pub(crate) mod insights;
pub(crate) mod ledger;
pub(crate) mod models;
pub(crate) mod plots;
pub(crate) mod select;
pub(crate) mod sessions;
pub(crate) mod show;
pub(crate) mod snapshot;
pub(crate) mod stats;
mod trend_rows;
pub(crate) mod trends;
pub(crate) mod turns;
mod unpriced;

use crate::core::currency::Displayed;
use crate::core::group::Addend;
use crate::core::money::{Billing, CostStatus, Money};
use crate::core::numbers::Numbers;
use crate::core::price::{CostFrom, Gaps, TurnCost, cost_of};
use crate::core::rows::Text;
use crate::core::turn::Mode;
use crate::ledger::Ledger;
use crate::ledger::merge::PackKey;
use crate::ledger::pack::PackEntry;
use crate::ledger::recent_sessions::Spans;
use crate::ledger::sessions::KnownSession;
use crate::prices::{Exchange, PriceBook};
use crate::system::config::Config;
use anyhow::Result;
use models::{Model, Models};
use rustc_hash::FxHashMap;
use select::Selected;
use std::cell::{Cell, OnceCell};

/// The ledger with prices: what every report is made from.
pub struct Usage<'a> {
    pub ledger: &'a Ledger,
    pub cost_from: CostFrom,
    models: Models<'a>,
    agents: Vec<Option<Text>>,
    /// The rates of the currency that amounts are shown in; `None` for dollars.
    exchange: Option<Exchange>,
    /// Whether a turn was met whose month has no rate yet.
    has_newer: Cell<bool>,
    /// Names of imports by the row of their source.
    hosts: OnceCell<FxHashMap<i64, Text>>,
}

/// A counted turn, priced.
pub struct Priced<'u> {
    pub key: PackKey,
    pub numbers: Numbers,
    /// Rows in the table of names, as in [`PackEntry`].
    pub model_row: u32,
    pub origin_row: u32,
    pub model: &'u Model,
    pub cost: TurnCost,
    pub billing: Billing,
}

impl Priced<'_> {
    pub fn addend(&self) -> Addend<'_> {
        Addend {
            tokens: &self.numbers.tokens,
            cost: self.cost,
            billing: self.billing,
            accuracy: self.numbers.accuracy,
            presence: self.numbers.presence,
        }
    }
}

impl<'a> Usage<'a> {
    pub fn new(ledger: &'a Ledger, book: &'a PriceBook, config: &'a Config, cost_from: CostFrom) -> Self {
        let names = ledger.names();
        let agents = (0..names.len() as u32)
            .map(|row| names.agent(row).map(Text::from))
            .collect();
        Self {
            ledger,
            cost_from,
            models: Models::new(ledger, book, config),
            agents,
            exchange: book.exchange().cloned(),
            has_newer: Cell::new(false),
            hosts: OnceCell::new(),
        }
    }

    /// A cost in the reader's currency, and which that is; neither for dollars.
    fn displayed(&self, cost: Option<Money>) -> (Option<Displayed>, Option<&'static str>) {
        match &self.exchange {
            Some(exchange) => (cost.map(|cost| exchange.displayed(cost)), Some(exchange.currency.code)),
            None => (None, None),
        }
    }

    pub fn models(&self) -> &Models<'a> {
        &self.models
    }

    /// The id of an agent by its row.
    pub fn agent_id(&self, row: u32) -> Text {
        self.agents
            .get(row as usize)
            .cloned()
            .flatten()
            .unwrap_or_else(|| Text::from(""))
    }

    /// The machine that a source is from; `None` for this one.
    pub fn host_of(&self, source: i64) -> Option<&Text> {
        // A ledger too damaged for this is too damaged for the turns, whose reading reports it.
        let hosts = self
            .hosts
            .get_or_init(|| self.ledger.import_hosts().unwrap_or_default());
        hosts.get(&source)
    }

    /// The cost of a turn and who pays.
    #[inline]
    pub fn price(&self, key: PackKey, entry: PackEntry) -> Priced<'_> {
        let numbers = entry.numbers;
        let model = self.models.of(entry.model);
        let mut cost = cost_of(&numbers, &model.prices, self.cost_from);
        if let Some(exchange) = &self.exchange {
            cost.cost = cost.cost.map(|cost| exchange.dated(cost, numbers.timestamp));
            if exchange.is_newer(numbers.timestamp) {
                self.has_newer.set(true);
            }
        }
        if cost.status == CostStatus::Recorded && model.prices.entries().is_empty() {
            model.is_priced_by_agent.set(true);
        }
        if cost.unpriced_tokens > 0 {
            note_unpriced(model, numbers.mode, cost.unpriced_tokens);
        }
        if cost.status == CostStatus::Partial || cost.status == CostStatus::Unknown && cost.unpriced_tokens == 0 {
            note_gaps(model, &numbers);
        }
        let billing = self.models.billing(key.agent, entry.model);
        Priced {
            key,
            numbers,
            model_row: entry.model,
            origin_row: entry.origin,
            model,
            cost,
            billing,
        }
    }

    /// Hands on every counted turn that was chosen, in no particular order.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn each(&self, selected: &Selected, mut each: impl FnMut(&Priced<'_>) -> Result<()>) -> Result<()> {
        self.ledger.visit(&selected.packs, |head, columns| {
            for at in 0..columns.len() {
                if !columns.is_counted(at) {
                    continue;
                }
                let entry = columns.turn(at);
                if selected.takes(&entry) {
                    each(&self.price(head.key, entry))?;
                }
            }
            Ok(())
        })
    }
}

#[cold]
fn note_unpriced(model: &Model, mode: Mode, tokens: u64) {
    let (standard, other) = model.unpriced.get();
    let is_standard = mode == Mode::Standard;
    model.unpriced.set(match is_standard {
        true => (standard.saturating_add(tokens), other),
        false => (standard, other.saturating_add(tokens)),
    });
}

#[cold]
fn note_gaps(model: &Model, numbers: &Numbers) {
    let gaps = Gaps::of(numbers, &model.prices);
    model.gaps.set(model.gaps.get().plus(gaps));
}

/// A text of the ledger, where an empty one means that nothing is known.
fn text(text: &str) -> Option<Text> {
    (!text.is_empty()).then(|| text.into())
}

/// A session as rows show it.
#[derive(Clone, Debug)]
pub struct SessionView {
    pub row: i64,
    pub agent: u32,
    pub id: Text,
    pub name: Option<Text>,
    pub project: Option<Text>,
    pub parent: Option<Text>,
    pub forked_from: Option<Text>,
    pub interactive: Option<bool>,
    pub gone: bool,
    pub started_at: Option<i64>,
    pub updated_at: Option<i64>,
}

/// All sessions of the ledger, by row.
pub struct Sessions {
    by_row: FxHashMap<i64, SessionView>,
    rows: FxHashMap<(u32, Text), i64>,
}

impl Sessions {
    /// # Errors
    /// When the ledger is damaged.
    pub fn load(ledger: &Ledger) -> Result<Self> {
        Ok(Self::of_known(ledger.sessions()?, &ledger.spans()?))
    }

    /// Only those that were updated last.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn load_newest(ledger: &Ledger, selected: &Selected, most: usize) -> Result<Self> {
        let (known, spans) = ledger.newest_sessions(selected.packs.agents.as_ref(), most)?;
        Ok(Self::of_known(known, &spans))
    }

    /// Loads only sessions with these agents and ids, without the times of their turns.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn load_named<'a>(ledger: &Ledger, ids: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let names = ledger.names();
        let mut found = FxHashMap::default();
        for (agent, id) in ids {
            let row = (0..names.len() as u32).find(|row| names.agent(*row) == Some(agent));
            let session = row.map(|row| ledger.find_session(row, id)).transpose()?.flatten();
            found.extend(session.map(|session| (session.id, session)));
        }
        Ok(Self::of_known(found, &Spans::default()))
    }

    fn of_known(known: FxHashMap<i64, KnownSession>, spans: &Spans) -> Self {
        let mut sessions = Self {
            by_row: FxHashMap::default(),
            rows: FxHashMap::default(),
        };
        for (row, known) in known {
            let span = spans.get(&row).copied();
            let info = known.info;
            let view = SessionView {
                row,
                agent: known.agent,
                id: info.id.into(),
                name: info.title.map(|title| title.text.into()),
                project: info.project.map(|project| project.path.into()),
                parent: info.parent_id.map(Text::from),
                forked_from: info.forked_from.map(Text::from),
                interactive: info.interactive,
                gone: known.gone,
                started_at: info.started_at.or(span.map(|span| span.0)),
                updated_at: info.updated_at.max(span.map(|span| span.1)),
            };
            sessions.rows.insert((view.agent, view.id.clone()), row);
            sessions.by_row.insert(row, view);
        }
        sessions
    }

    pub fn of(&self, row: i64) -> Option<&SessionView> {
        self.by_row.get(&row)
    }

    pub fn all(&self) -> impl Iterator<Item = &SessionView> + Clone {
        self.by_row.values()
    }

    pub fn parent_of(&self, session: &SessionView) -> Option<&SessionView> {
        let parent = session.parent.clone()?;
        self.rows
            .get(&(session.agent, parent))
            .and_then(|row| self.by_row.get(row))
    }

    /// The session that was not started by another one, up the chain. A loop in damaged data ends where it began.
    pub fn root_of(&self, row: i64) -> Option<&SessionView> {
        let mut session = self.of(row)?;
        for _ in 0..self.by_row.len() {
            match self.parent_of(session) {
                Some(parent) if parent.row != row => session = parent,
                _ => break,
            }
        }
        Some(session)
    }
}
