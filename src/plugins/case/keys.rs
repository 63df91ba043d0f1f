//! Keys of a case: those that exist, and the shape of each. What a case asks for and no check reads is named; what looks like
//! a misspelled key is an error.

use super::matchers::MATCHERS;
use serde_json::Value;

/// What the value of a key may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Flag,
    Number,
    Text,
    List,
    Map,
}
use Shape::{Flag, List, Map as Object, Number, Text};

impl Shape {
    const fn name(self) -> &'static str {
        match self {
            Flag => "true or false",
            Number => "a number",
            Text => "a text",
            List => "a list",
            Object => "an object",
        }
    }

    fn holds(self, value: &Value) -> bool {
        match self {
            Flag => value.is_boolean(),
            Number => value.is_number(),
            Text => value.is_string(),
            List => value.is_array(),
            Object => value.is_object(),
        }
    }
}

type Keys = [(&'static str, &'static [Shape])];

/// What a case is about, in words for people and for other hosts.
const WORDS: &[&str] = &[
    "about",
    "note",
    "unguardedNote",
    "verifyNote",
    "verify",
    "differs",
    "upstream",
    "kind",
    "result",
    "shownAs",
    "npm",
    "record",
    "guideForms",
];

/// What is built before the steps.
const SETUP: &Keys = &[
    ("load", &[List]),
    ("home", &[Text]),
    ("commonHome", &[Text]),
    ("links", &[Object]),
    ("caseLinks", &[Object]),
    ("fifos", &[List]),
    ("sqlite", &[Object]),
    ("mtimesNs", &[Object]),
    ("config", &[Object]),
    ("configText", &[Text]),
    ("env", &[Object]),
    ("storageBefore", &[Object]),
    ("dns", &[Object]),
    ("http", &[List]),
    ("limits", &[Object]),
    ("trust", &[Text]),
    ("change", &[Object]),
    ("attack", &[Flag]),
    ("steps", &[List]),
];

/// What must come out.
const CHECKS: &Keys = &[
    ("plugins", &[List]),
    ("hostOnly", &[List, Flag, Text]),
    ("state", &[Text]),
    ("states", &[List]),
    ("log", &[List]),
    ("requests", &[List]),
    ("activity", &[List]),
    ("events", &[List]),
    ("storageCount", &[Object]),
    ("turns", &[List]),
    ("twice", &[Flag, Text]),
    ("problems", &[List]),
    ("exit", &[Object]),
    ("rows", &[Object]),
    ("priced", &[List]),
    ("resolved", &[Object]),
    ("resolvedComponents", &[Object]),
    ("warningsWanted", &[Object]),
    ("shown", &[List, Text]),
    ("consentShows", &[List]),
    ("commands", &[List]),
    ("never", &[List]),
    ("peakMiB", &[Number]),
    ("unchanged", &[List]),
    ("refused", &[Object]),
    ("errorsName", &[List]),
    ("noRequestTo", &[List]),
    ("logNever", &[List]),
    ("stderrLinesBegin", &[List]),
    ("stderrMaxBytes", &[Number]),
    ("textHas", &[Object]),
    ("hostAlive", &[Flag]),
];

