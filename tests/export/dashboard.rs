//! `docs/grafana.json`: a dashboard whose parts belong together and whose queries run in real databases.

use super::stores::stores;
use crate::support::Home;
use serde_json::Value;
use std::collections::HashSet;

const TYPE: &str = "grafana-postgresql-datasource";

fn dashboard() -> Value {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/grafana.json")).expect("the file");
    serde_json::from_str(&text).expect("JSON")
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list {key}"))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no text {key} in {value}"))
}

/// Every query with the panel or variable it is of.
fn queries(dashboard: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for variable in list(&dashboard["templating"], "list") {
        if variable["type"] == "query" {
            found.push((text(variable, "name").to_owned(), text(variable, "query").to_owned()));
        }
    }
    for panel in list(dashboard, "panels") {
        for target in list(panel, "targets") {
            found.push((text(panel, "title").to_owned(), text(target, "rawSql").to_owned()));
        }
    }
    found
}

#[test]
fn panels_have_what_grafana_needs() {
    let dashboard = dashboard();
    assert!(dashboard["schemaVersion"].as_u64().is_some_and(|version| version >= 36));
    assert!(!text(&dashboard, "title").is_empty() && !text(&dashboard, "uid").is_empty());
    let variables: HashSet<&str> = list(&dashboard["templating"], "list")
        .iter()
        .map(|variable| text(variable, "name"))
        .collect();
    let panels = list(&dashboard, "panels");
    assert!(panels.len() >= 10, "{}", panels.len());
    let mut ids = HashSet::new();
    let mut taken = HashSet::new();
    for panel in panels {
        let title = text(panel, "title");
        assert!(
            ids.insert(panel["id"].as_u64().expect("an id")),
            "{title}: its id is taken"
        );
        let kind = text(panel, "type");
        assert!(
            ["stat", "timeseries", "barchart", "table"].contains(&kind),
            "{title}: {kind}"
        );
        let at = |key: &str| panel["gridPos"][key].as_u64().expect("a place");
        assert!(at("x") + at("w") <= 24, "{title} ends outside of the grid");
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(taken.insert((x, y)), "{title} overlaps another panel");
            }
        }
        for target in list(panel, "targets") {
            for source in [&panel["datasource"], &target["datasource"]] {
                assert_eq!(
                    (text(source, "type"), text(source, "uid")),
                    (TYPE, "${datasource}"),
                    "{title}"
                );
            }
            let format = if kind == "timeseries" { "time_series" } else { "table" };
            assert_eq!(text(target, "format"), format, "{title}");
        }
    }
    for (title, query) in queries(&dashboard) {
        for name in query.split("${").skip(1) {
            let name = name.split([':', '}']).next().expect("a name");
            assert!(variables.contains(name), "{title} uses the variable {name}");
        }
    }
}

#[test]
fn queries_of_the_dashboard_run_in_databases() {
    let home = Home::new();
    home.copy("diff/home", "");
    home.copy("agents/codex/made/home", "");
    let mut stores = stores();
    stores.retain(|store| ["postgres", "duckdb"].contains(&store.name()));
    for store in stores {
        store.load(&home, "laptop");
        for (title, query) in queries(&dashboard()) {
            // As Grafana fills them in.
            let time = "time between timestamptz '2020-01-01 00:00:00Z' and timestamptz '2030-01-01 00:00:00Z'";
            let query = query
                .replace("$__timeFilter(time)", time)
                .replace("${host:sqlstring}", "'laptop'");
            assert!(!query.contains('$'), "{title}: {query}");
            let answer = store.ask(&format!("select count(*) from ({query}) as answer"));
            let rows: u64 = answer.parse().unwrap_or_else(|_| panic!("{title}: {answer}"));
            assert!(
                rows > 0 || title == "Use of plan limits",
                "{} in {}",
                title,
                store.name()
            );
        }
    }
}
