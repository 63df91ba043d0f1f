//! `bar-status gnome`: the statistics file of OpenCode's GNOME extension.

use super::{DAY, MINUTE, NOW, home};
use crate::support::Home;
use crate::support::opencode_db::Reply;
use serde_json::{Value, json};

const FILE: &str = ".local/share/opencode/stats.json";

fn written(home: &Home) -> Value {
    home.stdout(&["bar-status", "gnome", "--write"]);
    let text = std::fs::read_to_string(home.path().join(FILE)).expect("written");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn it_has_the_keys_and_counts_of_the_extension() {
    let (home, database) = home("x");
    let other = Reply {
        provider: "openrouter",
        cost: 0.1,
        ..Reply::at(NOW - 5 * MINUTE)
    };
    database.reply("msg_bar3", "ses_bar1", &other);
    let stats: Value = serde_json::from_str(&home.stdout(&["bar-status", "gnome"])).expect("JSON");
    assert_eq!(
        stats["daily"],
        json!({"totalTokens": 220, "tokensByModel": {"anthropic/claude-sonnet-4-5": 110, "openrouter/claude-sonnet-4-5": 110},
            "totalCost": 0.6, "costsByModel": {"anthropic/claude-sonnet-4-5": 0.5, "openrouter/claude-sonnet-4-5": 0.1},
            "date": "2026-11-20"})
    );
    assert_eq!(stats["total"]["totalTokens"], 330);
    assert_eq!(stats["total"]["totalCost"], 0.85);
    assert_eq!(stats["session"]["lastActivity"], NOW - 5 * MINUTE);
    assert_eq!(stats["session"]["isIdle"], false);
}

#[test]
fn it_begins_anew_at_local_midnight_and_turns_idle_without_activity() {
    let (home, _) = home("x");
    assert_eq!(written(&home)["daily"]["totalCost"], 0.5);
    let home = home.at("2026-11-21T00:00:05Z");
    let stats = written(&home);
    assert_eq!(stats["daily"]["totalCost"], 0.0);
    assert_eq!(stats["daily"]["date"], "2026-11-21");
    assert_eq!(stats["total"]["totalCost"], 0.75);
    assert_eq!(stats["session"]["isIdle"], true);
    assert_eq!(stats["session"]["idleSince"], NOW - 10 * MINUTE);
}

#[test]
fn the_day_of_installation_is_kept_and_damage_is_set_aside() {
    let (home, _) = home("x");
    assert_eq!(
        written(&home)["total"]["installDate"],
        NOW - DAY,
        "the first reply there is"
    );
    home.write(
        FILE,
        r#"{"total": {"installDate": 1704067200000, "totalTokens": "many"}}"#,
    );
    assert_eq!(written(&home)["total"]["installDate"], 1_704_067_200_000_i64);
    for spelling in ["1.7040672e12", "\"1704067200000\"", "\"2024-01-01T00:00:00Z\""] {
        home.write(FILE, format!("{{\"total\": {{\"installDate\": {spelling}}}}}"));
        assert_eq!(
            written(&home)["total"]["installDate"],
            1_704_067_200_000_i64,
            "{spelling}"
        );
    }
    home.write(FILE, "{\"total\": {\"installDate\": 17040");
    assert_eq!(written(&home)["total"]["installDate"], NOW - DAY);
    let aside = home.path().join(format!("{FILE}.damaged-{NOW}"));
    assert!(std::fs::read_to_string(aside).expect("kept").ends_with("17040"));
    let other = home.path().join("elsewhere.json");
    home.stdout(&["bar-status", "gnome", "--write", &other.to_string_lossy()]);
    assert!(other.is_file());
}
