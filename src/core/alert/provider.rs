//! Events of providers: limits that are nearly or fully used, failing requests, and recoveries.
//!
//! A limit's level is reported once per window. It is reported again after the window ended, or after the usage dropped
//! well below the level, because percentages of sliding windows and of two sources vary by a few points.

use super::budget::whole;
use super::{Deciding, Remembered};
use crate::core::budget::Level;
use crate::core::pace::Pace;
use crate::core::quota::ProviderState;
use crate::core::rows::{EventRow, EventType, Severity};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How far a percentage must drop below a level to reset the alert.
const CLEARLY_BELOW: f64 = 10.0;
/// One failure may be a hiccup.
const OUTAGE_FAILURES: u32 = 2;
const LIMIT: &str = "limit/";

/// Facts about a provider, without a request.
#[derive(Clone, Debug)]
pub struct ProviderFact {
    pub provider_id: String,
    pub name: String,
    pub plan: Option<String>,
    pub limits: Vec<LimitFact>,
    /// The latest attempt failed: this is how, and so many times in a row.
    pub failure: Option<(ProviderState, u32)>,
}

/// A window or pool as it was last seen.
#[derive(Clone, Debug)]
pub struct LimitFact {
    /// `5-hour`, `Weekly (Opus)`, `Quota`.
    pub label: String,
    pub used_percent: f64,
    /// Epoch milliseconds.
    pub resets_at: Option<i64>,
    /// When it was seen: epoch milliseconds.
    pub seen_at: i64,
    /// How fast its window fills.
    pub pace: Option<Pace>,
}

/// The alert fired for a limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertedLimit {
    /// `Exceeded` means fully used.
    level: Level,
    /// End of the window of the alert.
    resets_at: Option<i64>,
}

/// That a provider's answers failed to come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertedOutage {}

impl Deciding<'_> {
    pub(super) fn providers(&mut self, providers: &[ProviderFact]) {
        for provider in providers {
            for limit in &provider.limits {
                self.limit(provider, limit);
            }
            self.outage(provider);
        }
        self.forget_others("outage/", |key| {
            let is_it = |provider: &ProviderFact| outage_key(provider) == key;
            providers.iter().any(is_it)
        });
        self.limits_unseen(providers);
    }

    /// Limits that are no longer reported: files mention a window only while it lasts.
    fn limits_unseen(&mut self, providers: &[ProviderFact]) {
        let is_seen = |key: &str| {
            let of = |provider: &ProviderFact| {
                let is_it = |limit: &LimitFact| limit_key(provider, limit) == key;
                provider.limits.iter().any(is_it)
            };
            providers.iter().any(of)
        };
        for (key, state) in self.states {
            let Remembered::Limit(known) = state else { continue };
            if is_seen(key) || known.resets_at.is_some_and(|at| at > self.now) {
                continue;
            }
            self.decision.changed.insert(key.clone(), None);
            let named = key.strip_prefix(LIMIT).and_then(|rest| rest.split_once('/'));
            if let (Level::Exceeded, Some(_), Some((id, label))) = (known.level, known.resets_at, named) {
                self.fire(recovered(id, id, Some(label)));
            }
        }
    }

    fn limit(&mut self, provider: &ProviderFact, limit: &LimitFact) {
        let key = limit_key(provider, limit);
        let known = match self.state(&key) {
            Some(Remembered::Limit(known)) => Some(known),
            _ => None,
        };
        let has_ended = limit.resets_at.is_some_and(|at| at <= self.now && limit.seen_at < at);
        let level = if has_ended {
            // Seen before its window ended: the new one is empty until something else is seen.
            Level::Fine
        } else {
            self.level(limit.used_percent)
        };
        let has_turned = known.and_then(|known| known.resets_at).is_some_and(|at| at <= self.now);
        let before = match known {
            None => Level::Fine,
            Some(_) if has_turned => Level::Fine,
            Some(known) => known
                .level
                .min(level.max(self.level(limit.used_percent + CLEARLY_BELOW))),
        };
        if level > before {
            self.fire(limit_event(provider, limit, level));
        }
        let new_level = level.max(before);
        if known.is_some_and(|known| known.level == Level::Exceeded) && new_level < Level::Exceeded {
            self.fire(recovered(&provider.provider_id, &provider.name, Some(&limit.label)));
        }
        if new_level == Level::Fine {
            if known.is_some() {
                self.decision.changed.insert(key, None);
            }
            return;
        }
        // The window of the alert: sliding windows move their end constantly.
        let resets_at = match known {
            Some(known) if !has_turned && known.level == new_level => known.resets_at,
            // An end that is over already would turn at every look.
            _ => limit.resets_at.filter(|at| *at > self.now),
        };
        self.remember(
            key,
            Remembered::Limit(AlertedLimit {
                level: new_level,
                resets_at,
            }),
        );
    }

    fn level(&self, percent: f64) -> Level {
        if percent >= 100.0 {
            Level::Exceeded
        } else {
            self.rules.thresholds.of_percent(percent)
        }
    }

    fn outage(&mut self, provider: &ProviderFact) {
        let key = outage_key(provider);
        let is_told = self.state(&key).is_some();
        match provider.failure {
            Some((state, failures)) if failures >= OUTAGE_FAILURES && !is_told => {
                self.fire(outage_event(provider, state, failures));
                self.remember(key, Remembered::Outage(AlertedOutage {}));
            }
            None if is_told => {
                self.fire(recovered(&provider.provider_id, &provider.name, None));
                self.decision.changed.insert(key, None);
            }
            _ => {}
        }
    }
}

