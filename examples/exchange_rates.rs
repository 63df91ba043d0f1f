//! Writes the built-in exchange rates: `make rates CSV=eurofxref-hist.csv` takes the history of the European Central Bank.

use anyhow::{Context, Result, bail};
use std::fs;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/prices/data/rates.tsv");

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [history] = &arguments[..] else {
        bail!("usage: exchange_rates EUROFXREF-HIST.CSV");
    };
    let text = fs::read_to_string(history).with_context(|| format!("could not read {history}"))?;
    let rates = ttop::prices::exchange_rates(&text)?;
    fs::write(FILE, rates).with_context(|| format!("could not write {FILE}"))
}
