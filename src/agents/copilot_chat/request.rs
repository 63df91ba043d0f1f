//! One request of a chat: what the user asked, and what all calls of models for it came to.

use super::ID;
use crate::agents::shared::batch::{Batch, Skip};
use crate::agents::shared::lenient::{Count, Text, When, dollars, part, title};
use crate::agents::shared::words::first_words;
use crate::core::biller::biller;
use crate::core::money::Money;
use crate::core::numbers::Numbers;
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, EventKey, Rank, RecordKey, Turn};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::value::RawValue;

/// How VS Code begins the id of a request; those that a fork copied have others.
const OWN: &str = "request_";
/// Vendors that are any server: a name says nothing about who bills.
const ANY_SERVER: [&str; 2] = ["customendpoint", "customoai"];
const CREDITS_PER_DOLLAR: f64 = 100.0;

/// A request as far as it was written.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub id: String,
    pub prompt: Option<String>,
    /// Where its last change stands.
    pub place: u64,
    timestamp: Option<i64>,
    /// When the answer began, which a copy keeps.
    answered: Option<i64>,
    elapsed: Option<u64>,
    /// Input of the last call.
    prompt_tokens: Option<u64>,
    /// Who was asked: `copilot/gpt-5`.
    model: String,
    /// Of all its calls.
    output: Option<u64>,
    credits: Option<f64>,
    outcome: Outcome,
    state: State,
}

/// `result`, which is written when the request ends.
#[derive(Clone, Debug, Default)]
struct Outcome {
    is_written: bool,
    /// The id of its turn, which a copy keeps.
    turn: String,
    session: String,
    model: String,
    /// Of the last call.
    output: Option<u64>,
    reasoning: u64,
    calls: usize,
    /// As the answer's footer has it, with one decimal.
    credits: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    /// Nothing of it is written in old files.
    #[default]
    Unknown,
    /// Or waiting for the user.
    Going,
    Complete,
    /// Cancelled or failed: it may have no result.
    BrokenOff,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ResultJson<'a> {
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    details: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata<'a> {
    output_tokens: Option<Count>,
    #[serde(borrow)]
    resolved_model: Option<&'a RawValue>,
    #[serde(borrow)]
    response_id: Option<&'a RawValue>,
    #[serde(borrow)]
    session_id: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_call_rounds: Option<&'a RawValue>,
}

