//! Reads the CSV exports of providers: usage and cost of Anthropic and OpenAI, activity of OpenRouter.

use super::statement::{Counts, Level, Line, Statement};
use crate::core::money::Money;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// A kind of export: how to know it, and how to read a record.
pub(super) struct Export {
    /// The value of `--kind`.
    pub kind: &'static str,
    name: &'static str,
    provider: &'static str,
    /// Columns that tell it from the others.
    needs: &'static [&'static str],
    /// In nano-dollars: what a line may be off by.
    rounding: i64,
    line: fn(&Record<'_>) -> Option<Line>,
}

/// Every kind of export. Columns were observed in exports of 2025 and 2026; their order does not matter.
pub(super) const EXPORTS: [Export; 6] = [
    Export {
        kind: "anthropic",
        name: "the Anthropic usage export",
        provider: "anthropic",
        needs: &["usage_date_utc", "usage_input_tokens_no_cache", "usage_output_tokens"],
        rounding: 0,
        line: anthropic_usage,
    },
    Export {
        kind: "anthropic",
        name: "the Anthropic cost export",
        provider: "anthropic",
        needs: &["usage_date_utc", "token_type", "cost_usd"],
        // Amounts have two decimals.
        rounding: 5_000_000,
        line: anthropic_cost,
    },
    Export {
        kind: "openai",
        name: "the OpenAI usage export",
        provider: "openai",
        needs: &["start_time", "input_tokens", "output_tokens", "num_model_requests"],
        rounding: 0,
        line: openai_usage,
    },
    Export {
        kind: "openai",
        name: "the OpenAI cost export",
        provider: "openai",
        needs: &["start_time", "amount_value"],
        rounding: 0,
        line: openai_cost,
    },
    Export {
        kind: "openrouter",
        name: "the OpenRouter activity export",
        provider: "openrouter",
        needs: &["created_at", "model_permaslug", "cost_total", "tokens_prompt"],
        rounding: 0,
        line: openrouter_generation,
    },
    Export {
        kind: "openrouter",
        name: "the OpenRouter activity export",
        provider: "openrouter",
        needs: &["date", "slug", "usage", "prompt tokens"],
        rounding: 0,
        line: openrouter_day,
    },
];

/// A line of the file by the names of its columns.
struct Record<'r> {
    columns: &'r HashMap<String, usize>,
    fields: &'r csv::StringRecord,
}

impl Record<'_> {
    fn text(&self, column: &str) -> Option<&str> {
        let field = self.fields.get(*self.columns.get(column)?)?.trim();
        (!field.is_empty()).then_some(field)
    }

    /// A count; exports also write `3.0`. A column that is missing or empty is 0.
    fn count(&self, column: &str) -> Option<i64> {
        match self.text(column) {
            None => Some(0),
            Some(text) => {
                let text = text.replace(',', "");
                text.parse().ok().or_else(|| {
                    let count: f64 = text.parse().ok()?;
                    (count.fract() == 0.0 && count.abs() < 9e15).then_some(count as i64)
                })
            }
        }
    }

    fn requests(&self, column: &str) -> Option<u64> {
        self.text(column)?;
        self.count(column).and_then(|count| u64::try_from(count).ok())
    }

    fn money(&self, column: &str) -> Option<Money> {
        let text = self.text(column)?.trim_start_matches('$').replace(',', "");
        Money::from_decimal(text.as_bytes())
    }

    /// The day in UTC of a date, a time or epoch seconds.
    fn day(&self, column: &str) -> Option<Date> {
        let text = self.text(column)?;
        if let Ok(seconds) = text.parse::<i64>() {
            return Some(Timestamp::from_second(seconds).ok()?.to_zoned(TimeZone::UTC).date());
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(at.to_zoned(TimeZone::UTC).date());
        }
        text.get(..10)?.parse().ok()
    }
}

/// The statement of a file with these columns; `None` if no kind of export has them.
///
/// # Errors
/// When the file is no CSV.
pub(super) fn read(text: &[u8], kind: Option<&str>) -> Result<Option<Statement>, csv::Error> {
    // A spreadsheet may have put a byte order mark in front.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let header = reader.headers()?.clone();
    let names = header.iter().enumerate();
    let columns: HashMap<String, usize> = names.map(|(at, name)| (name.trim().to_lowercase(), at)).collect();
    let fits = |export: &&Export| {
        kind.is_none_or(|kind| kind == export.kind) && export.needs.iter().all(|name| columns.contains_key(*name))
    };
    let Some(export) = EXPORTS.iter().find(fits) else {
        return Ok(None);
    };
    let mut statement = Statement::new(export.name, Level::Day);
    statement.is_utc = true;
    statement.provider = Some(export.provider);
    statement.rounding = Money::from_nanos(export.rounding);
    for fields in reader.records() {
        let fields = fields?;
        let record = Record {
            columns: &columns,
            fields: &fields,
        };
        match (export.line)(&record) {
            Some(line) => statement.lines.push(line),
            None => statement.skipped += 1,
        }
    }
    // An export that is not grouped by model has none.
    statement.has_models = statement.lines.iter().any(|line| line.model.is_some());
    Ok(Some(statement))
}

