//! Where prices come from: the built-in list, the dated list that was downloaded, the user's own.

mod alias;
mod daily_rates;
mod exceptions;
mod exchange;
mod fresh;
mod hint;
mod history;
mod line;
pub(crate) mod list;
mod more;
mod names;
mod overrides;
mod plans;
mod refresh;
mod surcharges;
mod table;

pub use alias::listed;
pub use exchange::{Exchange, rates as exchange_rates};
pub use fresh::{Freshness, keep_fresh};
pub use hint::{is_due, newer_than};
pub use history::history;
pub use more::{MapModel, MorePrices};
pub use names::{model_name, names};
pub use plans::{billing_of, is_plan};
pub use refresh::{Attempt, Refresh, Update, last_attempt, refresh_if_due, refresh_rates, snapshot, update};

use crate::core::price::{DatedPrice, Found, ModelPrices, Price};
use crate::core::problem::Problem;
use crate::core::turn::Mode;
use crate::system::System;
use crate::system::config::Config;
use crate::system::open::{self, Most};
use crate::system::parse_instant;
use line::Entry;
use overrides::Overrides;
use std::collections::BTreeMap;
use std::path::PathBuf;
use surcharges::surcharges;
use table::Table;

/// models.dev's list of the day this was released; `make prices` writes it.
const BUILT_IN: &[u8] = include_bytes!("snapshot.tsv");

/// What models cost before, and models that the list dropped; `make prices` writes it. `docs/prices.md` has the rules.
const HISTORY: &[u8] = include_bytes!("history.tsv");

/// Stands for every model of a provider in [`HISTORY`].
const EVERY_MODEL: &str = "*";

/// All prices that are known here.
#[derive(Debug)]
pub struct PriceBook {
    history: Table,
    built_in: Table,
    /// The downloaded list, including earlier prices.
    dated: Option<Table>,
    overrides: Overrides,
    /// Whose list prices a provider: `providers.<name>.pricesFrom`.
    prices_from: BTreeMap<String, String>,
    /// What plugins know.
    more: Vec<MorePrices>,
    /// The rates of the currency that amounts are shown in; `None` for dollars.
    exchange: Option<Exchange>,
}

impl PriceBook {
    /// Opens the lists. Reports those it cannot use and continues with the others.
    pub fn open(system: &System, config: &Config) -> (Self, Vec<Problem>) {
        let mut book = Self::built_in();
        let (overrides, mut problems) = Overrides::read(system, config);
        book.overrides = overrides;
        book.prices_from = prices_from(config);
        match read_dated(system) {
            Ok(dated) => book.dated = dated,
            Err(problem) => problems.push(problem),
        }
        book.exchange = Exchange::open(system, config.display.currency.name());
        if book.exchange.is_some() {
            problems.extend(daily_rates::read(system).err());
        }
        (book, problems)
    }

    /// The built-in list alone.
    pub fn built_in() -> Self {
        Self {
            history: Table::built_in(HISTORY),
            built_in: Table::built_in(BUILT_IN),
            dated: None,
            overrides: Overrides::default(),
            prices_from: BTreeMap::new(),
            more: Vec::new(),
            exchange: None,
        }
    }

    /// The rates of the currency that amounts are shown in; `None` for dollars.
    pub fn exchange(&self) -> Option<&Exchange> {
        self.exchange.as_ref()
    }

    /// Where the newest list is from: `models.dev 2026-09-28`.
    pub fn name(&self) -> &str {
        self.newest().name()
    }

    /// The price of a model at a provider, under its own id or an alias.
    pub fn of(&self, provider_id: &str, model_id: &str) -> ModelPrices {
        let biller = self.prices_from.get(provider_id).map_or(provider_id, String::as_str);
        self.found(provider_id, model_id)
            .with_surcharges(surcharges(biller, model_id))
    }

    fn found(&self, provider_id: &str, model_id: &str) -> ModelPrices {
        let prices = self.found_own(provider_id, model_id);
        let is_undated = matches!(prices.entries(), [only] if only.since.is_none());
        match self.every(provider_id) {
            Some((before, own)) if is_undated && prices.found() != &Found::Override => prices.after(before, own),
            _ => prices,
        }
    }