const ROWS: &Keys = &[
    ("provider", &[Object]),
    ("cred", &[Object]),
    ("creds", &[List]),
    ("providersKnownBy", &[List]),
];
const EXIT: &Keys = &[("plain", &[Number]), ("--strict", &[Number])];
const LOAD: &Keys = &[("path", &[Text]), ("as", &[Text]), ("npm", &[Text])];
const HTTP: &Keys = &[
    ("method", &[Text]),
    ("url", &[Text]),
    ("status", &[Number]),
    ("headers", &[Object]),
    ("body", &[Flag, Number, Text, List, Object]),
    ("delayMs", &[Number]),
    ("fails", &[Text]),
];
const LIMITS: &Keys = &[
    ("hookMs", &[Number]),
    ("discoverMs", &[Number]),
    ("fetchMs", &[Number]),
    ("parseMs", &[Number]),
    ("notifyMs", &[Number]),
    ("cpuMs", &[Number]),
    ("wallMs", &[Number]),
];
const CHANGE: &Keys = &[("file", &[Text]), ("text", &[Text]), ("after", &[Text])];
const STEP: &Keys = &[
    ("do", &[Text]),
    ("plugin", &[Text]),
    ("options", &[Object]),
    ("credentials", &[Object]),
    ("event", &[Object]),
    ("config", &[Object]),
    ("modelId", &[Text]),
    ("ms", &[Number]),
    ("file", &[Text]),
    ("text", &[Text]),
    ("background", &[Flag]),
    ("returns", &[Flag, Number, Text, List, Object]),
    ("returnsPart", &[Flag, Number, Text, List, Object]),
    ("throws", &[List]),
    ("mayThrow", &[Flag]),
    ("row", &[Object]),
    ("message", &[List]),
];
const PLUGIN: &Keys = &[
    ("path", &[Text]),
    ("id", &[Text]),
    ("type", &[Text]),
    ("name", &[Text]),
    ("version", &[Text]),
    ("entry", &[Text]),
    ("config", &[Object]),
    ("state", &[Text]),
    ("errors", &[List]),
    ("warnings", &[List]),
];
const PRICED: &Keys = &[
    ("providerId", &[Text]),
    ("modelId", &[Text]),
    ("requests", &[Number]),
    ("tokens", &[Object]),
    ("cost", &[Number, Object]),
    ("costStatus", &[Text]),
];

/// Where matchers stand.
const MATCHED: &[&str] = &["log", "requests", "activity", "events", "turns", "rows", "storageCount"];
const MATCHED_IN_STEPS: &[&str] = &["returns", "returnsPart", "row", "message"];

/// What the keys of a case came to.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Misspelled keys, and values that are nothing of their key.
    pub wrong: Vec<String>,
    /// Sentences under keys of their own, and keys that no check reads.
    pub remarks: Vec<String>,
}

/// Looks at every key.
pub(super) fn check(spec: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let Some(top) = spec.as_object() else {
        verdict.wrong.push("a case must be an object".to_owned());
        return verdict;
    };
    let all = [SETUP, CHECKS].concat();
    for (key, value) in top {
        verdict.key(key.clone(), key, &all, value);
    }
    for (list, keys) in [
        ("load", LOAD),
        ("http", HTTP),
        ("steps", STEP),
        ("plugins", PLUGIN),
        ("priced", PRICED),
        ("hostOnly", PLUGIN),
    ] {
        let entries = spec[list].as_array().into_iter().flatten();
        for (index, entry) in entries.enumerate() {
            verdict.inner(&format!("{list}[{index}]"), entry, keys);
        }
    }
    for (key, keys) in [("limits", LIMITS), ("change", CHANGE), ("rows", ROWS), ("exit", EXIT)] {
        if !spec[key].is_null() {
            verdict.inner(key, &spec[key], keys);
        }
    }
    for (key, only) in [("trust", "asked"), ("verify", "sandbox")] {
        if let Some(other) = spec[key].as_str().filter(|text| *text != only) {
            verdict.wrong.push(format!("{key}: wanted '{only}', found '{other}'"));
        }
    }
    for key in MATCHED {
        verdict.matchers(key, &spec[*key]);
    }
    for (index, step) in spec["steps"].as_array().into_iter().flatten().enumerate() {
        for key in MATCHED_IN_STEPS {
            verdict.matchers(&format!("steps[{index}].{key}"), &step[*key]);
        }
    }
    verdict
}

impl Verdict {
    fn inner(&mut self, at: &str, entry: &Value, keys: &Keys) {
        let Some(map) = entry.as_object() else {
            self.wrong.push(format!("{at}: must be an object"));
            return;
        };
        for (key, value) in map {
            self.key(format!("{at}.{key}"), key, keys, value);
        }
    }