/// One call of a model.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Round<'a> {
    #[serde(borrow)]
    model_id: Option<&'a RawValue>,
    #[serde(borrow)]
    thinking: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Thinking {
    tokens: Count,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ModelState {
    value: Option<u64>,
}

fn text(raw: Option<&RawValue>) -> String {
    part::<Text<'_>>(raw).unwrap_or_default().0.into_owned()
}

impl Request {
    /// Reads one as a whole.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn parse(request: &RawValue, place: u64) -> serde_json::Result<Self> {
        let fields: FxHashMap<String, &RawValue> = serde_json::from_str(request.get())?;
        let mut request = Self::default();
        for (field, value) in fields {
            request.set(&field, Some(value), place);
        }
        Ok(request)
    }

    /// Sets a field, or removes it.
    pub(super) fn set(&mut self, field: &str, value: Option<&RawValue>, place: u64) {
        self.place = place;
        let count = || part::<Count>(value).map(|count| count.0);
        let time = || part::<When>(value).and_then(|when| when.0);
        match field {
            "requestId" => self.id = text(value),
            "message" => self.prompt = first_words(value).and_then(|words| title(&words)),
            "timestamp" => self.timestamp = time(),
            "responseTimestamp" => self.answered = time(),
            "modelId" => self.model = text(value),
            "elapsedMs" => self.elapsed = count(),
            "promptTokens" => self.prompt_tokens = count(),
            "completionTokens" => self.output = count(),
            "copilotCredits" => self.credits = part(value),
            "result" => self.outcome = Outcome::of(value),
            "modelState" => {
                self.state = match part::<ModelState>(value).unwrap_or_default().value {
                    Some(0 | 4) => State::Going,
                    Some(1) => State::Complete,
                    Some(_) => State::BrokenOff,
                    None => State::Unknown,
                }
            }
            _ => {}
        }
    }

    /// When it was sent, as far as that is known.
    pub(super) fn sent(&self) -> Option<i64> {
        self.timestamp.or(self.answered)
    }

    /// The session that it was copied from into a fork.
    pub(super) fn copied_from(&self, session: &str) -> Option<&str> {
        let other = Some(&*self.outcome.session).filter(|other| !other.is_empty() && *other != session);
        other.filter(|_| !self.id.starts_with(OWN))
    }

    /// Adds the turn of the request.
    pub(super) fn add(&self, session: &str, created: i64, into: &mut Batch) {
        let (tokens, cost) = (self.tokens(), self.cost());
        // A last call alone shows that there was output, not how much.
        let has_output = [self.output, self.outcome.output]
            .into_iter()
            .flatten()
            .any(|output| output > 0);
        if !has_output && cost.is_none() {
            return into.skip(if self.has_ended() {
                Skip::Uncounted
            } else {
                Skip::Unfinished
            });
        }
        let turn = self.turn();
        let turn = turn.as_deref();
        let is_copy = !self.id.starts_with(OWN);
        // All copies of a turn are one, which counts where the chat it was made in was never read.
        let event = turn.filter(|_| is_copy).unwrap_or(&self.id);
        let has_ended = u64::from(self.has_ended());
        let (model, provider) = (self.model(), self.provider());
        into.turn(&Turn {
            session_id: session,
            message_id: &self.id,
            record: RecordKey::of(&self.id),
            event: EventKey::of(ID, event),
            rank: Rank(
                has_ended << 63 | tokens.known_total(),
                cost.map_or(0, |cost| cost.nanos().unsigned_abs()),
            ),
            segment: turn.filter(|_| is_copy),
            supersedes: turn.filter(|_| !is_copy),
            provider_id: provider,
            model_id: model,
            numbers: Numbers {
                cost,
                requests: u32::try_from(self.outcome.calls).ok().filter(|calls| *calls > 0),
                accuracy: Accuracy::Partial,
                ..Numbers::of(tokens, self.sent().unwrap_or(created))
            },
            place: self.place,
            ..Turn::PLAIN
        });
    }

    /// What a request and its copies have in common. One that was broken off may have no result, so no id.
    fn turn(&self) -> Option<String> {
        if !self.outcome.turn.is_empty() {
            return Some(self.outcome.turn.clone());
        }
        let answered = self.answered.filter(|_| self.has_ended())?;
        let (output, prompt, credits) = (self.output, self.prompt_tokens, self.credits);
        Some(format!(
            "{answered} {:?} {output:?} {prompt:?} {credits:?}",
            self.elapsed
        ))
    }

    fn has_ended(&self) -> bool {
        match self.state {
            State::Unknown | State::BrokenOff => true,
            State::Going => false,
            State::Complete => self.outcome.is_written,
        }
    }

    /// The input is that of the last call with what came out of a cache, so neither is known.
    fn tokens(&self) -> Tokens {
        // What of the output was reasoning is written with the result.
        if !self.has_ended() {
            return Tokens::unreported();
        }
        // Of a single call the last one is all.
        let output = self.output.or(self.outcome.output.filter(|_| self.outcome.calls == 1));
        let reasoning = self.outcome.reasoning.min(output.unwrap_or(0));
        let tokens = Tokens::new(0, output.unwrap_or(0) - reasoning, reasoning, 0, 0);
        let tokens = [Bucket::Input, Bucket::CacheRead, Bucket::CacheWrite]
            .into_iter()
            .fold(tokens, Tokens::without);
        match output {
            Some(_) => tokens,
            None => Tokens::unreported(),
        }
    }

    /// Subagents' credits came later to one count than to the other, which is rounded.
    fn cost(&self) -> Option<Money> {
        const ROUNDED: f64 = 0.05;
        let credits = match (self.credits, self.outcome.credits) {
            (Some(exact), Some(shown)) if shown > exact + ROUNDED => Some(shown),
            (exact, shown) => exact.or(shown),
        };
        dollars(credits.map(|credits| credits / CREDITS_PER_DOLLAR))
    }

    /// The vendor that was asked, and its name for the model; a group of the user's own may stand between them.
    fn asked(&self) -> (&str, &str) {
        self.model.split_once('/').unwrap_or(("copilot", &self.model))
    }

    fn model(&self) -> &str {
        match (&*self.outcome.model, self.asked().1) {
            ("", "auto") => "",
            ("", asked) => asked,
            (resolved, _) => resolved,
        }
    }

    fn provider(&self) -> &str {
        let (vendor, _) = self.asked();
        if ANY_SERVER.contains(&vendor) {
            return "";
        }
        biller(vendor, self.model()).unwrap_or_default()
    }
}

