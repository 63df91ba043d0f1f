//! The rows of `ttop insights`: what was found in words and numbers, with the sessions it is about.

use super::super::{Sessions, Usage};
use super::alternatives::Alternatives;
use super::{Findings, Found, Share};
use crate::core::group::Totals;
use crate::core::insight::{
    COSTLY_REQUEST_USD, HIT_PERCENT_LOW, HIT_PERCENT_MIN, InsightLevel, LEAST_INPUT, LEAST_REQUESTS,
    OUTPUT_PERCENT_HIGH, OUTPUT_PERCENT_MAX, SMALL_OUTPUT, SUBAGENT_PERCENT, VERY_COSTLY_REQUEST_USD, hit_percent,
    tokens_to_reach,
};
use crate::core::money::{CostStatus, Money};
use crate::core::rows::{Insight, InsightRow, Text};
use crate::core::tokens::Bucket;
use crate::core::turn::Mode;
use crate::render::number;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// What would have saved this part of the whole cost is a warning.
const WARNING_PART: f64 = 0.1;

/// The numbers of a row in words, and the remedy.
struct Words {
    measured: Option<f64>,
    threshold: Option<f64>,
    level: InsightLevel,
    evidence: String,
    advice: String,
}

/// One model over all sessions.
#[derive(Default)]
struct OfModel {
    totals: Totals,
    requests: u64,
    is_open: bool,
    newest: i64,
    sessions: Vec<(i64, Share)>,
}

