//! Exchange rates: what a dollar was worth on each day, from the reference rates of the European Central Bank: the
//! built-in averages of months, then the days that were fetched.

use super::daily_rates::{self, Days};
use crate::core::currency::{CURRENCIES, Currency, DOLLAR, Displayed};
use crate::core::money::Money;
use crate::system::System;
use anyhow::{Context, Result};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Monthly averages: made by `make rates`.
const RATES: &str = include_str!("data/rates.tsv");
/// The first month of the file: agents have no older records that are worth a column.
const FIRST: &str = "2024-07";
/// Rates are integers of this many parts.
const PARTS: i64 = 1_000_000_000;

/// So many days after the last one its rate is still the newest: banks rest on weekends and holidays.
const FRESH_DAYS: i64 = 7;

/// What a dollar is worth in a currency, by month and day.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub currency: &'static Currency,
    /// When each month or day begins (epoch milliseconds) and what a dollar was worth in it.
    rates: Vec<(i64, i64)>,
    /// From when on there is no rate.
    end: i64,
    /// The last month or day with a rate: `2026-10`, `2026-11-20`.
    last: String,
}

impl Exchange {
    /// The rates of a currency, the fetched ones too; `None` for dollars and for a currency without rates.
    pub fn open(system: &System, code: &str) -> Option<Self> {
        let mut exchange = Self::of(code)?;
        // A damaged file is reported with the price list.
        exchange.add(&daily_rates::read(system).unwrap_or_default());
        Some(exchange)
    }

    /// Adds days: each rate holds until the next one.
    fn add(&mut self, days: &Days) {
        let code = self.currency.code;
        let rate = |(day, rates): (&Date, &BTreeMap<String, f64>)| {
            let rate = (rates.get(code)? * PARTS as f64).round() as i64;
            Some((*day, start_of(*day)?, rate))
        };
        let days: Vec<(Date, i64, i64)> = days.iter().filter_map(rate).collect();
        let (Some((_, first, _)), Some((last, start, _))) = (days.first(), days.last()) else {
            return;
        };
        self.rates.retain(|(start, _)| start < first);
        self.rates.extend(days.iter().map(|(_, start, rate)| (*start, *rate)));
        self.end = self.end.max(start + FRESH_DAYS * 24 * 3_600_000);
        self.last = last.to_string();
    }

    /// The built-in rates of a currency; `None` for dollars and for a currency without rates.
    pub fn of(code: &str) -> Option<Self> {
        let currency = Currency::find(code).filter(|currency| *currency != DOLLAR)?;
        let mut lines = RATES.lines().filter(|line| !line.starts_with('#'));
        let column = lines.next()?.split('\t').position(|name| name == code)?;
        let mut rates = Vec::new();
        let mut last = None;
        for line in lines {
            let cells: Vec<&str> = line.split('\t').collect();
            let month = first_day(cells.first()?)?;
            let rate = Money::from_decimal(cells.get(column)?.as_bytes())?;
            rates.push((start_of(month)?, rate.nanos()));
            last = Some(month);
        }
        let last = last?;
        Some(Self {
            currency,
            rates,
            end: start_of(last.saturating_add(1.month()))?,
            last: last.strftime("%Y-%m").to_string(),
        })
    }

    /// What a dollar was worth last, in thousand millionths.
    pub fn newest(&self) -> i64 {
        self.rates.last().map_or(PARTS, |(_, rate)| *rate)
    }

    /// The last month or day that has a rate.
    pub fn last(&self) -> &str {
        &self.last
    }

    /// A dated amount in the currency.
    pub fn displayed(&self, money: Money) -> Displayed {
        let worth = i128::from(money.at_newest_rate().nanos()) * i128::from(self.newest()) / i128::from(PARTS);
        Displayed(i64::try_from(worth).unwrap_or(i64::MAX))
    }

    /// Whether a moment has no rate yet.
    pub fn is_newer(&self, at: i64) -> bool {
        at >= self.end
    }

