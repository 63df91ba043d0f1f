//! Tests of the past of prices.

use super::super::PriceBook;
use super::*;
use crate::core::turn::Mode;

fn at(text: &str) -> i64 {
    parse_instant(text).expect("an instant")
}

/// Input, output and the input price above 200,000 tokens, in dollars.
fn on(book: &PriceBook, provider: &str, model: &str, mode: Mode, day: &str) -> (f64, f64, f64) {
    let prices = book.of(provider, model);
    let price = prices.at(at(&format!("{day}T12:00:00Z")), mode).expect("a price");
    let dollars = |rate: u64| rate as f64 / 1e9;
    let (base, long) = (price.base(), price.for_context(200_001));
    (dollars(base.input), dollars(base.output), dollars(long.input))
}

/// The list with these lines.
fn list(lines: &str) -> String {
    let mut listed = Listed::new();
    for line in lines.lines() {
        let mut fields = line.splitn(3, '\t').map(str::to_owned);
        let mut next = || fields.next().expect("a field");
        let (key, price) = ((next(), next()), next());
        listed.insert(key, vec![Entry::parse(&price).expect("a price")]);
    }
    write("models.dev 2026-09-28", &listed)
}

#[test]
fn the_past_is_priced_as_it_was() {
    use Mode::{Fast, Standard};
    let book = PriceBook::built_in();
    for (provider, model, mode, day, expected) in [
        (
            "anthropic",
            "claude-opus-4-6",
            Standard,
            "2026-03-12",
            (5.0, 25.0, 10.0),
        ),
        ("anthropic", "claude-opus-4-6", Standard, "2026-03-13", (5.0, 25.0, 5.0)),
        (
            "anthropic",
            "claude-sonnet-4-6",
            Standard,
            "2026-03-12",
            (3.0, 15.0, 6.0),
        ),
        (
            "anthropic",
            "claude-sonnet-4-6",
            Standard,
            "2026-03-13",
            (3.0, 15.0, 3.0),
        ),
        (
            "anthropic",
            "claude-sonnet-4-6",
            Standard,
            "2020-01-01",
            (3.0, 15.0, 6.0),
        ),
        (
            "amazon-bedrock",
            "global.anthropic.claude-opus-4-6-v1",
            Standard,
            "2026-03-12",
            (5.0, 25.0, 10.0),
        ),
        (
            "amazon-bedrock",
            "global.anthropic.claude-opus-4-6-v1",
            Standard,
            "2026-03-13",
            (5.0, 25.0, 5.0),
        ),
        (
            "amazon-bedrock",
            "us.anthropic.claude-opus-4-6-v1",
            Standard,
            "2026-03-12",
            (5.5, 27.5, 11.0),
        ),
        (
            "amazon-bedrock",
            "eu.anthropic.claude-opus-4-7",
            Standard,
            "2026-05-01",
            (5.5, 27.5, 5.5),
        ),
        (
            "anthropic",
            "claude-sonnet-4-5-20250929",
            Standard,
            "2025-11-01",
            (3.0, 15.0, 6.0),
        ),
        (
            "anthropic",
            "claude-sonnet-4-20250514",
            Standard,
            "2025-11-01",
            (3.0, 15.0, 6.0),
        ),
        ("anthropic", "claude-opus-4-6", Fast, "2026-02-10", (15.0, 75.0, 30.0)),
        ("anthropic", "claude-opus-4-6", Fast, "2026-03-01", (30.0, 150.0, 60.0)),
        ("anthropic", "claude-opus-4-6", Fast, "2026-04-01", (30.0, 150.0, 30.0)),
        ("anthropic", "claude-opus-4-6", Fast, "2026-07-01", (5.0, 25.0, 5.0)),
        ("deepseek", "deepseek-chat", Standard, "2025-08-01", (0.27, 1.1, 0.27)),
        ("deepseek", "deepseek-chat", Standard, "2025-09-28", (0.57, 1.68, 0.57)),
        ("deepseek", "deepseek-chat", Standard, "2025-09-29", (0.28, 0.42, 0.28)),
        (
            "deepseek",
            "deepseek-v4-pro",
            Standard,
            "2026-04-25",
            (1.74, 3.48, 1.74),
        ),
        (
            "deepseek",
            "deepseek-v4-pro",
            Standard,
            "2026-05-10",
            (0.435, 0.87, 0.435),
        ),
        (
            "xai",
            "grok-4.20-0309-reasoning",
            Standard,
            "2026-05-19",
            (2.0, 6.0, 4.0),
        ),
        (
            "xai",
            "grok-4.20-0309-reasoning",
            Standard,
            "2026-05-20",
            (1.25, 2.5, 2.5),
        ),
        ("github-copilot", "gpt-5.4", Standard, "2026-05-31", (0.0, 0.0, 0.0)),
        ("github-copilot", "gpt-5.4", Standard, "2026-06-01", (2.5, 15.0, 2.5)),
        // Under another id, and one that was never listed while premium requests covered it.
        (
            "github-copilot",
            "gpt-5.4-2026-03-05",
            Standard,
            "2026-05-31",
            (0.0, 0.0, 0.0),
        ),
        ("github-copilot", "gpt-5", Standard, "2026-05-31", (0.0, 0.0, 0.0)),
        ("github-copilot", "gpt-5", Standard, "2026-06-01", (1.25, 10.0, 1.25)),
        // Mended mistakes and fields that came later never priced anything.
        ("openai", "gpt-4", Standard, "2025-07-01", (30.0, 60.0, 30.0)),
        ("openai", "gpt-5.5", Fast, "2026-04-23", (12.5, 75.0, 12.5)),
    ] {
        assert_eq!(
            on(&book, provider, model, mode, day),
            expected,
            "{provider}/{model} {day}"
        );
    }
    let cached = |model: &str, day: &str| {
        let prices = book.of("openai", model);
        let price = prices
            .at(at(&format!("{day}T00:00:00Z")), Mode::Standard)
            .expect("a price");
        price.base().cache_read
    };
    assert_eq!(cached("gpt-5", "2025-08-09"), Some(125_000_000));
    assert!(book.of("github-copilot", "gpt-5.4").is_plan());
}

