//! Caches: the requests of each conversation in order, to find writes that were read by none and ones that expired.

use super::super::{Priced, Usage};
use super::{Findings, list_cost};
use crate::core::fees::Region;
use crate::core::group::Addend;
use crate::core::insight::{CacheUse, rewritten, unread_writes};
use crate::core::money::{Billing, CostStatus, Money};
use crate::core::numbers::Numbers;
use crate::core::price::TurnCost;
use crate::core::rows::Insight;
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, Mode, Presence};
use crate::ledger::merge::PackKey;
use rustc_hash::{FxHashMap, FxHashSet};

const FIVE_MINUTES_MS: i64 = 5 * 60_000;
const HOUR_MS: i64 = 60 * 60_000;

/// One request, small enough to keep those of sessions that several sources hold.
#[derive(Clone, Copy, Debug)]
struct Request {
    at: i64,
    model: u32,
    origin: u32,
    input: u32,
    read: u32,
    write: u32,
    write_1h: u32,
    mode: Mode,
    region: Region,
    cost: Option<Money>,
    status: CostStatus,
    billing: Billing,
}

/// Requests of the session that is being read, and of those that come in several parts.
pub(super) struct Caches {
    /// Sessions with several packs.
    split: FxHashSet<i64>,
    parts: FxHashMap<i64, Vec<Request>>,
    current: Vec<Request>,
    key: Option<PackKey>,
    now: i64,
}

impl Caches {
    pub(super) fn new(split: FxHashSet<i64>, now: i64) -> Self {
        Self {
            split,
            parts: FxHashMap::default(),
            current: Vec::new(),
            key: None,
            now,
        }
    }

    pub(super) fn add(&mut self, usage: &Usage<'_>, turn: &Priced<'_>, findings: &mut Findings) {
        let Some(request) = request(turn) else { return };
        if self.split.contains(&turn.key.session) {
            self.parts.entry(turn.key.session).or_default().push(request);
            return;
        }
        if self.key != Some(turn.key) {
            self.flush(usage, findings);
            self.key = Some(turn.key);
        }
        self.current.push(request);
    }

    pub(super) fn finish(mut self, usage: &Usage<'_>, findings: &mut Findings) {
        self.flush(usage, findings);
        for (session, mut requests) in std::mem::take(&mut self.parts) {
            analyze(usage, session, &mut requests, self.now, findings);
        }
    }

    fn flush(&mut self, usage: &Usage<'_>, findings: &mut Findings) {
        if let Some(key) = self.key {
            analyze(usage, key.session, &mut self.current, self.now, findings);
        }
        self.current.clear();
    }
}

/// `None` where the size of a single request is unknown.
fn request(turn: &Priced<'_>) -> Option<Request> {
    let numbers = &turn.numbers;
    let count = |bucket| u32::try_from(numbers.tokens.count(bucket)?).ok();
    (numbers.requests == Some(1)).then_some(())?;
    Some(Request {
        at: numbers.timestamp,
        model: turn.model_row,
        origin: turn.origin_row,
        input: count(Bucket::Input)?,
        read: count(Bucket::CacheRead)?,
        write: count(Bucket::CacheWrite)?,
        write_1h: u32::try_from(numbers.cache_write_1h).ok()?,
        mode: numbers.mode,
        region: numbers.region,
        cost: turn.cost.cost,
        status: turn.cost.status,
        billing: turn.billing,
    })
}

/// A conversation is what one model answered for one purpose in one session.
fn analyze(usage: &Usage<'_>, session: i64, requests: &mut [Request], now: i64, findings: &mut Findings) {
    requests.sort_by_key(|request| (request.model, request.origin, request.at));
    for talk in requests.chunk_by(|a, b| (a.model, a.origin) == (b.model, b.origin)) {
        // Without writes, the cache is the provider's business.
        if talk.iter().all(|request| request.write == 0) {
            continue;
        }
        // An hour-long cache keeps what later short writes add to.
        let mut lasts_ms = FIVE_MINUTES_MS;
        let uses: Vec<CacheUse> = talk
            .iter()
            .map(|request| {
                if request.write_1h > 0 {
                    lasts_ms = HOUR_MS;
                }
                CacheUse {
                    at: request.at,
                    input: request.input.into(),
                    read: request.read.into(),
                    write: request.write.into(),
                    lasts_ms,
                }
            })
            .collect();
        let unread = unread_writes(&uses, now);
        for (request, unread) in talk.iter().zip(unread).filter(|(_, unread)| *unread > 0) {
            let saved = saved(usage, request, |[input, _, write]| {
                *write -= unread;
                *input += unread;
            });
            note(Insight::UnreadCacheWrites, session, request, unread, saved, findings);
        }
        let lost = rewritten(&uses).into_iter();
        for (request, (written, sent)) in talk.iter().zip(lost).filter(|(_, (written, sent))| written + sent > 0) {
            let saved = saved(usage, request, |[input, read, write]| {
                *write -= written;
                *input -= sent;
                *read += written + sent;
            });
            note(Insight::ExpiredCache, session, request, written + sent, saved, findings);
        }
    }
}

fn note(insight: Insight, session: i64, request: &Request, tokens: u64, saved: Option<Money>, findings: &mut Findings) {
    // What does not cost more is no loss: some providers write for the price of input.
    if saved == Some(Money::ZERO) {
        return;
    }
    let found = findings.found.entry((insight, request.model)).or_default();
    found.totals.add(&Addend {
        tokens: &numbers(request).tokens,
        cost: TurnCost {
            cost: request.cost,
            status: request.status,
            unpriced_tokens: 0,
        },
        billing: request.billing,
        accuracy: Accuracy::Exact,
        presence: Presence::Present,
    });
    found.add_loss(session, tokens, saved);
}

/// The difference of list prices if the input, cache reads and cache writes had been others.
fn saved(usage: &Usage<'_>, request: &Request, change: impl FnOnce([&mut u64; 3])) -> Option<Money> {
    let prices = &usage.models().of(request.model).prices;
    let actual = numbers(request);
    let (mut input, mut read, mut write) = (request.input.into(), request.read.into(), request.write.into());
    change([&mut input, &mut read, &mut write]);
    let other = Numbers {
        tokens: Tokens::new(input, 0, 0, read, write),
        // The cheaper writes go first: what is left was written for an hour.
        cache_write_1h: actual.cache_write_1h.min(write),
        ..actual
    };
    let (now, then) = (list_cost(&actual, prices)?, list_cost(&other, prices)?);
    Some(now.minus(then).max(Money::ZERO))
}

/// The request's context as a turn; what was answered costs the same either way.
fn numbers(request: &Request) -> Numbers {
    Numbers {
        cache_write_1h: request.write_1h.into(),
        mode: request.mode,
        region: request.region,
        ..Numbers::of(
            Tokens::new(request.input.into(), 0, 0, request.read.into(), request.write.into()),
            request.at,
        )
    }
}
