//! The user's own prices: from ttop's config, and from OpenCode's, where custom providers are priced.

use super::list::Cost;
use crate::core::price::DatedPrice;
use crate::core::problem::Problem;
use crate::core::turn::Mode;
use crate::system::config::Config;
use crate::system::{System, jsonc, parse_instant};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Prices by provider and model, in the order they apply: a later one wins from its date on.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    prices: BTreeMap<(String, String), Vec<DatedPrice>>,
}

/// One of `prices.overrides`: a [`Cost`] with a date and a price of fast mode.
#[derive(Deserialize)]
struct Override {
    #[serde(flatten)]
    cost: Cost,
    fast: Option<Cost>,
    /// A date or an instant; without it the price holds for all time.
    from: Option<Value>,
}

impl Overrides {
    /// OpenCode's prices, then ttop's own over them.
    pub(super) fn read(system: &System, config: &Config) -> (Self, Vec<Problem>) {
        let (mut overrides, mut problems) = (Self::default(), Vec::new());
        for path in opencode_files(system) {
            match jsonc::read(system, &path) {
                Ok(Some(value)) => overrides.add_opencode(&value, &system.tilde(&path), &mut problems),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        overrides.add_own(system, config, &mut problems);
        (overrides, problems)
    }

    pub(super) fn of(&self, provider_id: &str, model_id: &str) -> Option<&[DatedPrice]> {
        // A lookup without two allocations would need a map of maps; this runs once per model.
        let key = (provider_id.to_owned(), model_id.to_owned());
        self.prices.get(&key).map(Vec::as_slice)
    }

    /// Every provider and model with a price of the user's.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.prices
            .keys()
            .map(|(provider, model)| (provider.as_str(), model.as_str()))
    }

    fn add(&mut self, provider_id: &str, model_id: &str, price: DatedPrice) {
        let key = (provider_id.to_owned(), model_id.to_owned());
        self.prices.entry(key).or_default().push(price);
    }

    /// `provider.<id>.models.<id>.cost`. Reads nothing else from that file, because it also contains keys.
    fn add_opencode(&mut self, config: &Value, place: &str, problems: &mut Vec<Problem>) {
        for (provider_id, provider) in entries(config.get("provider")) {
            for (model_id, model) in entries(provider.get("models")) {
                let Some(cost) = model.get("cost") else { continue };
                let key = format!("provider.{provider_id}.models.{model_id}.cost");
                let price = match Cost::deserialize(cost).map(|cost| cost.price()) {
                    Ok(Ok(price)) => price,
                    Ok(Err(bad)) => {
                        problems.push(Problem::new(place, format_args!("{key}: {bad}")));
                        continue;
                    }
                    Err(_) => {
                        problems.push(Problem::new(place, format_args!("{key}: not a price")));
                        continue;
                    }
                };
                let price = DatedPrice {
                    since: None,
                    standard: price,
                    modes: Vec::new(),
                    source: place.to_owned(),
                    reason: None,
                };
                self.add(provider_id, model_id, price);
            }
        }
    }

    /// `prices.overrides.<provider/model>`: one price or a list of them.
    fn add_own(&mut self, system: &System, config: &Config, problems: &mut Vec<Problem>) {
        for (key, value) in &config.prices.overrides {
            let problem = |reason: &str| Problem::new("config", format_args!("prices.overrides.{key}: {reason}"));
            let Some((provider_id, model_id)) = key.split_once('/') else {
                problems.push(problem("expected a key of the form provider/model"));
                continue;
            };
            let listed = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            for value in listed.iter().filter(|value| !value.is_null()) {
                match own_price(system, value) {
                    Ok(price) => self.add(provider_id, model_id, price),
                    Err(reason) => problems.push(problem(&reason)),
                }
            }
        }
    }
}

fn own_price(system: &System, value: &Value) -> Result<DatedPrice, String> {
    let own = Override::deserialize(value).map_err(|_| "not a price".to_owned())?;
    let since = match &own.from {
        None | Some(Value::Null) => None,
        Some(from) => Some(instant(system, from).ok_or("from: expected a date or an RFC 3339 time")?),
    };
    let mut modes = Vec::new();
    if let Some(fast) = &own.fast {
        modes.push((Mode::Fast, fast.price().map_err(|bad| format!("fast: {bad}"))?));
    }
    Ok(DatedPrice {
        since,
        standard: own.cost.price().map_err(|bad| bad.to_string())?,
        modes,
        source: "config".to_owned(),
        reason: None,
    })
}

/// `"2026-11-20"` (that day's start here), an RFC 3339 instant, or epoch milliseconds.
fn instant(system: &System, from: &Value) -> Option<i64> {
    if let Some(at) = from.as_i64() {
        return Some(at);
    }
    let text = from.as_str()?;
    let day = || {
        let date: jiff::civil::Date = text.parse().ok()?;
        let start = date.to_zoned(system.zone().ok()?.clone()).ok()?;
        Some(start.timestamp().as_millisecond())
    };
    parse_instant(text).or_else(day)
}

fn entries(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    let map = value.and_then(Value::as_object).into_iter().flatten();
    map.map(|(key, value)| (key.as_str(), value))
}

/// OpenCode's own configuration, in the order it reads it: later files win.
fn opencode_files(system: &System) -> Vec<PathBuf> {
    let folder = system.config_dir().join("opencode");
    let mut files: Vec<PathBuf> = ["config.json", "opencode.json", "opencode.jsonc"]
        .map(|name| folder.join(name))
        .into();
    files.extend(system.path_var("OPENCODE_CONFIG"));
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::price::Price;
    use crate::system::Os;
    use serde_json::json;

    fn read(config: &Value, env: &[(&str, &str)], files: &[(&str, &str)]) -> (Overrides, Vec<Problem>) {
        let home = tempfile::tempdir().expect("a folder");
        let env = env
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.replace("HOME", &home.path().to_string_lossy())));
        let system = System::new(Os::Linux, home.path(), env.collect());
        for (name, text) in files {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            std::fs::write(path, text).expect("written");
        }
        Overrides::read(&system, &Config::from_value(config))
    }

    fn inputs(overrides: &Overrides, provider: &str, model: &str) -> Vec<(Option<i64>, u64)> {
        let prices = overrides.of(provider, model).unwrap_or_default();
        let dollars = |price: &Price| price.base().input / 1_000_000_000;
        prices
            .iter()
            .map(|price| (price.since, dollars(&price.standard)))
            .collect()
    }

    #[test]
    fn opencodes_files_are_read_in_its_order() {
        let cost = |input: u32| {
            format!(
                "{{// mine\n\"provider\": {{\"acme\": {{\"options\": {{\"apiKey\": \"hunter2\"}},
                \"models\": {{\"m/x:free\": {{\"cost\": {{\"input\": {input}, \"output\": 2}},}}, \"unpriced\": {{}}}}}}}}}}"
            )
        };
        let (overrides, problems) = read(
            &json!({}),
            &[("OPENCODE_CONFIG", "HOME/own.json")],
            &[
                (".config/opencode/opencode.jsonc", &cost(3)),
                (".config/opencode/opencode.json", &cost(2)),
                (".config/opencode/config.json", &cost(1)),
                ("own.json", &cost(4)),
            ],
        );
        assert_eq!(problems, []);
        let expected: Vec<_> = (1..=4).map(|input| (None, input)).collect();
        assert_eq!(inputs(&overrides, "acme", "m/x:free"), expected);
        assert_eq!(overrides.all().count(), 1);
        assert_eq!(
            overrides.of("acme", "m/x:free").expect("prices")[3].source,
            "~/own.json"
        );
    }

    #[test]
    fn own_prices_may_have_dates_and_come_last() {
        let config = json!({"prices": {"overrides": {
            "acme/m": [{"input": 5, "output": 6, "cacheRead": 0.5},
                       {"input": 7, "output": 8, "from": "2026-11-20T00:00:00Z", "fast": {"input": 9, "output": 9}}],
            "acme/vendor/m": {"input": 1, "output": 1, "from": "2026-11-20"},
        }}});
        let opencode = r#"{"provider": {"acme": {"models": {"m": {"cost": {"input": 1, "output": 2}}}}}}"#;
        let (overrides, problems) = read(
            &config,
            &[("TZ", "Asia/Tokyo")],
            &[(".config/opencode/opencode.json", opencode)],
        );
        assert_eq!(problems, []);
        let midnight = 1_795_132_800_000;
        assert_eq!(
            inputs(&overrides, "acme", "m"),
            [(None, 1), (None, 5), (Some(midnight), 7)]
        );
        assert_eq!(
            inputs(&overrides, "acme", "vendor/m"),
            [(Some(midnight - 9 * 3_600_000), 1)]
        );
        assert_eq!(overrides.of("acme", "m").expect("prices")[2].modes.len(), 1);
    }

    #[test]
    fn what_is_no_price_is_named_without_its_content() {
        let opencode = r#"{"provider": {"acme": {"models": {"m": {"cost": {"input": "hunter2"}}, "n": 1}}, "b": []}}"#;
        let (overrides, problems) = read(&json!({}), &[], &[(".config/opencode/opencode.json", opencode)]);
        let texts: Vec<String> = problems.iter().map(Problem::to_string).collect();
        assert_eq!(
            texts,
            ["~/.config/opencode/opencode.json: provider.acme.models.m.cost: not a price"]
        );
        assert_eq!(overrides.all().count(), 0);
    }
}