    fn found_own(&self, provider_id: &str, model_id: &str) -> ModelPrices {
        let own = self.listed(provider_id, model_id, None);
        let is_own = own.as_ref().is_some_and(|own| own.found() == &Found::Override);
        let other = self
            .prices_from
            .get(provider_id)
            .filter(|other| !is_own && *other != provider_id);
        if let Some(prices) = other.and_then(|other| self.borrowed(other, model_id)) {
            return prices;
        }
        if let Some(prices) = own {
            return prices;
        }
        // OpenRouter's habit, which others took over: the same model for nothing, with less of it.
        if let Some(paid) = model_id.strip_suffix(":free") {
            return match self.listed(provider_id, paid, None) {
                Some(prices) => free(&prices, format!("{provider_id}/{paid}")),
                None => self.added(provider_id, model_id).unwrap_or_else(ModelPrices::missing),
            };
        }
        let is_plan = is_plan(provider_id);
        let candidates = alias::candidates(provider_id, model_id);
        let of = |provider: &str, model: &str| {
            let prices = self.listed(provider, model, Some(is_plan))?;
            Some(surcharges::at_place(prices, provider, provider_id, model_id))
        };
        let exactly = candidates.iter().find_map(|(provider, model)| of(provider, model));
        // An id without a date is the newest dated one.
        let newest = || {
            candidates.iter().find_map(|(provider, model)| {
                let mut lists = [self.newest(), &self.history].into_iter();
                let dated = |list: &Table| -> Option<String> {
                    let models = list.models(provider, model);
                    models
                        .filter(|dated| alias::is_dated(dated, model))
                        .last()
                        .map(str::to_owned)
                };
                of(provider, &lists.find_map(dated)?)
            })
        };
        // How OpenCode calls a model in its fast mode.
        let fast = || {
            let usual = self.listed(provider_id, model_id.strip_suffix("-fast")?, Some(is_plan))?;
            usual.in_mode(Mode::Fast)
        };
        let listed = exactly.or_else(newest).or_else(|| self.added(provider_id, model_id));
        listed.or_else(fast).unwrap_or_else(ModelPrices::missing)
    }

    /// Another provider's price for a model; it never borrows in turn.
    fn borrowed(&self, provider_id: &str, model_id: &str) -> Option<ModelPrices> {
        let candidates = alias::candidates(provider_id, model_id);
        let mut listed = candidates.iter().filter_map(|(provider, model)| {
            let prices = self.listed(provider, model, Some(false))?;
            Some(surcharges::at_place(prices, provider, provider_id, model_id))
        });
        listed.next()
    }

    /// Whether a list has models of this provider: one that lacks a model is then older than the model.
    pub fn has_provider(&self, provider_id: &str) -> bool {
        let lists = [self.newest(), &self.built_in, &self.history];
        lists
            .into_iter()
            .any(|list| list.models(provider_id, "").next().is_some())
    }