fn limit_key(provider: &ProviderFact, limit: &LimitFact) -> String {
    format!("{LIMIT}{}/{}", provider.provider_id, limit.label)
}

fn outage_key(provider: &ProviderFact) -> String {
    format!("outage/{}", provider.provider_id)
}

fn of(provider: &ProviderFact, kind: EventType, severity: Severity, title: String, message: String) -> EventRow {
    EventRow {
        provider_id: Some(provider.provider_id.as_str().into()),
        ..EventRow::new(kind, severity, title, message)
    }
    .with(&[("provider", provider.provider_id.as_str().into())])
}

fn limit_event(provider: &ProviderFact, limit: &LimitFact, level: Level) -> EventRow {
    let (kind, severity) = match level {
        Level::Exceeded => (EventType::ProviderLimitReached, Severity::Critical),
        Level::Critical => (EventType::ProviderLimitWarning, Severity::Critical),
        Level::Fine | Level::Warning => (EventType::ProviderLimitWarning, Severity::Warning),
    };
    let (name, label) = (&provider.name, &limit.label);
    let title = match kind {
        EventType::ProviderLimitReached => format!("{name}: {label} limit reached"),
        _ => format!("{name}: {label} limit at {}", whole(limit.used_percent)),
    };
    let plan = provider
        .plan
        .as_deref()
        .map_or(String::new(), |plan| format!(" of {plan}"));
    let pace = match limit.pace.map(|pace| (pace.lasts(), pace.runs_out_at)) {
        _ if level == Level::Exceeded => "",
        Some((_, Some(_))) => "; at this pace it runs out before its reset",
        Some((Some(true), None)) => "; at this pace it lasts until its reset",
        _ => "",
    };
    let message = format!(
        "{} of the {label} window{plan} is used{pace}",
        whole(limit.used_percent)
    );
    of(provider, kind, severity, title, message).with(&limit_data(provider, limit))
}