    fn key(&mut self, at: String, key: &str, keys: &Keys, value: &Value) {
        if let Some(shapes) = shapes(keys, key) {
            self.expect(&at, shapes, value);
        } else if WORDS.contains(&key) {
            // They may say it in any form.
        } else if let Some(sentence) = value.as_str().filter(|text| text.contains(' ')) {
            self.remarks.push(format!("{at}: {sentence}"));
        } else if let Some((near, _)) = keys.iter().find(|(known, _)| is_misspelled(key, known)) {
            self.wrong.push(format!("{at}: unknown key, did you mean '{near}'?"));
        } else {
            // Of a newer format, or of another host.
            self.remarks.push(format!("{at}: unknown key"));
        }
    }

    /// `null` stands for what is missing.
    fn expect(&mut self, at: &str, shapes: &[Shape], value: &Value) {
        if value.is_null() || shapes.iter().any(|shape| shape.holds(value)) {
            return;
        }
        let names: Vec<_> = shapes.iter().map(|shape| shape.name()).collect();
        self.wrong.push(format!("{at}: must be {}", names.join(" or ")));
    }

    fn matchers(&mut self, at: &str, value: &Value) {
        match value {
            Value::Array(list) => list.iter().for_each(|value| self.matchers(at, value)),
            Value::Object(map) => {
                let unknown = map
                    .keys()
                    .filter(|key| key.starts_with('$') && !MATCHERS.contains(&key.as_str()));
                self.wrong
                    .extend(unknown.map(|key| format!("{at}: unknown matcher '{key}'")));
                map.values().for_each(|value| self.matchers(at, value));
            }
            _ => {}
        }
    }
}

fn is_misspelled(key: &str, known: &str) -> bool {
    const EDITS: usize = 2;
    let (key, known) = (key.to_lowercase(), known.to_lowercase());
    known.len() > EDITS && strsim::osa_distance(&key, &known) <= EDITS
}

fn shapes(keys: &Keys, key: &str) -> Option<&'static [Shape]> {
    keys.iter().find(|(known, _)| *known == key).map(|(_, shapes)| *shapes)
}

/// The keys under which a case says what must come out.
pub fn checked() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().map(|(key, _)| *key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_that_no_check_reads_is_named() {
        for (spec, at) in [
            (json!({"peakMib": 3}), "peakMib: unknown key, did you mean 'peakMiB'?"),
            (
                json!({"steps": [{"do": "start", "return": 1}]}),
                "steps[0].return: unknown key, did you mean 'returns'?",
            ),
            (
                json!({"plugins": [{"stat": "loaded"}]}),
                "plugins[0].stat: unknown key, did you mean 'state'?",
            ),
            (
                json!({"http": [{"urls": "."}]}),
                "http[0].urls: unknown key, did you mean 'url'?",
            ),
            (
                json!({"limits": {"fetch": 1}}),
                "limits.fetch: unknown key, did you mean 'fetchMs'?",
            ),
            (json!({"turns": {}}), "turns: must be a list"),
            (json!({"trust": "yes"}), "trust: wanted 'asked', found 'yes'"),
            (
                json!({"log": [{"text": {"$like": "x"}}]}),
                "log: unknown matcher '$like'",
            ),
        ] {
            assert_eq!(check(&spec).wrong, [at], "{spec}");
        }
        let spec =
            json!({"aside": "a sentence of the author", "note": ["x"], "charts": [], "load": [{"archive": "."}]});
        let verdict = check(&spec);
        let remarks = [
            "aside: a sentence of the author",
            "charts: unknown key",
            "load[0].archive: unknown key",
        ];
        assert_eq!(verdict.remarks, remarks);
        assert!(verdict.wrong.is_empty(), "{verdict:?}");
    }
}
