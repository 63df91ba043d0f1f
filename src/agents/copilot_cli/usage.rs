//! Sums of counts by model as Copilot CLI writes them, and arithmetic on them.

use crate::agents::shared::lenient::{Count, Text, part};
use crate::core::money::{Money, share};
use crate::core::tokens::Tokens;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Both kinds of cache are inside the input, reasoning is inside the output.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Usage<'a> {
    input_tokens: Count,
    output_tokens: Count,
    cache_read_tokens: Count,
    /// Older names of the same three.
    input: Count,
    output: Count,
    cached_input: Count,
    cache_write_tokens: Count,
    reasoning_tokens: Count,
    /// What was billed: one dollar is 10^11 of these.
    #[serde(rename = "totalNanoAiu")]
    nano_aiu: Count,
    /// The bill of one request, since 1.0.102.
    #[serde(borrow)]
    copilot_usage: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CopilotUsage<'a> {
    total_nano_aiu: Count,
    #[serde(borrow)]
    token_details: Option<&'a RawValue>,
}

/// `{"tokenType":"cache_write_1h","tokenCount":1000,"batchSize":1000000,"costPerBatch":600}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenDetail<'a> {
    #[serde(borrow)]
    token_type: Text<'a>,
    #[serde(default)]
    token_count: Count,
}

/// `{"requests":{"count":3,"cost":1},"usage":{…},"totalNanoAiu":0}`; its `cost` are premium requests.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metrics<'a> {
    #[serde(borrow, default)]
    requests: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<Usage<'a>>,
    #[serde(borrow, default)]
    total_nano_aiu: Option<&'a RawValue>,
    #[serde(borrow, default)]
    ai_credits_status: Option<&'a RawValue>,
}

/// Whether credits are only a part of the bill, in the object that says so.
pub(super) fn is_partial(object: Option<&RawValue>) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Snapshot<'a> {
        #[serde(borrow, default)]
        ai_credits_status: Option<&'a RawValue>,
    }
    part::<Snapshot>(object).is_some_and(|snapshot| is_part(snapshot.ai_credits_status))
}

fn is_part(status: Option<&RawValue>) -> bool {
    part::<Text>(status).is_some_and(|status| &*status == "partial")
}

#[derive(Deserialize)]
struct Requests {
    #[serde(default)]
    count: Count,
}

/// What was used by some requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sum {
    /// Input, output, cache read, cache write, reasoning; then what the bill says of cache writes: those for an hour, and all.
    counts: [u64; 7],
    pub requests: u64,
    pub nano_aiu: u64,
}

impl Usage<'_> {
    pub(super) fn sum(self, requests: u64) -> Sum {
        let billed = part::<CopilotUsage>(self.copilot_usage).unwrap_or_default();
        let details = part::<Vec<TokenDetail>>(billed.token_details).unwrap_or_default();
        let detail = |kind| {
            let counts = details.iter().filter(|detail| &*detail.token_type == kind);
            counts.fold(0_u64, |sum, detail| sum.saturating_add(detail.token_count.0))
        };
        // Only the bill has what was written for an hour.
        let for_an_hour = detail("cache_write_1h");
        let written = detail("cache_write").saturating_add(for_an_hour);
        Sum {
            counts: [
                self.input_tokens.0.max(self.input.0),
                self.output_tokens.0.max(self.output.0),
                self.cache_read_tokens.0.max(self.cached_input.0),
                self.cache_write_tokens.0,
                self.reasoning_tokens.0,
                for_an_hour,
                written,
            ],
            requests,
            nano_aiu: self.nano_aiu.0.max(billed.total_nano_aiu.0),
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
        if is_part(self.ai_credits_status) {
            sum.nano_aiu = 0;
        }
        sum
    }
}

impl Sum {
    pub(super) fn output(&self) -> u64 {
        self.counts[1]
    }

    pub(super) fn tokens(&self) -> Tokens {
        self.with_writes(self.counts[3].max(self.counts[6]))
    }

    /// The buckets without what only the bill has: the same in every copy.
    pub(super) fn recorded(&self) -> Tokens {
        self.with_writes(self.counts[3])
    }

    fn with_writes(&self, write: u64) -> Tokens {
        let [input, output, read, _, reasoning, ..] = self.counts;
        let input = input.saturating_sub(read).saturating_sub(write);
        Tokens::new(input, output.saturating_sub(reasoning), reasoning, read, write)
    }

    pub(super) fn cache_write_1h(&self) -> u64 {
        self.counts[5].min(self.tokens().counts()[4])
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
        // Not by cache writes: of those, the bill of one request knows more than a sum.
        let told = |sum: &Self| {
            let [input, output, read, _, reasoning, ..] = sum.counts;
            [input, output, read, reasoning, sum.requests]
        };
        told(self).iter().zip(told(other)).all(|(ours, theirs)| *ours >= theirs)
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

    /// Takes off what was paid for other requests, where no tokens are left that it may be for.
    pub(super) fn pay(&mut self, other: &Self) {
        for (model, sum) in &mut self.0 {
            if sum.tokens().is_zero() {
                let paid = other.0.get(model).map_or(0, |other| other.nano_aiu);
                sum.nano_aiu = sum.nano_aiu.saturating_sub(paid);
            }
        }
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