    /// An amount of a moment, with the drift of that moment's rate. Before the first one, the first rate holds.
    #[must_use]
    pub fn dated(&self, money: Money, at: i64) -> Money {
        let after = self.rates.partition_point(|(start, _)| *start <= at);
        let in_force = self.rates.get(after.saturating_sub(1));
        let rate = in_force.map_or(PARTS, |(_, rate)| *rate);
        let worth = i128::from(money.nanos()) * i128::from(rate) / i128::from(self.newest());
        let worth = i64::try_from(worth).unwrap_or(i64::MAX);
        money.with_drift(worth.saturating_sub(money.nanos()))
    }
}

/// The first day that the built-in averages do not cover.
pub(super) fn first_built_in_gap() -> Option<Date> {
    let last = RATES.lines().rfind(|line| !line.is_empty())?.split('\t').next()?;
    Some(first_day(last)?.saturating_add(1.month()))
}

/// `2026-10`
fn first_day(month: &str) -> Option<Date> {
    format!("{month}-01").parse().ok()
}

fn start_of(day: Date) -> Option<i64> {
    let at = day.to_zoned(TimeZone::UTC).ok()?;
    Some(at.timestamp().as_millisecond())
}

/// The text of `rates.tsv`, from `eurofxref-hist.csv`: days in rows, units of each currency for a euro in columns. A
/// month's rate is the average of its days' rates for a dollar, with six digits.
///
/// # Errors
/// When the history lacks a currency or a month.
pub fn rates(history: &str) -> Result<String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(history.as_bytes());
    let header = reader.headers()?.clone();
    let column = |name: &str| {
        let at = header.iter().position(|column| column == name);
        at.with_context(|| format!("the history has no column {name}"))
    };
    let (day, dollar) = (column("Date")?, column(DOLLAR.code)?);
    let codes: Vec<&str> = CURRENCIES
        .iter()
        .map(|currency| currency.code)
        .filter(|code| *code != DOLLAR.code)
        .collect();
    let columns: Vec<Option<usize>> = codes
        .iter()
        .map(|code| {
            if *code == "EUR" {
                Ok(None)
            } else {
                column(code).map(Some)
            }
        })
        .collect::<Result<_>>()?;
    let mut months: BTreeMap<String, Vec<(f64, u32)>> = BTreeMap::new();
    let mut newest = String::new();
    for record in reader.records() {
        let record = record?;
        let number = |at: usize| record.get(at).and_then(|cell| cell.trim().parse::<f64>().ok());
        let (Some(day), Some(dollars)) = (record.get(day), number(dollar)) else {
            continue;
        };
        let Some(month) = day.get(..7).filter(|month| *month >= FIRST) else {
            continue;
        };
        newest = newest.max(day.to_owned());
        let sums = months
            .entry(month.to_owned())
            .or_insert_with(|| vec![(0.0, 0); codes.len()]);
        for (sum, column) in sums.iter_mut().zip(&columns) {
            if let Some(rate) = column.map_or(Some(1.0), number) {
                *sum = (sum.0 + rate / dollars, sum.1 + 1);
            }
        }
    }
    let mut text = format!(
        "# Units for a US dollar: monthly averages of the euro reference rates of the European Central Bank to {newest}\nmonth\t{}\n",
        codes.join("\t")
    );
    for (month, sums) in &months {
        text.push_str(month);
        for ((sum, days), code) in sums.iter().zip(&codes) {
            anyhow::ensure!(*days > 0, "{month} has no rate of {code}");
            write!(text, "\t{}", digits(sum / f64::from(*days)))?;
        }
        text.push('\n');
    }
    Ok(text)
}

