//! Which keys of a row each filter compares.

use super::keys::Key;

/// Which keys a filter looks at; rows need one of them.
pub const FILTER_KEYS: [(&str, &[&str]); 11] = [
    ("since", &TIME_KEYS),
    ("until", &TIME_KEYS),
    ("on", &TIME_KEYS),
    ("agent", &["agentId"]),
    ("provider", &["providerId"]),
    ("model", &["modelId"]),
    ("project", &["projectPath"]),
    ("session", &["sessionId"]),
    ("presence", &["presence"]),
    ("branch", &["branch"]),
    ("subagent", &["subagent"]),
];

/// Whether one of these names is among the keys.
pub fn has_one(keys: &[Key], names: &[&str]) -> bool {
    keys.iter().any(|key| names.contains(&key.path.as_str()))
}

/// The filters that rows with these keys cannot be chosen by.
pub fn unusable(keys: &[Key]) -> impl Iterator<Item = &'static str> {
    let lacking = FILTER_KEYS.iter().filter(|(_, needed)| !has_one(keys, needed));
    lacking.map(|(flag, _)| *flag)
}

/// Keys that hold the time a row is about, the first one that is there counts.
pub const TIME_KEYS: [&str; 4] = ["timestamp", "sessionUpdatedAt", "startedAt", "start"];