    /// Every provider and model that has a price, in no order that means anything, some twice.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let past = self.history.all().filter(|(_, model)| *model != EVERY_MODEL);
        self.in_lists().chain(past).chain(self.overrides.all())
    }

    fn in_lists(&self) -> impl Iterator<Item = (&str, &str)> {
        self.built_in.all().chain(self.dated.iter().flat_map(Table::all))
    }

    fn newest(&self) -> &Table {
        match &self.dated {
            Some(dated) if dated.day() >= self.built_in.day() => dated,
            _ => &self.built_in,
        }
    }

    /// The prices under exactly these ids; `alias` holds whether the provider that was asked for is a plan.
    fn listed(&self, provider_id: &str, model_id: &str, alias: Option<bool>) -> Option<ModelPrices> {
        let mut prices: Vec<DatedPrice> = Vec::new();
        for (entry, name) in self.entries(provider_id, model_id) {
            prices.push(DatedPrice {
                since: entry.since,
                standard: entry.standard,
                modes: entry.modes,
                source: name.to_owned(),
                reason: entry.why,
            });
        }
        let own = self.overrides.of(provider_id, model_id).unwrap_or_default();
        for price in own {
            prices.retain(|older| older.since < price.since);
            prices.push(price.clone());
        }
        let found = match alias {
            _ if !own.is_empty() => Found::Override,
            None => Found::Exact,
            Some(_) => Found::Alias(format!("{provider_id}/{model_id}")),
        };
        let is_plan = alias.unwrap_or_else(|| is_plan(provider_id));
        (!prices.is_empty()).then(|| ModelPrices::new(prices, found, is_plan))
    }

    /// A model's entries, oldest first, each with the name of its list. The downloaded list knows earlier prices; the
    /// built-in one adds what a newer ttop knows. A retired model is in neither.
    fn entries<'a>(&'a self, provider_id: &str, model_id: &str) -> Vec<(Entry, &'a str)> {
        let of = |table: &'a Table| {
            let entries = table.entries(provider_id, model_id).into_iter();
            entries.map(|entry| (entry, table.name()))
        };
        let mut entries: Vec<_> = of(&self.history).collect();
        if entries.is_empty() {
            entries.extend(of(&self.built_in));
        }
        let is_new = entries.is_empty();
        let known_until = parse_instant(&format!("{}T00:00:00Z", self.built_in.day()));
        for (later, name) in self.dated.iter().flat_map(of) {
            if is_new || later.since > known_until {
                let is_same = entries.last().is_some_and(|(last, _)| last.is_same_price(&later));
                if is_new || !is_same {
                    entries.push((later, name));
                }
                continue;
            }
            // The same change, noticed earlier than by the list that is built in.
            let same = (1..entries.len()).find(|&at| {
                let (before, listed) = (&entries[at - 1].0, &entries[at].0);
                let is_reviewed = listed.why.is_some();
                !is_reviewed && before.since < later.since && later.since < listed.since && listed.is_same_price(&later)
            });
            if let Some(at) = same {
                entries[at].0.since = later.since;
            }
        }
        entries
    }

    /// What every model of a provider cost before its own prices hold, and since when they do.
    fn every(&self, provider_id: &str) -> Option<(Vec<DatedPrice>, i64)> {
        let mut before = self.history.entries(provider_id, EVERY_MODEL);
        let own = before.pop()?.since?;
        let dated = |entry: Entry| DatedPrice {
            since: entry.since,
            standard: entry.standard,
            modes: entry.modes,
            source: self.history.name().to_owned(),
            reason: entry.why,
        };
        Some((before.into_iter().map(dated).collect(), own))
    }
}

fn free(paid: &ModelPrices, alias: String) -> ModelPrices {
    let entry = DatedPrice {
        since: None,
        standard: Price::free(),
        modes: Vec::new(),
        source: paid
            .entries()
            .last()
            .map(|entry| entry.source.clone())
            .unwrap_or_default(),
        reason: None,
    };
    ModelPrices::new(vec![entry], Found::Alias(alias), false)
}

fn prices_from(config: &Config) -> BTreeMap<String, String> {
    let providers = config.providers.by_id.iter();
    let named = providers.filter_map(|(name, provider)| Some((name.clone(), provider.prices_from.clone()?)));
    named.collect()
}

/// The downloaded list with its history.
fn dated_path(system: &System) -> PathBuf {
    system.own_data_dir().join("prices.tsv")
}