impl Usage<'_> {
    pub(super) fn insight_rows(
        &self,
        findings: &Findings,
        sessions: &Sessions,
        alternatives: &Alternatives,
    ) -> Vec<InsightRow> {
        let mut models: FxHashMap<u32, OfModel> = FxHashMap::default();
        for ((model, session), share) in &findings.shares {
            let of_model = models.entry(*model).or_default();
            of_model.totals.merge(&share.totals);
            of_model.requests += share.requests;
            of_model.is_open |= share.is_open;
            of_model.newest = of_model.newest.max(share.newest);
            of_model.sessions.push((*session, share.clone()));
        }
        let whole = findings.total.cost.cost();
        let mut rows = Vec::new();
        for ((insight, model), found) in &findings.found {
            let Some(of_model) = models.get(model) else { continue };
            if let Some(words) = self.words(*insight, found, of_model, findings, alternatives.of_model(*model)) {
                rows.push(self.insight_row(*insight, *model, found, words, whole, sessions, alternatives));
            }
        }
        for (model, of_model) in &models {
            for (insight, found, words) in self.rates(*model, of_model) {
                rows.push(self.insight_row(insight, *model, &found, words, whole, sessions, alternatives));
            }
        }
        rows.sort_by(|a, b| {
            (b.saved, b.cost)
                .cmp(&(a.saved, a.cost))
                .then_with(|| a.insight.cmp(&b.insight))
                .then_with(|| (&a.provider_id, &a.model_id).cmp(&(&b.provider_id, &b.model_id)))
        });
        rows
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one row")]
    fn insight_row(
        &self,
        insight: Insight,
        model: u32,
        found: &Found,
        words: Words,
        whole: Option<Money>,
        sessions: &Sessions,
        alternatives: &Alternatives,
    ) -> InsightRow {
        let named = self.models().of(model);
        let saved = found.saved();
        let is_large = saved
            .zip(whole)
            .is_some_and(|(saved, whole)| whole > Money::ZERO && saved.dollars() >= whole.dollars() * WARNING_PART);
        let mut about: Vec<(Reverse<Money>, Text)> = found
            .sessions
            .iter()
            .filter_map(|(row, lost)| Some((Reverse(*lost), sessions.of(*row)?.id.clone())))
            .collect();
        about.sort();
        let has_alternative = matches!(insight, Insight::SmallAnswers | Insight::Subagents);
        let other = alternatives.of_model(model).filter(|_| has_alternative);
        InsightRow {
            insight,
            level: if is_large { InsightLevel::Warning } else { words.level },
            model_id: named.model.clone(),
            provider_id: named.provider.clone(),
            turns: found.totals.turns,
            affected_tokens: found.tokens,
            cost: found.totals.cost.cost(),
            cost_status: found.totals.cost.status(),
            billing: found.totals.billing.billing(),
            saved,
            measured: words.measured,
            threshold: words.threshold,
            alternative_model_id: other.and_then(|other| self.models().of(other).model.clone()),
            evidence: words.evidence.into(),
            advice: words.advice.into(),
            sessions: about.len() as u64,
            session_ids: about.into_iter().map(|(_, id)| id).collect(),
        }
    }

    /// The numbers of what single turns and conversations showed; `None` where they are no insight.
    fn words(
        &self,
        insight: Insight,
        found: &Found,
        of_model: &OfModel,
        findings: &Findings,
        cheaper: Option<u32>,
    ) -> Option<Words> {
        let tokens = number::tokens(Some(found.tokens));
        let turns = |noun: &str| number::counted(found.totals.turns, noun);
        let other = cheaper.and_then(|row| self.models().of(row).model.clone());
        let words = |evidence: String, advice: String| Words {
            measured: None,
            threshold: None,
            level: InsightLevel::Info,
            evidence,
            advice,
        };
        Some(match insight {
            Insight::UnreadCacheWrites => {
                let written = of_model.totals.tokens.tokens().cache_write().unwrap_or_default();
                Words {
                    measured: percent(found.tokens, written),
                    ..words(
                        format!(
                            "no later request read {tokens} of {} cache-write tokens",
                            number::tokens(Some(written))
                        ),
                        "ask follow-up questions in the session that wrote the cache, while it lasts".to_owned(),
                    )
                }
            }
            Insight::ExpiredCache => words(
                format!(
                    "{} sent {tokens} tokens again because the cache had expired",
                    turns("turn")
                ),
                "continue a session before its cache expires, or compact it before a pause".to_owned(),
            ),
            Insight::LongContext => words(
                format!("{} exceeded a price tier by {tokens} tokens in total", turns("request")),
                "compact the session or start a new one before its context reaches the tier".to_owned(),
            ),
            Insight::SmallAnswers => Words {
                threshold: Some(SMALL_OUTPUT as f64),
                ..words(
                    format!("{} had at most {SMALL_OUTPUT} tokens", turns("answer")),
                    format!(
                        "use {} for short answers",
                        other.as_deref().unwrap_or("a cheaper model")
                    ),
                )
            },
            Insight::Subagents => {
                let (part, whole) = (found.totals.cost.cost()?, findings.total.cost.cost()?);
                let measured = (whole > Money::ZERO).then(|| part.dollars() / whole.dollars() * 100.0);
                if measured? < SUBAGENT_PERCENT {
                    return None;
                }
                Words {
                    measured,
                    threshold: Some(SUBAGENT_PERCENT),
                    ..words(
                        format!("subagents took {} of the cost", number::percent(measured)),
                        match other {
                            Some(other) => format!("run subagents on {other}"),
                            None => "start fewer subagents, or run them on a cheaper model".to_owned(),
                        },
                    )
                }
            }
            Insight::EmptyAnswers => words(
                format!("{} returned no output", turns("paid turn")),
                "look for failed, canceled and repeated requests in these sessions".to_owned(),
            ),
            Insight::RevertedTurns => words(
                format!("{} undone", turns("turn")),
                "agree on a plan before long changes: undone turns cost the same".to_owned(),
            ),
            Insight::LowCacheHit | Insight::OutputShare | Insight::CostlyRequests => return None,
        })
    }

    /// TokenTop's three rates, of one model.
    fn rates(&self, model: u32, of_model: &OfModel) -> Vec<(Insight, Found, Words)> {
        let mut rates = Vec::new();
        let tokens = of_model.totals.tokens.tokens();
        let of = |bucket| tokens.count(bucket).unwrap_or_default();
        let (input, output, read) = (of(Bucket::Input), of(Bucket::Output), of(Bucket::CacheRead));
        // A session's own rate decides whether it is to blame.
        let about = |is_it: &dyn Fn(&Share) -> bool| -> FxHashMap<i64, Money> {
            let shares = of_model.sessions.iter().filter(|(_, share)| is_it(share));
            shares
                .map(|(session, share)| (*session, share.totals.cost.cost().unwrap_or_default()))
                .collect()
        };
        let found = |tokens: u64, saved: Option<Money>, sessions| Found {
            totals: of_model.totals.clone(),
            tokens,
            saved: saved.unwrap_or_default(),
            is_open: saved.is_none(),
            sessions,
        };
        if let Some(hit) = hit_percent(input, read).filter(|hit| *hit < HIT_PERCENT_MIN)
            && read > 0
            && input > LEAST_INPUT
        {
            let missing = tokens_to_reach(HIT_PERCENT_MIN, input, read);
            let saved = self.read_instead(model, of_model.newest, missing);
            let low = |share: &Share| {
                let tokens = share.totals.tokens.tokens();
                let (input, read) = (tokens.input().unwrap_or(0), tokens.cache_read().unwrap_or(0));
                hit_percent(input, read).is_some_and(|hit| hit < HIT_PERCENT_MIN)
            };
            // Where reads cost as much as input, nothing is lost.
            if saved != Some(Money::ZERO) {
                rates.push((
                    Insight::LowCacheHit,
                    found(missing, saved, about(&low)),
                    Words {
                        measured: Some(hit),
                        threshold: Some(HIT_PERCENT_MIN),
                        level: level(hit < HIT_PERCENT_LOW),
                        evidence: format!(
                            "the cache served {} of {} tokens sent",
                            number::percent(Some(hit)),
                            number::tokens(Some(input.saturating_add(read)))
                        ),
                        advice: "keep sessions open instead of starting new ones".to_owned(),
                    },
                ));
            }
        }
        let both = input.saturating_add(output);
        if let Some(share) = percent(output, both).filter(|share| *share > OUTPUT_PERCENT_MAX)
            && both > LEAST_INPUT
        {
            rates.push((
                Insight::OutputShare,
                found(output, None, about(&|_| true)),
                Words {
                    measured: Some(share),
                    threshold: Some(OUTPUT_PERCENT_MAX),
                    level: level(share > OUTPUT_PERCENT_HIGH),
                    evidence: format!("{} of input and output is output", number::percent(Some(share))),
                    advice: "ask for diffs instead of complete files".to_owned(),
                },
            ));
        }
        let is_known = of_model.totals.cost.status() != Some(CostStatus::Partial);
        let cost = of_model.totals.cost.cost().filter(|_| is_known);
        let each = cost
            .filter(|_| of_model.requests > LEAST_REQUESTS && !of_model.is_open)
            .map(|cost| cost.dollars() / of_model.requests as f64);
        if let Some(each) = each.filter(|each| *each > COSTLY_REQUEST_USD) {
            let costly = |share: &Share| {
                let cost = share.totals.cost.cost().unwrap_or_default().dollars();
                share.requests > 0 && cost / share.requests as f64 > COSTLY_REQUEST_USD
            };
            rates.push((
                Insight::CostlyRequests,
                found(tokens.known_total(), None, about(&costly)),
                Words {
                    measured: Some(each),
                    threshold: Some(COSTLY_REQUEST_USD),
                    level: level(each > VERY_COSTLY_REQUEST_USD),
                    evidence: format!(
                        "{} cost {} each on average",
                        number::counted(of_model.requests, "request"),
                        number::money(Some(Money::from_dollars(each)), None)
                    ),
                    advice: "combine small questions, and keep the context short".to_owned(),
                },
            ));
        }
        rates
    }

    /// What tokens of input would have saved as cache reads, at the base prices of the newest turn.
    fn read_instead(&self, model: u32, at: i64, tokens: u64) -> Option<Money> {
        let rates = self.models().of(model).prices.at(at, Mode::Standard)?.base();
        let difference = rates.of(Bucket::Input).saturating_sub(rates.of(Bucket::CacheRead));
        let nanos = (u128::from(tokens) * u128::from(difference) + 500_000) / 1_000_000;
        Some(Money::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX)))
    }
}

fn level(is_warning: bool) -> InsightLevel {
    match is_warning {
        true => InsightLevel::Warning,
        false => InsightLevel::Info,
    }
}

fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64 * 100.0)
}