fn anthropic_usage(record: &Record<'_>) -> Option<Line> {
    let written = ["", "_5m", "_1h"].map(|suffix| record.count(&format!("usage_input_tokens_cache_write{suffix}")));
    let mut cache_write = 0;
    for count in written {
        cache_write += count?;
    }
    Some(Line {
        date: Some(record.day("usage_date_utc")?),
        model: record
            .text("model_version")
            .or_else(|| record.text("model"))
            .map(str::to_owned),
        counts: Some([
            record.count("usage_input_tokens_no_cache")?,
            record.count("usage_output_tokens")?,
            record.count("usage_input_tokens_cache_read")?,
            cache_write,
        ]),
        ..Line::default()
    })
}

fn anthropic_cost(record: &Record<'_>) -> Option<Line> {
    let cost = record.money("cost_usd")?;
    let is_token = record.text("cost_type").is_none_or(|kind| kind == "token");
    Some(Line {
        date: Some(record.day("usage_date_utc")?),
        model: record.text("model").map(str::to_owned),
        cost: Some(cost),
        fees: (!is_token).then_some(cost),
        ..Line::default()
    })
}

fn openai_usage(record: &Record<'_>) -> Option<Line> {
    let cached = record.count("input_cached_tokens")?;
    let written = record.count("input_cache_write_tokens")?;
    Some(Line {
        date: Some(record.day("start_time")?),
        model: record.text("model").map(str::to_owned),
        counts: Some([
            record.count("input_tokens")? - cached - written,
            record.count("output_tokens")?,
            cached,
            written,
        ]),
        requests: record.requests("num_model_requests"),
        ..Line::default()
    })
}

/// A line item is `gpt-5-mini, input`, or an item that is billed by the piece: `web search tool calls`.
fn openai_cost(record: &Record<'_>) -> Option<Line> {
    if record
        .text("amount_currency")
        .is_some_and(|currency| !currency.eq_ignore_ascii_case("usd"))
    {
        return None;
    }
    let date = record.day("start_time")?;
    // A day without use has a line without an amount.
    let cost = record.money("amount_value").unwrap_or_default();
    let item = record.text("line_item");
    let model = item.and_then(|item| Some(item.split_once(", ")?.0.to_owned()));
    let is_fee = item.is_some() && model.is_none();
    Some(Line {
        date: Some(date),
        model,
        cost: Some(cost),
        fees: is_fee.then_some(cost),
        ..Line::default()
    })
}

/// Counts of prompt tokens contain cached ones, completions contain reasoning.
fn openrouter_counts(record: &Record<'_>, prompt: &str, completion: &str, cached: &str) -> Option<Counts> {
    let cached = record.count(cached)?;
    let prompt = record.count(prompt)?.checked_sub(cached)?;
    Some([prompt, record.count(completion)?, cached, 0])
}

fn openrouter_generation(record: &Record<'_>) -> Option<Line> {
    let pieces = ["cost_web_search", "cost_file_processing"].map(|column| record.money(column).unwrap_or_default());
    let fees = pieces.into_iter().fold(Money::ZERO, Money::plus);
    Some(Line {
        date: Some(record.day("created_at")?),
        model: record.text("model_permaslug").map(str::to_owned),
        counts: Some(openrouter_counts(
            record,
            "tokens_prompt",
            "tokens_completion",
            "tokens_cached",
        )?),
        cost: Some(record.money("cost_total")?),
        fees: (fees > Money::ZERO).then_some(fees),
        requests: Some(1),
        ..Line::default()
    })
}

fn openrouter_day(record: &Record<'_>) -> Option<Line> {
    Some(Line {
        date: Some(record.day("date")?),
        model: record.text("slug").map(str::to_owned),
        counts: Some(openrouter_counts(
            record,
            "prompt tokens",
            "completion tokens",
            "cached tokens",
        )?),
        cost: Some(record.money("usage")?),
        requests: record.requests("requests"),
        ..Line::default()
    })
}