impl Outcome {
    fn of(result: Option<&RawValue>) -> Self {
        let is_written = result.is_some();
        let result: ResultJson<'_> = part(result).unwrap_or_default();
        let metadata: Metadata<'_> = part(result.metadata).unwrap_or_default();
        let rounds: Vec<&RawValue> = part(metadata.tool_call_rounds).unwrap_or_default();
        let rounds: Vec<Round<'_>> = rounds
            .iter()
            .map(|round| part(Some(round)).unwrap_or_default())
            .collect();
        let thinking = |round: &Round<'_>| part::<Thinking>(round.thinking).unwrap_or_default().tokens.0;
        let answered = rounds.iter().rev().map(|round| text(round.model_id));
        Self {
            is_written,
            turn: text(metadata.response_id),
            session: text(metadata.session_id),
            model: std::iter::once(text(metadata.resolved_model))
                .chain(answered)
                .find(|model| !model.is_empty())
                .unwrap_or_default(),
            output: metadata.output_tokens.map(|count| count.0),
            reasoning: rounds.iter().map(thinking).fold(0, u64::saturating_add),
            calls: rounds.len(),
            credits: part::<Text<'_>>(result.details).and_then(|details| credits(&details)),
        }
    }
}

/// `GPT-5.6 Luna • 2.3 credits`, where VS Code speaks English.
fn credits(details: &str) -> Option<f64> {
    let (number, unit) = details.rsplit_once('•')?.1.trim().split_once(' ')?;
    let number = number.replace(',', "");
    number.parse().ok().filter(|_| matches!(unit, "credit" | "credits"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn turn(fields: &Value) -> Batch {
        let request = serde_json::value::to_raw_value(fields).expect("JSON");
        let mut batch = Batch::default();
        Request::parse(&request, 0)
            .expect("a request")
            .add("s-1", 1, &mut batch);
        batch
    }

    fn money(credits: &Value, details: &str) -> Option<f64> {
        let fields = json!({"requestId": "request_a", "modelId": "copilot/gpt-5", "completionTokens": 9, "copilotCredits": credits,
            "result": {"details": details}});
        turn(&fields).turns[0].numbers.cost.map(Money::dollars)
    }

    #[test]
    fn credits_are_cents_and_the_fuller_count_of_them_holds() {
        assert_eq!(
            money(&json!(2.308_118_4), "GPT-5.6 Luna • 2.3 credits"),
            Some(0.023_081_184)
        );
        assert_eq!(money(&json!(25.5), "GPT-5.6 Luna • 41.1 credits"), Some(0.411));
        assert_eq!(money(&Value::Null, "GPT-5 • 1 credit"), Some(0.01));
        assert_eq!(money(&Value::Null, "GPT-5 • 1,041.5 credits"), Some(10.415));
        for none in ["GPT-5 • 1x", "DeepSeek V4 Pro", "GPT-5 • 2,3 Guthaben", "", "• credits"] {
            assert_eq!(money(&Value::Null, none), None, "{none}");
        }
        assert_eq!(money(&json!(0), ""), Some(0.0));
        assert_eq!(money(&json!(-1), ""), None);
    }

    #[test]
    fn the_vendor_that_was_asked_bills() {
        for (asked, resolved, expected) in [
            ("copilot/auto", "gpt-5.6-luna", ("github-copilot", "gpt-5.6-luna")),
            ("copilot/auto", "", ("github-copilot", "")),
            ("copilot/gpt-5", "", ("github-copilot", "gpt-5")),
            ("anthropic/claude-sonnet-5", "", ("anthropic", "claude-sonnet-5")),
            ("gemini/gemini-3-pro", "", ("google", "gemini-3-pro")),
            (
                "customendpoint/Acme/deepseek-v4-pro",
                "deepseek-v4-pro",
                ("", "deepseek-v4-pro"),
            ),
            ("ollama/qwen3", "", ("ollama", "qwen3")),
        ] {
            let fields = json!({"requestId": "request_a", "modelId": asked, "completionTokens": 9,
                "result": {"metadata": {"resolvedModel": resolved}}});
            let batch = turn(&fields);
            let (provider, model) = &batch.models[batch.turns[0].model as usize];
            assert_eq!((&**provider, &**model), expected, "{asked}");
        }
    }

    #[test]
    fn the_last_call_is_all_only_where_there_was_one() {
        let output = |calls: usize| {
            let rounds = vec![json!({"thinking": {"tokens": 3}}); calls];
            let fields = json!({"requestId": "request_a", "modelId": "copilot/gpt-5",
                "result": {"metadata": {"outputTokens": 10, "promptTokens": 900, "toolCallRounds": rounds}}});
            let tokens = turn(&fields).turns[0].numbers.tokens;
            (tokens.output(), tokens.reasoning(), tokens.input())
        };
        assert_eq!(output(1), (Some(7), Some(3), None));
        assert_eq!(output(2), (None, None, None));
        let skipped = turn(&json!({"requestId": "request_a", "modelId": "copilot/gpt-5", "result": {"metadata": {}}}));
        assert_eq!((skipped.turns.len(), skipped.skipped[&Skip::Uncounted]), (0, 1));
    }
}
