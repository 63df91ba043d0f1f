//! Statements: files of other programs and providers, in one shape.

use crate::core::money::Money;
use crate::core::tokens::{Bucket, Tokens};
use jiff::civil::Date;

/// Tokens as other programs count them: input, output with reasoning, cache reads, cache writes.
pub type Counts = [i64; 4];

/// What a file shows.
#[derive(Clone, Debug)]
pub struct Statement {
    /// For people: `ccusage`, `the Anthropic usage export`.
    pub name: &'static str,
    pub level: Level,
    /// Whether its days are those of UTC; else they are the reader's.
    pub is_utc: bool,
    /// The provider whose bill it is.
    pub provider: Option<&'static str>,
    /// Ids of the agents it covers; empty where it does not name them.
    pub agents: Vec<String>,
    pub has_models: bool,
    /// Whether lines name their agent.
    pub has_agents: bool,
    /// What each line may be off by, because the file rounds it.
    pub rounding: Money,
    /// Lines that were skipped because they hold no date, count or amount.
    pub skipped: usize,
    pub lines: Vec<Line>,
}

/// What a line of a file adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Day,
    /// Weeks that begin on the weekday of the file's lines.
    Week,
    Month,
    Session,
    /// Everything.
    Whole,
}

/// One line of a file; lines about the same are added up.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// The first day of its period.
    pub date: Option<Date>,
    pub session: Option<String>,
    /// Id of the agent, in ttop's spelling.
    pub agent: Option<String>,
    pub model: Option<String>,
    /// `None` where the file only has money.
    pub counts: Option<Counts>,
    pub cost: Option<Money>,
    /// The part of `cost` that is no charge for tokens.
    pub fees: Option<Money>,
    pub requests: Option<u64>,
    /// Whether the program found no price for the model.
    pub lacks_price: bool,
}

impl Statement {
    pub fn new(name: &'static str, level: Level) -> Self {
        Self {
            name,
            level,
            is_utc: false,
            provider: None,
            agents: Vec::new(),
            has_models: false,
            has_agents: false,
            rounding: Money::ZERO,
            skipped: 0,
            lines: Vec::new(),
        }
    }
}

/// The counts of tokens: reasoning belongs to the output, and unknown buckets are 0.
pub fn counts_of(tokens: &Tokens) -> Counts {
    let [input, output, reasoning, cache_read, cache_write] = tokens.counts().map(signed);
    [input, output + reasoning, cache_read, cache_write]
}

/// As the tokens of a row, which do not tell reasoning from output.
pub fn tokens_of(counts: Option<Counts>) -> Tokens {
    let Some(counts) = counts else {
        return Tokens::unreported();
    };
    let [input, output, cache_read, cache_write] = counts.map(|count| u64::try_from(count).unwrap_or(0));
    Tokens::new(input, output, 0, cache_read, cache_write).without(Bucket::Reasoning)
}

pub fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub fn plus(a: Counts, b: Counts) -> Counts {
    std::array::from_fn(|at| a[at].saturating_add(b[at]))
}

pub fn minus(a: Counts, b: Counts) -> Counts {
    std::array::from_fn(|at| a[at].saturating_sub(b[at]))
}

pub fn total(counts: Counts) -> i64 {
    counts.iter().fold(0, |sum: i64, count| sum.saturating_add(*count))
}
