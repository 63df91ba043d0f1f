//! The requests of a session, which Goose lists since schema 15, and what its total has beyond them.

use super::ID;
use crate::agents::Batch;
use crate::agents::shared::lenient::dollars;
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::table::{self, Cells};
use crate::core::biller::biller;
use crate::core::money::{Money, fill};
use crate::core::numbers::Numbers;
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, EventKey, Rank, RecordKey, Turn};
use anyhow::Result;
use rustc_hash::FxHashMap;

const COLUMNS: [&str; 10] = [
    "session_id",
    "created_timestamp",
    "model",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cost",
    "cost_source",
];

/// A row that stands for the session's total before its first request was listed.
const CARRIED: &str = "carried_forward";

/// Counts as Goose keeps them, each `None` where the provider did not report it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub total: Option<u64>,
    pub cache_read: Option<u64>,
    pub cache_write: Option<u64>,
    pub cost: Option<f64>,
}

impl Counts {
    pub(super) fn of(cells: &Cells<'_>, columns: [&str; 6]) -> Self {
        let [input, output, total, read, write] = [0, 1, 2, 3, 4].map(|at| cells.count(columns[at]));
        Self {
            input,
            output,
            total,
            cache_read: read,
            cache_write: write,
            cost: cells.number(columns[5]).filter(|cost| *cost > 0.0),
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.has_no_tokens() && self.cost.is_none()
    }

    fn has_no_tokens(&self) -> bool {
        self.input.unwrap_or(0) == 0 && self.output.unwrap_or(0) == 0
    }

    /// What is left of a total without a part of it. What neither records stays unknown.
    fn minus(self, part: Self) -> Self {
        let less = |total: Option<u64>, part: Option<u64>| match (total, part) {
            (Some(total), part) => Some(total.saturating_sub(part.unwrap_or(0))),
            (None, _) => None,
        };
        // Sums of fractions leave crumbs.
        let cost = self.cost.map(|cost| cost - part.cost.unwrap_or(0.0));
        Self {
            input: less(self.input, part.input),
            output: less(self.output, part.output),
            total: less(self.total, part.total),
            cache_read: less(self.cache_read, part.cache_read),
            cache_write: less(self.cache_write, part.cache_write),
            cost: cost.filter(|cost| *cost > 1e-9),
        }
    }

    fn plus(self, other: Self) -> Self {
        let sum = |one: Option<u64>, other: Option<u64>| match (one, other) {
            (None, None) => None,
            (one, other) => Some(one.unwrap_or(0).saturating_add(other.unwrap_or(0))),
        };
        let cost = self.cost.unwrap_or(0.0) + other.cost.unwrap_or(0.0);
        Self {
            input: sum(self.input, other.input),
            output: sum(self.output, other.output),
            total: sum(self.total, other.total),
            cache_read: sum(self.cache_read, other.cache_read),
            cache_write: sum(self.cache_write, other.cache_write),
            cost: (cost > 0.0).then_some(cost),
        }
    }

    /// Both caches are inside the input: it is only known where they are.
    pub(super) fn tokens(self) -> Tokens {
        let is_idle = self.input == Some(0);
        let fresh = match (self.input, self.cache_read, self.cache_write) {
            (Some(input), Some(read), Some(write)) => Some(input.saturating_sub(read).saturating_sub(write)),
            _ => self.input.filter(|_| is_idle),
        };
        // What the total has beyond both is reasoning that stands beside the output.
        let both = self.input.unwrap_or(0).saturating_add(self.output.unwrap_or(0));
        let has_more = self.total.is_some_and(|total| total > both);
        let counts = [fresh, self.output, Some(0), self.cache_read, self.cache_write].map(|count| count.unwrap_or(0));
        let known = [
            (Bucket::Input, fresh.is_some()),
            (Bucket::Output, self.output.is_some()),
            (Bucket::Reasoning, !has_more),
            (Bucket::CacheRead, is_idle || self.cache_read.is_some()),
            (Bucket::CacheWrite, is_idle || self.cache_write.is_some()),
        ];
        let unknown = known.into_iter().filter(|(_, is_known)| !is_known);
        unknown.fold(Tokens::from_parts(counts, 0), |tokens, (bucket, _)| {
            tokens.without(bucket)
        })
    }

    pub(super) fn money(self) -> Option<Money> {
        dollars(self.cost)
    }
}

/// One listed request.
struct Request {
    counts: Counts,
    model: Option<String>,
    time: Option<i64>,
    place: u64,
}

/// The list of one session.
#[derive(Default)]
pub(super) struct Listed {
    requests: Vec<Request>,
    carried: Counts,
}

/// The lists of all sessions.
#[derive(Default)]
pub(super) struct Ledger(FxHashMap<String, Listed>);

impl Ledger {
    /// Reads the list; before schema 15 there is none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) fn read(database: &Database, into: &mut Batch) -> Result<Self> {
        let mut ledger = Self::default();
        let in_order = ("order by rowid", ());
        table::read(database, "usage_ledger", &COLUMNS, in_order, into, |cells, _| {
            let Some(session) = cells.text("session_id") else {
                return Ok(());
            };
            let listed = ledger.0.entry(session).or_default();
            let columns = [
                "input_tokens",
                "output_tokens",
                "total_tokens",
                "cache_read_tokens",
                "cache_write_tokens",
                "cost",
            ];
            let counts = Counts::of(cells, columns);
            if cells.text("cost_source").as_deref() == Some(CARRIED) {
                listed.carried = listed.carried.plus(counts);
            } else {
                listed.requests.push(Request {
                    counts,
                    model: cells.text("model"),
                    time: cells.time("created_timestamp"),
                    place: cells.rowid(),
                });
            }
            Ok(())
        })?;
        Ok(ledger)
    }