/// Six significant digits.
pub(super) fn digits(rate: f64) -> String {
    let whole = rate.log10().floor() as i32 + 1;
    let decimals = usize::try_from(6 - whole.max(0)).unwrap_or(0);
    format!("{rate:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().expect("an instant").as_millisecond()
    }

    #[test]
    fn every_currency_has_a_rate_for_each_month() {
        for currency in &CURRENCIES[1..] {
            let exchange = Exchange::of(currency.code).expect(currency.code);
            assert_eq!(
                exchange.rates.first().map(|month| month.0),
                Some(at("2024-07-01T00:00:00Z"))
            );
            assert!(exchange.rates.windows(2).all(|pair| pair[0].0 < pair[1].0));
            assert!(
                exchange.rates.iter().all(|(_, rate)| *rate > PARTS / 10),
                "{}",
                currency.code
            );
            // Every month from the first to the last.
            let days = (exchange.end - exchange.rates[0].0) as f64 / 86_400_000.0;
            assert_eq!(
                (days / 30.44).round() as usize,
                exchange.rates.len(),
                "{}",
                currency.code
            );
        }
        assert!(Exchange::of("USD").is_none() && Exchange::of("XXX").is_none());
    }

    #[test]
    fn an_amount_keeps_the_rate_of_its_month() {
        let exchange = Exchange {
            currency: Currency::find("EUR").expect("a currency"),
            rates: vec![
                (at("2026-01-01T00:00:00Z"), 800_000_000),
                (at("2026-02-01T00:00:00Z"), 1_000_000_000),
            ],
            end: at("2026-03-01T00:00:00Z"),
            last: "2026-02".to_owned(),
        };
        let ten = Money::from_dollars(10.0);
        for (moment, worth) in [
            ("2025-06-01T00:00:00Z", 8.0),
            ("2026-01-31T23:59:59Z", 8.0),
            ("2026-02-01T00:00:00Z", 10.0),
            ("2027-01-01T00:00:00Z", 10.0),
        ] {
            let dated = exchange.dated(ten, at(moment));
            assert_eq!(dated.at_newest_rate(), Money::from_dollars(worth), "{moment}");
            assert_eq!(dated.nanos(), ten.nanos(), "dollars stay");
        }
        assert!(!exchange.is_newer(at("2026-02-28T23:59:59Z")) && exchange.is_newer(at("2026-03-01T00:00:00Z")));
        // A fetched day replaces what is known from then on, until the next one.
        let mut exchange = exchange;
        let day = |day: &str, rate| (day.parse().expect("a day"), BTreeMap::from([("EUR".to_owned(), rate)]));
        exchange.add(&Days::from([day("2026-02-20", 0.5), day("2026-03-06", 2.0)]));
        for (moment, worth) in [
            ("2026-02-19T23:59:59Z", 10.0),
            ("2026-02-20T00:00:00Z", 5.0),
            ("2026-03-05T12:00:00Z", 5.0),
            ("2026-03-08T12:00:00Z", 20.0),
        ] {
            let shown =
                exchange.dated(ten, at(moment)).at_newest_rate().dollars() * exchange.newest() as f64 / PARTS as f64;
            assert!((shown - worth).abs() < 1e-6, "{moment}: {shown}");
        }
        assert_eq!(exchange.last(), "2026-03-06");
        assert!(!exchange.is_newer(at("2026-03-09T00:00:00Z")) && exchange.is_newer(at("2026-03-14T00:00:00Z")));
    }

    #[test]
    fn the_generator_averages_the_days_of_a_month() {
        let codes: Vec<&str> = CURRENCIES
            .iter()
            .map(|currency| currency.code)
            .filter(|code| *code != "EUR")
            .collect();
        let day = |day: &str, dollar: f64, other: f64| {
            let rates: Vec<String> = codes
                .iter()
                .map(|code| if *code == "USD" { dollar } else { other }.to_string())
                .collect();
            format!("{day},{},\n", rates.join(","))
        };
        let history = format!(
            "Date,{},\n{}{}{}",
            codes.join(","),
            day("2026-10-02", 1.25, 2.0),
            day("2026-10-01", 1.0, 2.0),
            day("2020-10-01", 9.0, 9.0)
        );
        let text = rates(&history).expect("rates");
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with("to 2026-10-02"), "{text}");
        assert!(lines[1].starts_with("month\tEUR\tGBP"), "{text}");
        assert_eq!(lines.len(), 3);
        assert!(lines[2].starts_with("2026-10\t0.900000\t1.80000"), "{text}");
    }
}