fn limit_data(provider: &ProviderFact, limit: &LimitFact) -> [(&'static str, Value); 7] {
    let pace = limit.pace;
    [
        ("label", limit.label.as_str().into()),
        ("usedPercent", limit.used_percent.into()),
        ("resetsAt", limit.resets_at.into()),
        ("plan", provider.plan.as_deref().into()),
        ("percentPerHour", pace.map(|pace| pace.percent_per_hour).into()),
        ("projectedPercent", pace.and_then(|pace| pace.percent_at_reset).into()),
        ("runsOutAt", pace.and_then(|pace| pace.runs_out_at).into()),
    ]
}

fn outage_event(provider: &ProviderFact, state: ProviderState, failures: u32) -> EventRow {
    let state = serde_json::to_value(state).unwrap_or_default();
    let how = state.as_str().unwrap_or_default().replace('_', " ");
    let title = format!("{}: limits could not be fetched", provider.name);
    let message = format!("{how}, {failures} times in a row");
    of(
        provider,
        EventType::ProviderFetchFailed,
        Severity::Warning,
        title,
        message,
    )
    .with(&[("state", state), ("failures", failures.into())])
}

/// Its answers come again, or the window of that label can be used again.
fn recovered(id: &str, name: &str, label: Option<&str>) -> EventRow {
    let message = match label {
        Some(label) => format!("the {label} limit has reset"),
        None => "the provider answers again".to_owned(),
    };
    EventRow {
        provider_id: Some(id.into()),
        ..EventRow::new(
            EventType::ProviderRecovered,
            Severity::Info,
            format!("{name}: recovered"),
            message,
        )
    }
    .with(&[("provider", id.into()), ("label", label.into())])
}

#[cfg(test)]
mod tests {
    use super::super::Facts;
    use super::super::trial::Trial;
    use super::*;

    const HOUR: i64 = 3_600_000;
    const NONE: [&str; 0] = [];

    impl Trial {
        fn ask(&mut self, now: i64, percent: f64, resets_at: Option<i64>) -> Vec<String> {
            let limit = LimitFact {
                label: "5-hour".to_owned(),
                used_percent: percent,
                resets_at,
                seen_at: now.min(resets_at.map_or(now, |at| at - 1)),
                pace: None,
            };
            self.provider(now, vec![limit], None)
        }

        fn provider(&mut self, now: i64, limits: Vec<LimitFact>, failure: Option<(ProviderState, u32)>) -> Vec<String> {
            let provider = ProviderFact {
                provider_id: "codex".to_owned(),
                name: "Codex".to_owned(),
                plan: Some("Plus".to_owned()),
                limits,
                failure,
            };
            self.see(&Facts {
                now,
                providers: Some(vec![provider]),
                ..Facts::default()
            })
        }
    }

    #[test]
    fn a_window_is_told_once_on_its_way_up_and_when_it_is_over() {
        let mut trial = Trial::new();
        let end = Some(5 * HOUR);
        assert_eq!(trial.ask(0, 50.0, end), NONE);
        assert_eq!(trial.ask(HOUR, 81.0, end), ["provider.limitWarning warning"]);
        assert_eq!(trial.ask(HOUR, 79.0, end), NONE);
        assert_eq!(trial.ask(HOUR, 81.0, end), NONE);
        assert_eq!(trial.ask(2 * HOUR, 96.0, end), ["provider.limitWarning critical"]);
        assert_eq!(trial.ask(3 * HOUR, 100.0, end), ["provider.limitReached critical"]);
        assert_eq!(trial.ask(3 * HOUR, 99.5, end), NONE);
        // No further request: the end of the window is known anyway.
        assert_eq!(trial.ask(5 * HOUR, 100.0, end), ["provider.recovered info"]);
        assert_eq!(trial.ask(6 * HOUR, 1.0, Some(11 * HOUR)), NONE);
        assert_eq!(
            trial.ask(7 * HOUR, 85.0, Some(11 * HOUR)),
            ["provider.limitWarning warning"]
        );
    }

    #[test]
    fn the_next_window_is_told_even_when_it_is_as_full() {
        let mut trial = Trial::new();
        assert_eq!(trial.ask(0, 85.0, Some(5 * HOUR)), ["provider.limitWarning warning"]);
        assert_eq!(
            trial.ask(9 * HOUR, 85.0, Some(10 * HOUR)),
            ["provider.limitWarning warning"]
        );
    }

    #[test]
    fn a_limit_without_a_window_is_armed_again_well_below_its_level() {
        let mut trial = Trial::new();
        assert_eq!(trial.ask(0, 100.0, None), ["provider.limitReached critical"]);
        assert_eq!(trial.ask(1, 91.0, None), NONE);
        assert_eq!(trial.ask(2, 60.0, None), ["provider.recovered info"]);
        assert_eq!(trial.ask(3, 82.0, None), ["provider.limitWarning warning"]);
        assert_eq!(trial.ask(4, 75.0, None), NONE);
        assert_eq!(trial.ask(5, 82.0, None), NONE);
        assert_eq!(trial.ask(6, 69.0, None), NONE);
        assert_eq!(trial.ask(7, 82.0, None), ["provider.limitWarning warning"]);
    }

    #[test]
    fn an_outage_is_told_once_after_two_failures() {
        let mut trial = Trial::new();
        let mut fail = |failures| {
            let failure = (failures > 0).then_some((ProviderState::Unreachable, failures));
            trial.provider(0, Vec::new(), failure)
        };
        assert_eq!(fail(1), NONE);
        assert_eq!(fail(2), ["provider.fetchFailed warning"]);
        assert_eq!(fail(9), NONE);
        assert_eq!(fail(0), ["provider.recovered info"]);
        assert_eq!(fail(1), NONE);
        assert_eq!(fail(3), ["provider.fetchFailed warning"]);
    }

    #[test]
    fn a_window_that_files_no_longer_tell_of_is_over_when_it_ends() {
        let mut trial = Trial::new();
        assert_eq!(trial.ask(0, 100.0, Some(5 * HOUR)), ["provider.limitReached critical"]);
        assert_eq!(trial.provider(HOUR, Vec::new(), None), NONE);
        assert_eq!(trial.ask(2 * HOUR, 100.0, Some(5 * HOUR)), NONE);
        assert_eq!(trial.provider(5 * HOUR, Vec::new(), None), ["provider.recovered info"]);
        assert!(trial.states.is_empty());
    }

    #[test]
    fn an_event_tells_whether_the_limit_lasts() {
        for (used, at_reset, runs_out_at, said) in [
            (
                85.0,
                170.0,
                Some(3 * HOUR),
                "; at this pace it runs out before its reset",
            ),
            (85.0, 90.0, None, "; at this pace it lasts until its reset"),
            (100.0, 100.0, Some(2 * HOUR), ""),
        ] {
            let limit = LimitFact {
                label: "5-hour".to_owned(),
                used_percent: used,
                resets_at: Some(5 * HOUR),
                seen_at: 2 * HOUR,
                pace: Some(Pace {
                    percent_per_hour: 42.5,
                    percent_at_reset: Some(at_reset),
                    runs_out_at,
                }),
            };
            let provider = ProviderFact {
                provider_id: "anthropic".to_owned(),
                name: "Anthropic".to_owned(),
                plan: None,
                limits: vec![limit],
                failure: None,
            };
            let events = Trial::new().events(&Facts {
                now: 2 * HOUR,
                providers: Some(vec![provider]),
                ..Facts::default()
            });
            assert_eq!(
                events[0].message,
                format!("{} of the 5-hour window is used{said}", whole(used))
            );
            assert_eq!(events[0].data["percentPerHour"], 42.5);
            assert_eq!(events[0].data["runsOutAt"], serde_json::json!(runs_out_at));
        }
    }

    #[test]
    fn an_end_in_the_past_is_no_end() {
        let mut trial = Trial::new();
        let limit = LimitFact {
            label: "5-hour".to_owned(),
            used_percent: 85.0,
            resets_at: Some(HOUR),
            seen_at: 2 * HOUR,
            pace: None,
        };
        let events = trial.provider(3 * HOUR, vec![limit.clone()], None);
        assert_eq!(events, ["provider.limitWarning warning"]);
        assert_eq!(trial.provider(4 * HOUR, vec![limit], None), NONE);
    }

    #[test]
    fn a_provider_that_is_no_longer_there_is_forgotten() {
        let mut trial = Trial::new();
        trial.ask(0, 85.0, None);
        assert_eq!(trial.states.len(), 1);
        let facts = Facts {
            providers: Some(Vec::new()),
            ..Facts::default()
        };
        assert_eq!(trial.see(&facts), NONE);
        assert!(trial.states.is_empty());
    }
}
