//! `display.currency`: amounts for people at the rate of each turn's month; rows for scripts in dollars.

use crate::prices::{answer, list, serve};
use crate::support::Home;
use serde_json::{Value, json};

const CONFIG: &str = ".config/tokentop/config.json";
/// A million input tokens of this model cost 3 dollars.
const MODEL: &str = "claude-sonnet-4-5";
const DOLLARS: f64 = 3.0;

/// A home with a reply in each of these months, each for 3 dollars.
fn home(months: &[&str]) -> Home {
    let home = Home::new().at("2026-11-20T18:00:00Z");
    let mut lines = String::new();
    for month in months {
        let usage = json!({"input_tokens": 1_000_000, "output_tokens": 0, "cache_read_input_tokens": 0,
            "cache_creation_input_tokens": 0});
        let reply = json!({"type": "assistant", "sessionId": "11111111-0000-4000-8000-000000000001",
            "cwd": "/home/dev/acme", "timestamp": format!("{month}-15T10:00:00.000Z"), "uuid": month, "requestId": month,
            "message": {"id": month, "role": "assistant", "model": MODEL, "content": [], "usage": usage}});
        lines += &format!("{reply}\n");
    }
    home.write(
        ".claude/projects/-home-dev-acme/11111111-0000-4000-8000-000000000001.jsonl",
        lines,
    );
    // One request of a million tokens is above the size of a tier.
    home.write(
        CONFIG,
        json!({"prices": {"overrides": {format!("anthropic/{MODEL}"): {"input": DOLLARS, "output": 15}}}}).to_string(),
    );
    home
}

fn with_currency(home: &Home, code: &str) {
    home.stdout(&["config", "set", "display.currency", code]);
}

/// What a dollar was worth in a month, from the built-in file.
fn rate(month: &str, code: &str) -> f64 {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/prices/data/rates.tsv");
    let text = std::fs::read_to_string(file).expect("the rates");
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let header = lines.next().expect("a header");
    let at = header.split('\t').position(|name| name == code).expect("a column");
    let line = lines.find(|line| line.starts_with(month)).expect("a month");
    line.split('\t').nth(at).expect("a cell").parse().expect("a rate")
}

#[test]
fn each_turn_has_the_rate_of_its_month() {
    let months = ["2026-02", "2026-06", "2026-10"];
    let home = home(&months);
    for (code, sign) in [("EUR", "€"), ("GBP", "£"), ("SEK", "SEK\u{a0}")] {
        with_currency(&home, code);
        let sum: f64 = months.iter().map(|month| DOLLARS * rate(month, code)).sum();
        let expected = format!("{sign}{sum:.2}");
        for args in [
            &["cost", "--by", "total", "-t"][..],
            &["cost", "--by", "model", "-t"],
            &["sessions", "-t"],
            &["cost", "--by", "total", "-o", "md"],
        ] {
            let table = home.stdout(args);
            assert!(table.contains(&expected), "{args:?} shows {expected}: {table}");
            assert!(!table.contains('$'), "{args:?} in {code}: {table}");
        }
        let table = home.stdout(&["cost", "--by", "month", "-t"]);
        for month in months {
            let amount = format!("{sign}{:.2}", DOLLARS * rate(month, code));
            let row = table.lines().find(|line| line.starts_with(month)).expect("a row");
            assert!(row.contains(&amount), "{amount}: {row}");
        }
        let turns = home.stdout(&["turns", "-t"]);
        for month in months {
            let amount = format!("{sign}{:.2}", DOLLARS * rate(month, code));
            assert!(turns.contains(&amount), "{amount}: {turns}");
        }
    }
}

#[test]
fn plots_and_bars_show_the_currency() {
    let home = home(&["2026-10", "2026-11"]);
    with_currency(&home, "EUR");
    for args in [
        &["cost", "--by", "month", "--plot"][..],
        &["trends", "--days", "90", "--plot"],
        &["trends", "--days", "90", "-t"],
        &["bar-status", "plain", "--template", "{month.cost}"],
        &["show", "latest", "-t"],
    ] {
        let text = home.stdout(args);
        assert!(text.contains('€') && !text.contains('$'), "{args:?}: {text}");
    }
}

/// Rows without what depends on the currency.
fn in_dollars(mut rows: Vec<Value>) -> Vec<Value> {
    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
        row.remove("costDisplay");
        row.remove("currency");
    }
    rows
}

#[test]
fn rows_carry_the_amount_beside_the_dollars() {
    let months = ["2026-02", "2026-06"];
    let home = home(&months);
    for row in home.rows(&["turns"]) {
        assert_eq!((&row["costDisplay"], &row["currency"]), (&Value::Null, &Value::Null));
    }
    with_currency(&home, "GBP");
    let sum: f64 = months.iter().map(|month| DOLLARS * rate(month, "GBP")).sum();
    for command in [
        &["turns"][..],
        &["sessions"],
        &["cost", "--by", "total"],
        &["cost", "--by", "month"],
        &["cost", "--by", "session"],
    ] {
        let rows = home.rows(command);
        assert!(rows.iter().all(|row| row["currency"] == "GBP"), "{command:?}: {rows:?}");
        let dollars: f64 = rows.iter().map(|row| row["cost"].as_f64().expect("a cost")).sum();
        let shown: f64 = rows
            .iter()
            .map(|row| row["costDisplay"].as_f64().expect("an amount"))
            .sum();
        assert!(
            (dollars - 2.0 * DOLLARS).abs() < 1e-6 && (shown - sum).abs() < 1e-6,
            "{command:?}: {shown}, not {sum}"
        );
    }
}

