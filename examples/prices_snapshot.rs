//! Writes the built-in prices: `make prices` derives `history.tsv` and `core/listed.tsv` anew, `make prices API=api.json
//! DAY=2026-11-20` takes a downloaded models.dev list into `snapshot.tsv` first.

use anyhow::{Context, Result, bail};
use std::fs;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/prices/");

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [] => {}
        [list, day] => {
            let json = fs::read(list).with_context(|| format!("could not read {list}"))?;
            let before = read("snapshot.tsv").ok().filter(|file| !file.is_empty());
            write("names.tsv", &ttop::prices::names(&json)?)?;
            write("snapshot.tsv", &ttop::prices::snapshot(before.as_deref(), &json, day)?)?;
        }
        _ => bail!("usage: prices_snapshot [API.JSON DAY]"),
    }
    let (catalogue, exceptions) = (text("data/catalogue.tsv")?, text("data/exceptions.tsv")?);
    let history = ttop::prices::history(&catalogue, &exceptions, &read("snapshot.tsv")?)?;
    write("history.tsv", &history)?;
    write(
        "../core/listed.tsv",
        &ttop::prices::listed(&text("snapshot.tsv")?, &history),
    )
}

fn read(name: &str) -> Result<Vec<u8>> {
    fs::read(format!("{FOLDER}{name}")).with_context(|| format!("could not read {name}"))
}

fn text(name: &str) -> Result<String> {
    String::from_utf8(read(name)?).with_context(|| format!("{name} is not UTF-8"))
}

fn write(name: &str, text: &str) -> Result<()> {
    fs::write(format!("{FOLDER}{name}"), text).with_context(|| format!("could not write {name}"))
}
