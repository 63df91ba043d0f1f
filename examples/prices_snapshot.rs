//! Writes `src/prices/snapshot.tsv` from a downloaded models.dev `api.json`: `make prices API=api.json DAY=2026-11-20`.

use anyhow::{Context, Result, bail};
use std::fs;

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/prices/snapshot.tsv");

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [list, day] = &arguments[..] else {
        bail!("usage: prices_snapshot API.JSON DAY")
    };
    let json = fs::read(list).with_context(|| format!("could not read {list}"))?;
    let before = fs::read(SNAPSHOT).ok().filter(|file| !file.is_empty());
    let text = ttop::prices::snapshot(before.as_deref(), &json, day)?;
    fs::write(SNAPSHOT, text).with_context(|| format!("could not write {SNAPSHOT}"))
}
