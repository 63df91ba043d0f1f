//! `ActivityRow`: by how much a reply grew, as `ttop watch` prints it.

use super::Text;
use crate::core::money::{CostStatus, Money};
use crate::core::time::Time;
use crate::core::tokens::{BUCKET_KEYS, BUCKETS, Bucket, Tokens};
use crate::core::turn::EventKey;
use schemars::JsonSchema;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One step of a reply's numbers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "activity")]
pub struct ActivityRow {
    /// Always `activity`.
    #[serde(rename = "type", skip_deserializing, default = "ActivityRow::kind")]
    #[schemars(required, !default)]
    pub kind: &'static str,
    /// Permanent id of this change: `<8 hex of the ledger>.<number>`.
    pub event_id: String,
    /// Identical in every copy of the turn: 16 hex digits.
    #[schemars(with = "String")]
    pub turn_id: EventKey,
    pub session_id: Text,
    /// The agent's own id of the message.
    pub message_id: Option<Text>,
    pub agent_id: Text,
    /// Provider that bills, by its models.dev id.
    pub provider_id: Option<Text>,
    pub model_id: Option<Text>,
    pub session_name: Option<Text>,
    /// The repository root or first working directory, as recorded.
    pub project_path: Option<Text>,
    /// Increase since the last line about this turn; negative for a correction.
    pub tokens: TokenSteps,
    /// Sum of the known steps.
    pub total_tokens: Option<i64>,
    /// Increase in US dollars since the last line about this turn.
    pub cost: Option<Money>,
    pub cost_status: CostStatus,
    /// When the reply began, else the time on its record: epoch milliseconds UTC.
    pub timestamp: i64,
    /// `timestamp` as RFC 3339 UTC.
    pub time: Time,
    /// When ttop read the change: epoch milliseconds UTC.
    pub observed_at: i64,
    /// The session's tokens after this step.
    pub session_tokens: Tokens,
    /// The session's cost in US dollars after this step.
    pub session_cost: Option<Money>,
    /// How `sessionCost` is known; null if the session has no turns.
    pub session_cost_status: Option<CostStatus>,
    /// The remote that reports it, by its name in the configuration; null for this machine.
    pub host: Option<String>,
}

impl ActivityRow {
    /// Its `type`.
    pub const fn kind() -> &'static str {
        "activity"
    }
}

/// By how much each bucket grew; unknown where it is unknown before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenSteps([Option<i64>; 5]);

impl TokenSteps {
    /// The difference of two counts; `None` for nothing.
    pub fn between(old: Option<&Tokens>, new: Option<&Tokens>) -> Self {
        let count = |tokens: Option<&Tokens>, bucket| tokens.map_or(Some(0), |tokens| tokens.count(bucket));
        Self(BUCKETS.map(|bucket| {
            let (old, new) = (count(old, bucket), count(new, bucket));
            (old.is_some() || new.is_some()).then(|| new.unwrap_or(0) as i64 - old.unwrap_or(0) as i64)
        }))
    }

    /// The known steps added up; `None` when none is known.
    pub fn total(&self) -> Option<i64> {
        let known = || self.0.iter().flatten();
        known().next()?;
        Some(known().sum())
    }

    /// The step of the output; `None` where it is unknown.
    pub fn output(&self) -> Option<i64> {
        self.0[Bucket::Output as usize]
    }

    /// The steps with 0 for unknown ones.
    pub fn counts(&self) -> [i64; 5] {
        self.0.map(Option::unwrap_or_default)
    }
}

impl Serialize for TokenSteps {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("TokenSteps", 5)?;
        for (key, step) in BUCKET_KEYS.into_iter().zip(self.0) {
            row.serialize_field(key, &step)?;
        }
        row.end()
    }
}

impl<'de> Deserialize<'de> for TokenSteps {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let row = TokenStepsShape::deserialize(deserializer)?;
        Ok(Self([
            row.input,
            row.output,
            row.reasoning,
            row.cache_read,
            row.cache_write,
        ]))
    }
}

/// The shape of [`TokenSteps`] in a row.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TokenStepsShape {
    input: Option<i64>,
    output: Option<i64>,
    reasoning: Option<i64>,
    cache_read: Option<i64>,
    cache_write: Option<i64>,
}

impl JsonSchema for TokenSteps {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TokenSteps".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        TokenStepsShape::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_is_negative_and_what_nobody_knows_stays_unknown() {
        let open = Tokens::new(0, 820, 0, 0, 0)
            .without(Bucket::Input)
            .without(Bucket::CacheRead);
        let closed = Tokens::new(4, 800, 0, 35, 7);
        let first = TokenSteps::between(None, Some(&open));
        assert_eq!((first.0[0], first.0[1], first.total()), (Some(0), Some(820), Some(820)));
        let text = serde_json::to_string(&TokenSteps::between(Some(&open), Some(&open))).expect("serializes");
        assert_eq!(
            text,
            r#"{"input":null,"output":0,"reasoning":0,"cacheRead":null,"cacheWrite":0}"#
        );
        assert_eq!(
            TokenSteps::between(Some(&open), Some(&closed)).counts(),
            [4, -20, 0, 35, 7]
        );
        assert_eq!(TokenSteps::between(Some(&open), None).total(), Some(-820));
    }
}