fn read_dated(system: &System) -> Result<Option<Table>, Problem> {
    let path = dated_path(system);
    let problem = |reason: &str| Problem::new(system.tilde(&path), reason);
    match open::read(&path, Most::CONVERSATION) {
        Ok(file) => match Table::parse(&file) {
            Some(table) => Ok(Some(table)),
            None => Err(problem("damaged or from another version: using the built-in prices")),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(_) => Err(problem("could not be read: using the built-in prices")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;
    use serde_json::{Value, json};

    fn input(prices: &ModelPrices, at: i64) -> Option<f64> {
        let price = prices.at(at, Mode::Standard)?;
        Some(price.base().input as f64 / 1e9)
    }

    /// A book over a home with that config and, if any, that downloaded list.
    fn book(config: Value, dated: Option<&str>) -> (PriceBook, Vec<Problem>) {
        let home = tempfile::tempdir().expect("a folder");
        let system = System::new(Os::Linux, home.path(), Default::default());
        if let Some(text) = dated {
            let path = dated_path(&system);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            std::fs::write(path, text).expect("written");
        }
        PriceBook::open(&system, &Config::from_value(&config))
    }

    #[test]
    fn every_built_in_line_reads_back() {
        assert!(Table::parse(BUILT_IN).is_some());
        let book = PriceBook::built_in();
        let mut models = 0;
        for (provider, model) in book.all() {
            assert_eq!(book.of(provider, model).found(), &Found::Exact, "{provider}/{model}");
            models += 1;
        }
        let lines = [BUILT_IN, HISTORY].concat().iter().filter(|&&b| b == b'\n').count() - 2;
        assert!(models > 5_000 && models <= lines, "{models} models in {lines} lines");
        assert!(Table::parse(HISTORY).is_some());
    }

    #[test]
    fn a_price_is_found_under_its_own_id_or_one_that_means_the_same() {
        let book = PriceBook::built_in();
        for (provider, model, found) in [
            ("anthropic", "claude-haiku-4-5", Found::Exact),
            (
                "anthropic",
                "claude-haiku-4.5",
                Found::Alias("anthropic/claude-haiku-4-5".into()),
            ),
            ("github-copilot", "claude-opus-4.8", Found::Exact),
            (
                "cursor",
                "claude-4.5-sonnet",
                Found::Alias("anthropic/claude-sonnet-4-5".into()),
            ),
            ("openai", "gpt-5.5-2026-04-23", Found::Alias("openai/gpt-5.5".into())),
            ("openai", "gpt-5.2-codex", Found::Exact),
            (
                "anthropic",
                "claude-sonnet-4",
                Found::Alias("anthropic/claude-sonnet-4-20250514".into()),
            ),
            ("openai", "gpt-5.5-fast", Found::Alias("openai/gpt-5.5".into())),
            ("openai", "gpt-4o-fast", Found::Missing),
            ("cursor", "gpt-5.5-fast", Found::Missing),
            ("openai", "gpt", Found::Missing),
            ("acme", "claude-haiku-4-5", Found::Missing),
            ("cursor", "default", Found::Missing),
            ("anthropic", "<synthetic>", Found::Missing),
            ("", "", Found::Missing),
        ] {
            assert_eq!(book.of(provider, model).found(), &found, "{provider}/{model}");
        }
    }

    #[test]
    fn a_listed_zero_is_a_plan_only_where_plans_are_sold() {
        let book = PriceBook::built_in();
        let zero = |provider, model| {
            let prices = book.of(provider, model);
            let price = prices.at(0, Mode::Standard).expect("a price");
            (price.is_zero(), prices.is_plan())
        };
        assert_eq!(zero("zai-coding-plan", "glm-4.7"), (true, true));
        assert_eq!(zero("zai", "glm-4.7-flash"), (true, false));
        assert_eq!(zero("anthropic", "claude-haiku-4-5"), (false, false));
        assert_eq!(zero("kimi-for-coding", "k3"), (true, true));
    }

    #[test]
    fn a_gateway_takes_the_prices_of_the_provider_it_names() {
        let config = json!({"providers": {"mock": {"pricesFrom": "openai"}, "loop": {"pricesFrom": "loop"},
            "house": {"pricesFrom": "amazon-bedrock"}},
            "prices": {"overrides": {"mock/gpt-5.4": {"input": 9, "output": 9}}}});
        let (book, problems) = book(config, None);
        assert_eq!(problems, []);
        let borrowed = book.of("mock", "gpt-5.5");
        assert_eq!(borrowed.found(), &Found::Alias("openai/gpt-5.5".into()));
        assert_eq!(
            borrowed.entries()[0].standard,
            book.of("openai", "gpt-5.5").entries()[0].standard
        );
        assert_eq!(book.of("mock", "openai/gpt-5.5-2026-04-23").found(), borrowed.found());
        assert_eq!(book.of("mock", "gpt-5.4").found(), &Found::Override);
        for (provider, model) in [("mock", "nonesuch"), ("loop", "gpt-5.5"), ("other", "gpt-5.5")] {
            assert_eq!(book.of(provider, model).found(), &Found::Missing, "{provider}/{model}");
        }
        let placed = "apac.anthropic.claude-opus-5-v1:0[1m]";
        assert_eq!(
            book.of("house", placed).entries()[0].standard,
            book.of("amazon-bedrock", placed).entries()[0].standard
        );
        assert!(book.has_provider("openai") && !book.has_provider("mock"));
    }

    #[test]
    fn the_free_edition_of_a_listed_model_is_free() {
        let config = json!({"prices": {"overrides": {"acme/vendor/m": {"input": 3, "output": 4}}}});
        let (book, _) = book(config, None);
        assert_eq!(input(&book.of("acme", "vendor/m:free"), 0), Some(0.0));
        assert_eq!(book.of("acme", "vendor/n:free").found(), &Found::Missing);
    }

    #[test]
    fn the_users_price_stands_above_the_list_from_its_date_on() {
        let config = json!({"prices": {"overrides": {
            "anthropic/claude-haiku-4-5": {"input": 7, "output": 7, "from": 1000},
            "openai/gpt-5.5": {"input": 8, "output": 8},
            "acme/own": {"input": 9, "output": 9},
        }}});
        let (book, problems) = book(config, None);
        assert_eq!(problems, []);
        let haiku = book.of("anthropic", "claude-haiku-4-5");
        assert_eq!((input(&haiku, 999), input(&haiku, 1000)), (Some(1.0), Some(7.0)));
        assert_eq!(haiku.found(), &Found::Override);
        assert_eq!(input(&book.of("openai", "gpt-5.5"), 0), Some(8.0));
        assert_eq!(input(&book.of("acme", "own"), 0), Some(9.0));
        assert!(book.all().any(|key| key == ("acme", "own")));
    }

    #[test]
    fn what_was_downloaded_holds_and_the_built_in_list_fills_the_gaps() {
        let entry = |input: u64, since| Entry {
            since,
            standard: Price::new(crate::core::price::Rates::flat(input * 1_000_000_000, 1), Vec::new()),
            modes: Vec::new(),
            why: None,
        };
        let mut listed = table::Listed::new();
        let key = ("anthropic".to_owned(), "claude-haiku-4-5".to_owned());
        let later = parse_instant("2026-11-01T00:00:00Z");
        listed.insert(key, vec![entry(2, None), entry(3, later)]);
        listed.insert(("acme".into(), "own".into()), vec![entry(4, Some(1000))]);
        let (book, problems) = book(json!({}), Some(&table::write("models.dev 2026-11-20", &listed)));
        assert_eq!(problems, []);
        assert_eq!(book.name(), "models.dev 2026-11-20");
        let haiku = book.of("anthropic", "claude-haiku-4-5");
        // What is built in knows the past better.
        let later = later.expect("an instant");
        assert_eq!((input(&haiku, later - 1), input(&haiku, later)), (Some(1.0), Some(3.0)));
        assert_eq!(haiku.entries()[1].source, "models.dev 2026-11-20");
        assert_eq!(input(&book.of("acme", "own"), 0), Some(4.0));
        assert_eq!(book.of("openai", "gpt-5.5").found(), &Found::Exact);
    }

    #[test]
    fn a_damaged_download_is_named_and_the_built_in_list_holds() {
        let (book, problems) = book(json!({}), Some("# ttop prices 1, models.dev 2026-11-20, 0\nx\n"));
        assert_eq!(
            problems.iter().map(Problem::to_string).collect::<Vec<_>>(),
            ["~/.local/share/tokentop/prices.tsv: damaged or from another version: using the built-in prices"]
        );
        assert_eq!(book.of("anthropic", "claude-haiku-4-5").found(), &Found::Exact);
    }
}
