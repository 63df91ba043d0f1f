//! Exchange rates of each day, newer than the built-in months: fetched with the price list where amounts are shown in
//! another currency.

use super::exchange::{digits, first_built_in_gap};
use crate::core::bad_request::BadRequest;
use crate::core::currency::{CURRENCIES, DOLLAR};
use crate::core::problem::Problem;
use crate::core::time::Time;
use crate::system::System;
use crate::system::http::{Http, Request, loopback_url, origin_of};
use crate::system::open::{self, Most};
use crate::system::replace::replace;
use anyhow::{Context, Result, bail};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

/// The reference rates of the European Central Bank: units of each currency for a euro.
const URL: &str = "https://data-api.ecb.europa.eu/service/data/EXR/D..EUR.SP00.A";
const MAX_BYTES: u64 = 16 << 20;
const TIMEOUT: Duration = Duration::from_secs(30);
/// Days that are asked for again: the last ones can have been corrected.
const AGAIN_DAYS: i32 = 7;

/// Units of each currency for a dollar, by day; a currency without a rate on a day is not there.
pub(super) type Days = BTreeMap<Date, BTreeMap<String, f64>>;

/// Fetches the rates of the days that are not known yet, and keeps them.
///
/// # Errors
/// A [`BadRequest`] for a foreign URL in the environment; else when the rates cannot be had or kept. Those that were known
/// before are then untouched.
pub(super) fn update_rates(system: &System) -> Result<()> {
    let url = url(system)?;
    if system.offline {
        bail!("offline: the exchange rates were not updated");
    }
    let mut days = read(system).unwrap_or_default();
    let last = days.last_key_value().map(|(day, _)| *day);
    let first = match last {
        Some(day) => day.saturating_sub(AGAIN_DAYS.days()),
        None => first_built_in_gap().context("the built-in rates are damaged")?,
    };
    let target = format!("{url}?startPeriod={first}&format=csvdata&detail=dataonly");
    let mut request = Request::get(&target);
    request.timeout = TIMEOUT;
    request.max_bytes = MAX_BYTES;
    request.headers.push(("accept", "text/csv".to_owned()));
    let answer = Http::new(system).send(&request).with_context(|| origin_of(&url))?;
    if answer.status != 200 {
        bail!("{}: answered with status {}", origin_of(&url), answer.status);
    }
    let newer = parse(&answer.body).with_context(|| origin_of(&url))?;
    days.extend(newer);
    let path = path(system);
    replace(&path, text(&days, system.now).as_bytes())
        .with_context(|| format!("could not write {}", system.tilde(&path)))
}

/// Where the rates are asked for.
///
/// # Errors
/// For a foreign URL in the environment.
pub(super) fn url(system: &System) -> Result<String, BadRequest> {
    Ok(loopback_url(system, "TTOP_RATES_URL")?.unwrap_or_else(|| URL.to_owned()))
}

fn path(system: &System) -> PathBuf {
    system.own_data_dir().join("rates.tsv")
}

/// The rates that were fetched; none where nothing was.
///
/// # Errors
/// When the file is damaged: the built-in rates then hold.
pub(super) fn read(system: &System) -> Result<Days, Problem> {
    let path = path(system);
    let text = match open::read_text(&path, Most::SETTINGS) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Days::new()),
        Err(error) => return Err(Problem::new(system.tilde(&path), error)),
    };
    table(&text).ok_or_else(|| Problem::new(system.tilde(&path), "is damaged; to fetch it again: ttop prices update"))
}

fn table(text: &str) -> Option<Days> {
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let codes: Vec<&str> = lines.next()?.split('\t').skip(1).collect();
    let mut days = Days::new();
    for line in lines {
        let mut cells = line.split('\t');
        let day: Date = cells.next()?.parse().ok()?;
        let mut rates = BTreeMap::new();
        for (code, cell) in codes.iter().zip(cells) {
            if cell != "-" {
                let rate: f64 = cell.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0)?;
                rates.insert((*code).to_owned(), rate);
            }
        }
        days.insert(day, rates);
    }
    Some(days)
}

/// The table as a file: a line for each day, `-` where a currency has no rate.
fn text(days: &Days, now: i64) -> String {
    let codes: Vec<&str> = codes().collect();
    let mut text = format!(
        "# Units for a US dollar: euro reference rates of the European Central Bank, fetched {}\nday\t{}\n",
        Time(now),
        codes.join("\t")
    );
    for (day, rates) in days {
        let _ = write!(text, "{day}");
        for code in &codes {
            let rate = rates.get(*code).map_or_else(|| "-".to_owned(), |rate| digits(*rate));
            let _ = write!(text, "\t{rate}");
        }
        text.push('\n');
    }
    text
}

/// Currencies that have a column.
fn codes() -> impl Iterator<Item = &'static str> {
    CURRENCIES
        .iter()
        .map(|currency| currency.code)
        .filter(|code| *code != DOLLAR.code)
}

/// The bank's table: a line for each currency and day.
fn parse(csv: &[u8]) -> Result<Days> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv);
    let header = reader.headers()?.clone();
    let column = |name: &str| {
        let at = header.iter().position(|column| column == name);
        at.with_context(|| format!("the response has no column {name}"))
    };
    let (day, code, value) = (column("TIME_PERIOD")?, column("CURRENCY")?, column("OBS_VALUE")?);
    let mut euros: Days = BTreeMap::new();
    for record in reader.records() {
        let record = record?;
        let rate = record.get(value).and_then(|cell| cell.parse::<f64>().ok());
        let rate = rate.filter(|rate| rate.is_finite() && *rate > 0.0);
        let (Some(day), Some(code), Some(rate)) = (record.get(day), record.get(code), rate) else {
            continue;
        };
        let Ok(day) = day.parse::<Date>() else { continue };
        euros.entry(day).or_default().insert(code.to_owned(), rate);
    }
    let mut days = Days::new();
    for (day, rates) in euros {
        let Some(dollars) = rates.get(DOLLAR.code) else {
            continue;
        };
        let of = |code: &'static str| match code {
            "EUR" => Some(1.0),
            code => rates.get(code).copied(),
        };
        let rates = codes().filter_map(|code| Some((code.to_owned(), of(code)? / dollars)));
        days.insert(day, rates.collect());
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bank_s_table_becomes_units_for_a_dollar_and_survives_the_file() {
        let csv = "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE\n\
                   k,D,USD,EUR,SP00,A,2026-11-19,1.25\nk,D,GBP,EUR,SP00,A,2026-11-19,0.5\nk,D,ZZZ,EUR,SP00,A,2026-11-19,7\n\
                   k,D,GBP,EUR,SP00,A,2026-11-20,0.5\nk,D,USD,EUR,SP00,A,2026-11-21,2\nk,D,JPY,EUR,SP00,A,2026-11-21,\n";
        let days = parse(csv.as_bytes()).expect("a table");
        let day: Date = "2026-11-19".parse().expect("a day");
        assert_eq!(days.len(), 2, "a day without a rate of the dollar is no day");
        assert_eq!((days[&day]["EUR"], days[&day]["GBP"], days[&day].len()), (0.8, 0.4, 2));
        let kept = table(&text(&days, 0)).expect("a table");
        assert_eq!(kept, days);
        assert!(parse(b"a,b\n1,2\n").is_err());
        assert!(table("day\tEUR\n2026-11-19\tmuch\n").is_none());
    }
}