#[test]
fn a_price_of_zero_that_stayed_is_the_price() {
    const CATALOGUE: &str = "\
        p\tmended\t2026-04-15\t0.3\t1.2\t-\t-\t-\n\
        p\tmended\t2026-04-16\t0\t0\t-\t-\t-\n\
        p\tcut\t2026-01-15\t0.3\t1.2\t-\t-\t-\n\
        p\tcut\t2026-04-16\t0\t0\t-\t-\t-\n\
        p\tpriced\t2026-01-15\t0\t0\t-\t-\t-\n\
        p\tpriced\t2026-04-16\t0.3\t1.2\t-\t-\t-\n\
        p\tgone\t2026-01-15\t0\t0\t-\t-\t-\n\
        p\tgone\t2026-04-16\t-\n\
        p\tleft\t2026-01-15\t0.3\t1.2\t-\t-\t-\n\
        p\tleft\t2026-03-15\t0\t0\t-\t-\t-\n\
        p\tleft\t2026-05-16\t-\n\
        paid\tgone\t2026-01-15\t0\t0\t-\t-\t-\n\
        paid\tgone\t2026-04-16\t-\n";
    const LIST: &str = "\
        p\tcut\t\t0\t0\t-\t-\t-\n\
        p\tmended\t\t0\t0\t-\t-\t-\n\
        p\tpriced\t\t0.3\t1.2\t-\t-\t-\n\
        paid\tother\t\t1\t2\t-\t-\t-\n";
    let text = history(CATALOGUE, "", list(LIST).as_bytes()).expect("a history");
    let past: Vec<&str> = text.lines().skip(1).collect();
    let expected = [
        "p\tcut\t\t0.3\t1.2\t-\t-\t-",
        "p\tcut\t2026-04-16T00:00:00.000Z\t0\t0\t-\t-\t-",
        "p\tgone\t\t0\t0\t-\t-\t-",
        "p\tleft\t\t0.3\t1.2\t-\t-\t-",
    ];
    assert_eq!(past, expected);
}

#[test]
fn a_premium_that_comes_back_never_ended() {
    const EXCEPTIONS: &str = "flat\t*\t*\t-\t2026-03-13\tended";
    const CATALOGUE: &str = "\
        p\tback\t2026-02-18\t5\t25\t-\t-\t-\t>200000=6,22,-,-,-\n\
        p\tback\t2026-04-29\t5\t25\t-\t-\t-\n\
        p\tended\t2026-02-18\t5\t25\t-\t-\t-\t>200000=6,22,-,-,-\n\
        p\tended\t2026-04-29\t5\t25\t-\t-\t-\n";
    const LIST: &str = "\
        p\tback\t\t5\t25\t-\t-\t-\t>200000=10,37.5,-,-,-\n\
        p\tended\t\t5\t25\t-\t-\t-\n";
    let text = history(CATALOGUE, EXCEPTIONS, list(LIST).as_bytes()).expect("a history");
    let past: Vec<&str> = text.lines().skip(1).collect();
    let expected = [
        "p\tended\t\t5\t25\t-\t-\t-\t>200000=6,22,-,-,-",
        "p\tended\t2026-03-13T00:00:00.000Z\t5\t25\t-\t-\t-\t\tended",
    ];
    assert_eq!(past, expected);
}

#[test]
fn what_is_built_in_is_what_its_sources_give() {
    let snapshot = include_bytes!("../snapshot.tsv");
    let (catalogue, exceptions) = (
        include_str!("../data/catalogue.tsv"),
        include_str!("../data/exceptions.tsv"),
    );
    let derived = history(catalogue, exceptions, snapshot).expect("a history");
    if std::env::var_os("TTOP_GENERATE").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/prices/history.tsv");
        std::fs::write(path, &derived).expect("written");
        return;
    }
    assert!(
        derived.as_bytes() == super::super::HISTORY,
        "run 'make prices' and commit history.tsv"
    );
}