    /// What the total of a session has beyond its listed requests; `None` where that is nothing.
    pub(super) fn rest(&self, session: &str, total: Counts) -> Option<Counts> {
        let Some(listed) = self.0.get(session) else {
            return Some(total).filter(|total| !total.is_nothing());
        };
        let requests = listed
            .requests
            .iter()
            .fold(Counts::default(), |sum, it| sum.plus(it.counts));
        let rest = total.minus(requests);
        // A total that was lost with an import is listed all the same.
        let rest = if rest.is_nothing() { listed.carried } else { rest };
        Some(rest).filter(|rest| !rest.is_nothing())
    }

    /// When the first listed request of a session was answered.
    pub(super) fn first(&self, session: &str) -> Option<i64> {
        self.0.get(session)?.requests.first()?.time
    }

    /// Adds the requests of a session, which was copied from `origin` if it was copied. What its total has beyond them is
    /// theirs where that is money alone and some have none; returns what is left of it.
    pub(super) fn add(&self, session: &Session<'_>, rest: Option<Counts>, into: &mut Batch) -> Option<Counts> {
        let requests = self.0.get(session.id).map_or(&[][..], |listed| &listed.requests);
        let part = |Request { counts, .. }: &Request| {
            let is_unpaid = counts.cost.is_none() && !counts.is_nothing();
            (counts.money(), is_unpaid.then(|| counts.tokens().known_total()))
        };
        let parts: Vec<_> = requests.iter().map(part).collect();
        let money = rest.filter(|rest| rest.has_no_tokens()).and_then(Counts::money);
        let is_given = money.is_some() && parts.iter().any(|(_, weight)| weight.is_some());
        for ((number, request), cost) in requests.iter().enumerate().zip(fill(money, &parts)) {
            let tokens = request.counts.tokens();
            if request.counts.is_nothing() {
                continue;
            }
            let model = request.model.as_deref().unwrap_or(session.model);
            into.turn(&Turn {
                session_id: session.id,
                record: RecordKey::of(format!("{}\0{number}", session.id)),
                // Requests are only added to the list: a copy of the session has the same ones in the same order.
                event: EventKey::of(ID, format!("{}\0request {number}", session.origin)),
                rank: Rank(tokens.known_total(), 0),
                supersedes: session.original,
                provider_id: biller(session.provider, model).unwrap_or(""),
                model_id: model,
                numbers: Numbers {
                    cost,
                    accuracy: Accuracy::of(&tokens),
                    ..Numbers::of(tokens, request.time.unwrap_or(session.started_at))
                },
                place: request.place,
                ..Turn::PLAIN
            });
        }
        rest.filter(|_| !is_given)
    }
}

/// What requests take from their session.
pub(super) struct Session<'a> {
    pub id: &'a str,
    pub origin: &'a str,
    /// The segment of imports of this session.
    pub original: Option<&'a str>,
    pub provider: &'a str,
    pub model: &'a str,
    pub started_at: i64,
}