#[test]
fn fetched_days_have_their_own_rate_in_reports_bars_and_budgets() {
    let home = home(&["2026-10", "2026-11"]);
    with_currency(&home, "EUR");
    let csv = "KEY,CURRENCY,TIME_PERIOD,OBS_VALUE\nk,USD,2026-11-13,2\nk,GBP,2026-11-13,1\nk,USD,2026-11-20,1.25\n";
    let body = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{csv}", csv.len());
    let (url, requests) = serve(vec![answer(&list(1.0)), body]);
    let output = home
        .ttop()
        .env_remove("TTOP_OFFLINE")
        .env("TTOP_PRICES_URL", &url)
        .env("TTOP_RATES_URL", url.replace("api.json", "rates"))
        .args(["prices", "update"])
        .output()
        .expect("runs");
    assert!(output.status.success(), "{output:?}");
    requests.recv().expect("the price list");
    let asked = requests.recv().expect("the rates");
    assert!(asked.starts_with("GET /rates?startPeriod=2026-11-01&"), "{asked}");
    // 2026-11-15 is a Sunday: the rate of the Friday before holds, and not the newest one.
    home.stdout(&["config", "set", "budgets.monthly", "10"]);
    for (command, amount) in [
        (&["cost", "--by", "month", "-t"][..], "€1.50"),
        (&["turns", "-t"], "€1.50"),
        (&["budgets", "-t"], "€1.50"),
        (&["bar-status", "plain", "--template", "{month.cost}"], "€1.50"),
        (
            &["cost", "--on", "2026-10", "--by", "total", "-t"],
            &format!("€{:.2}", DOLLARS * rate("2026-10", "EUR")),
        ),
    ] {
        home.stdout(&["sync"]);
        let text = home.stdout(command);
        assert!(text.contains(amount), "{command:?}: {text}");
        assert!(!text.contains("rates are known"), "{command:?}: {text}");
    }
    let shown = &home.rows(&["cost", "--on", "2026-11", "--by", "total"])[0];
    assert_eq!((&shown["cost"], &shown["costDisplay"]), (&json!(DOLLARS), &json!(1.5)));
}

#[test]
fn rates_are_fetched_for_another_currency_only_and_a_failure_is_a_warning() {
    let home = home(&["2026-11"]);
    let failed = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n".to_owned();
    let (url, _requests) = serve(vec![answer(&list(1.0)), answer(&list(1.0)), failed]);
    let update = || {
        let mut command = home.ttop();
        command
            .env_remove("TTOP_OFFLINE")
            .env("TTOP_PRICES_URL", &url)
            .env("TTOP_RATES_URL", &url);
        let output = command.args(["prices", "update"]).output().expect("runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    assert!(!update().1.contains("rates"));
    with_currency(&home, "EUR");
    let (code, stderr) = update();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stderr.contains("exchange rates: ") && stderr.contains("status 500"),
        "{stderr}"
    );
    home.write(".local/share/tokentop/rates.tsv", "day\tEUR\n2026-11-13\tmuch\n");
    let output = home
        .ttop()
        .args(["cost", "--by", "month", "-t"])
        .output()
        .expect("runs");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("rates.tsv: is damaged"),
        "{output:?}"
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains('€'));
}

#[test]
fn rows_for_scripts_stay_in_dollars() {
    let home = home(&["2026-02", "2026-11"]);
    let rows = [
        &["cost", "--by", "month"][..],
        &["sessions"],
        &["turns"],
        &["trends"],
        &["insights"],
    ];
    let dollars = rows.map(|args| in_dollars(home.rows(args)));
    let commands: [&[&str]; 4] = [
        &["sessions", "--fields", "sessionId,cost", "-o", "csv"],
        &["trends"],
        &["cost", "--by", "day", "-o", "ccusage"],
        &["export", "focus"],
    ];
    let before = commands.map(|args| home.stdout(args));
    with_currency(&home, "JPY");
    for (args, before) in commands.iter().zip(before) {
        assert_eq!(home.stdout(args), before, "{args:?}");
    }
    for (args, before) in rows.iter().zip(dollars) {
        assert_eq!(in_dollars(home.rows(args)), before, "{args:?}");
    }
}

#[test]
fn months_without_a_rate_take_the_newest_and_a_table_says_so_once() {
    let home = home(&["2026-10", "2026-11"]);
    with_currency(&home, "EUR");
    let table = home.stdout(&["cost", "--by", "month", "-t"]);
    let amount = format!("€{:.2}", DOLLARS * rate("2026-10", "EUR"));
    assert_eq!(table.matches(&amount).count(), 2, "{table}");
    let note = "EUR rates are known up to 2026-10; later turns have the rate of 2026-10";
    assert_eq!(table.matches(note).count(), 1, "{table}");
    let known = home.stdout(&["cost", "--by", "month", "--until", "2026-10", "-t"]);
    assert!(!known.contains("rates are known"), "{known}");
}

#[test]
fn an_unknown_currency_is_a_warning_and_dollars() {
    let home = home(&["2026-10"]);
    let text = std::fs::read_to_string(home.path().join(CONFIG)).expect("a configuration");
    home.write(CONFIG, text.replacen('{', r#"{"display": {"currency": "euro"}, "#, 1));
    let output = home
        .ttop()
        .args(["cost", "--by", "total", "-t"])
        .output()
        .expect("runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && stderr.contains("display.currency must be one of"),
        "{stderr}"
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("$3.00"));
}
