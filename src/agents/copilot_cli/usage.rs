//! Sums of counts by model as Copilot CLI writes them, and arithmetic on them.

use crate::agents::shared::lenient::{Count, part};
use crate::core::money::{Money, share};
use crate::core::tokens::Tokens;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Both kinds of cache are inside the input, reasoning is inside the output.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Usage {
    #[serde(alias = "input")]
    input_tokens: Count,
    #[serde(alias = "output")]
    output_tokens: Count,
    #[serde(alias = "cachedInput")]
    cache_read_tokens: Count,
    cache_write_tokens: Count,
    reasoning_tokens: Count,
    /// What was billed: one dollar is 10^11 of these.
    #[serde(rename = "totalNanoAiu")]
    nano_aiu: Count,
}

/// `{"requests":{"count":3,"cost":1},"usage":{…},"totalNanoAiu":0}`; its `cost` are premium requests.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metrics<'a> {
    #[serde(borrow, default)]
    requests: Option<&'a RawValue>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(borrow, default)]
    total_nano_aiu: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Requests {
    #[serde(default)]
    count: Count,
}

/// What was used by some requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sum {
    /// Input, output, cache read, cache write, reasoning.
    counts: [u64; 5],
    pub requests: u64,
    pub nano_aiu: u64,
}

impl Usage {
    pub(super) fn sum(self, requests: u64) -> Sum {
        Sum {
            counts: [
                self.input_tokens,
                self.output_tokens,
                self.cache_read_tokens,
                self.cache_write_tokens,
                self.reasoning_tokens,
            ]
            .map(|count| count.0),
            requests,
            nano_aiu: self.nano_aiu.0,
        }
    }
}

impl Metrics<'_> {
    pub(super) fn sum(self) -> Sum {
        let requests = part::<Requests>(self.requests).map_or(0, |requests| requests.count.0);
        let mut sum = self.usage.unwrap_or_default().sum(requests);
        if let Some(nano_aiu) = part::<Count>(self.total_nano_aiu) {
            sum.nano_aiu = nano_aiu.0;
        }
        sum
    }
}

impl Sum {
    pub(super) fn output(&self) -> u64 {
        self.counts[1]
    }

    pub(super) fn tokens(&self) -> Tokens {
        let [input, output, read, write, reasoning] = self.counts;
        let input = input.saturating_sub(read).saturating_sub(write);
        Tokens::new(input, output.saturating_sub(reasoning), reasoning, read, write)
    }

    /// The weight of these requests where one figure is shared out.
    pub(super) fn weight(&self) -> u64 {
        self.tokens().known_total()
    }

    fn join(&self, other: &Self, with: fn(u64, u64) -> u64) -> Self {
        let mut counts = self.counts;
        for (ours, theirs) in counts.iter_mut().zip(other.counts) {
            *ours = with(*ours, theirs);
        }
        Self {
            counts,
            requests: with(self.requests, other.requests),
            nano_aiu: with(self.nano_aiu, other.nano_aiu),
        }
    }

    fn covers(&self, other: &Self) -> bool {
        self.counts
            .iter()
            .zip(other.counts)
            .all(|(ours, theirs)| *ours >= theirs)
            && self.requests >= other.requests
    }
}

/// What `nano_aiu` cost.
pub(super) fn money(nano_aiu: u64) -> Option<Money> {
    let nanos = i64::try_from((nano_aiu + 50) / 100).ok()?;
    (nanos > 0).then(|| Money::from_nanos(nanos))
}

/// By model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sums(pub BTreeMap<String, Sum>);

impl Sums {
    pub(super) fn add(&mut self, model: &str, sum: &Sum) {
        let known = self.0.entry(model.to_owned()).or_default();
        *known = known.join(sum, u64::saturating_add);
    }

    #[must_use]
    pub(super) fn minus(&self, other: &Self) -> Self {
        let left = self.0.iter().map(|(model, sum)| {
            let known = other.0.get(model).copied().unwrap_or_default();
            (model.clone(), sum.join(&known, u64::saturating_sub))
        });
        Self(left.collect())
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|(model, sum)| {
            let ours = self.0.get(model).copied().unwrap_or_default();
            ours.covers(sum)
        })
    }

    pub(super) fn requests(&self) -> u64 {
        self.0.values().map(|sum| sum.requests).sum()
    }

    pub(super) fn output(&self) -> u64 {
        self.0.values().map(Sum::output).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Shares the session's bill among its models, where it is not recorded by model.
pub(super) fn share_whole(sums: &mut Sums, whole: u64) {
    if whole == 0 || sums.0.values().any(|sum| sum.nano_aiu > 0) {
        return;
    }
    let weights: Vec<u64> = sums.0.values().map(Sum::weight).collect();
    let whole = Money::from_nanos(i64::try_from(whole).unwrap_or(i64::MAX));
    for (sum, part) in sums.0.values_mut().zip(share(whole, &weights)) {
        sum.nano_aiu = part.nanos().unsigned_abs();
    }
}
