//! Sessions of which only a running total is recorded: one row each, which a later total replaces.

use super::batch::{Batch, Skip, segment_hash};
use super::table::Cells;
use crate::core::biller::biller;
use crate::core::money::Money;
use crate::core::numbers::Numbers;
use crate::core::tokens::Tokens;
use crate::core::turn::{Accuracy, EventKey, Mode, Origin, Rank, RecordKey, Turn};
use rustc_hash::FxHashMap;

/// The limit that `doctor` lists for every such agent.
pub const LIMIT: &str =
    "only a running total per session is recorded: it counts on the session's first day, under its latest model";

/// Ids, what the user may call a copy, and where it may go on.
const OF_COPIES: [&str; 11] = [
    "id",
    "session_id",
    "title",
    "name",
    "user_set_name",
    "description",
    "summary",
    "cwd",
    "folder_paths",
    "working_dir",
    "model_config",
];

/// Finds copies in a table whose rows change: a row that repeats another one in everything but its ids, title and folder,
/// times included, is a copy of it. Rows come in the order in which they were made.
#[derive(Default)]
pub struct Originals(FxHashMap<u64, String>);

impl Originals {
    /// The id of the row that a row of `created` was copied from; its own id where it was not. Without a time, equal rows prove
    /// nothing.
    pub fn of<'a>(&'a mut self, id: &'a str, created: Option<i64>, cells: &Cells<'_>) -> &'a str {
        if created.is_none() {
            return id;
        }
        let first = self.0.entry(cells.hash_without(&OF_COPIES));
        first.or_insert_with(|| id.to_owned())
    }
}

/// The total of one session as it stands now.
pub struct Total<'a> {
    pub agent: &'a str,
    pub session: &'a str,
    /// What a copy of the session under another id shares with it; the id itself where nothing does.
    pub origin: &'a str,
    /// Which of several totals of the session; empty where there is one.
    pub part: &'a str,
    /// How many requests it stands for, where that is recorded.
    pub requests: Option<u64>,
    /// As the agent calls it; where it is empty the model's name decides.
    pub provider: &'a str,
    pub model: &'a str,
    /// The branch that the session is about; empty where none is recorded.
    pub branch: &'a str,
    pub tokens: Tokens,
    pub cost: Option<Money>,
    pub mode: Mode,
    pub accuracy: Accuracy,
    /// When the session began, epoch milliseconds.
    pub started_at: i64,
    /// Row number where it stands in a table.
    pub place: u64,
}

impl Total<'_> {
    /// Adds its turn, if anything was used.
    pub fn add(&self, into: &mut Batch) {
        self.add_above(0, false, into);
    }

    /// The same where what the session began with is not known, or not any more: a rest that was known stays.
    pub fn add_without_beginning(&self, into: &mut Batch) {
        self.add_above(0, true, into);
    }

    /// Adds what is left of a total without what the session began with. It replaces the whole total, which is larger, if that
    /// was read before its beginning was known.
    pub fn add_rest(&self, into: &mut Batch) {
        self.add_above(1 << 63, false, into);
    }

    fn add_above(&self, rank: u64, may_know_less: bool, into: &mut Batch) {
        let cost = self.cost.unwrap_or_default();
        if self.tokens.is_zero() && cost == Money::ZERO {
            into.skip(Skip::Uncounted);
            return;
        }
        let name = |of: &str| match self.part {
            "" => of.to_owned(),
            part => format!("{of}\0{part}"),
        };
        into.turn(&Turn {
            session_id: self.session,
            // Not by model: when the user changes it, the total goes on growing under the new one.
            record: RecordKey::of(name(self.session)),
            event: EventKey::of(self.agent, name(self.origin)),
            // Totals only grow: of two copies the larger one is the later one.
            rank: Rank(
                rank | self.tokens.known_total(),
                u64::try_from(cost.nanos()).unwrap_or(0),
            ),
            provider_id: provider_id(self.provider, self.model),
            model_id: self.model,
            origin: Origin {
                branch: self.branch,
                ..Origin::NONE
            },
            numbers: Numbers {
                requests: self
                    .requests
                    .and_then(|count| u32::try_from(count).ok())
                    .filter(|&count| count > 0),
                cost: self.cost,
                mode: self.mode,
                accuracy: self.accuracy,
                ..Numbers::of(self.tokens, self.started_at)
            },
            may_know_less,
            place: self.place,
            ..Turn::PLAIN
        });
    }
}

/// Says how the turn of a session that was added as row `at` is identified, if one was: by what describes the session, or by its
/// id while that is missing. The latter gives way, wherever it was read.
pub fn identify(session: &str, at: usize, is_described: bool, into: &mut Batch) {
    if into.turns.len() > at {
        into.segment_of_last(segment_hash(session), is_described);
    }
}

/// Provider that bills, by its models.dev id.
fn provider_id<'a>(name: &'a str, model: &str) -> &'a str {
    biller(name, model.strip_prefix("custom:").unwrap_or(model)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_get_their_models_dev_ids() {
        for (name, model, expected) in [
            ("anthropic", "gpt-5", "anthropic"),
            ("", "custom:gpt-5-0", "openai"),
            ("", "custom:House Model-1", ""),
            ("aws_bedrock", "claude-opus-5", "amazon-bedrock"),
        ] {
            assert_eq!(provider_id(name, model), expected, "{name} {model}");
        }
    }

    #[test]
    fn nothing_used_is_no_turn_and_a_cost_alone_is_one() {
        let mut batch = Batch::default();
        let mut total = Total {
            agent: "a",
            session: "s",
            origin: "s",
            part: "",
            requests: None,
            provider: "",
            model: "",
            branch: "",
            tokens: Tokens::ZERO,
            cost: Some(Money::ZERO),
            mode: Mode::Standard,
            accuracy: Accuracy::Exact,
            started_at: 0,
            place: 0,
        };
        total.add(&mut batch);
        assert_eq!((batch.turns.len(), batch.skipped[&Skip::Uncounted]), (0, 1));
        (total.tokens, total.cost) = (Tokens::unreported(), Some(Money::from_nanos(5)));
        total.add(&mut batch);
        assert_eq!(batch.turns[0].rank, Rank(0, 5));
    }
}
