//! The survey of an agent's files: record types and billed fields that its reader does not know, and the shape of its
//! records.
//!
//! Only `doctor` surveys. It parses a sample of the newest files plainly, so the readers' byte searches stay as they are.

mod records;
mod shape;
mod vocabulary;

pub use shape::word;
pub use vocabulary::{Vocabulary, Words};

use super::source::Source;
use records::Sample;
use serde_json::Value;
use shape::Shape;
use std::collections::BTreeMap;
use vocabulary::{is_count, is_free_form};

/// A change of format adds a few names. More are noise.
const MOST_NAMES: usize = 40;
/// Objects nest this deep around counts.
const DEEPEST: usize = 8;

/// The result of a survey.
#[derive(Debug, Default)]
pub struct Survey {
    /// Names that the reader does not know, with how often the sample has them.
    pub unknown: BTreeMap<String, u64>,
    /// Known and unknown words of the places that a vocabulary names, with how often the sample has them.
    pub words: BTreeMap<String, u64>,
    shape: Shape,
}

impl Survey {
    /// Surveys a sample of these sources.
    pub fn of(vocabulary: &Vocabulary, sources: &[Source]) -> Self {
        let mut survey = Self::default();
        let mut sample = Sample::new(vocabulary);
        for source in records::newest(sources) {
            // The agent's version is in the first record of many logs.
            let mut version = None;
            let columns = sample.read(&source.path, &mut |place, record| {
                survey.record(vocabulary, place, record, &mut version);
            });
            for (column, count) in columns {
                survey.note("usage column", &column, count, None);
            }
            if sample.is_spent() {
                break;
            }
        }
        survey
    }

    /// Paths of keys in the records, with the types of their values and how often the sample has them.
    pub fn shape(&self) -> BTreeMap<String, u64> {
        self.shape.counts()
    }

    fn record(&mut self, vocabulary: &Vocabulary, place: &str, record: &Value, version: &mut Option<String>) {
        self.shape.add(vocabulary, place, record);
        for path in vocabulary.version {
            vocabulary::find(record, path, &mut |value| {
                if let Some(found) = value.as_str().map(word).filter(|found| !found.is_empty()) {
                    *version = Some(found);
                }
            });
        }
        let version = version.as_deref();
        let mut noted = Vec::new();
        for words in vocabulary.words {
            words.find(place, record, &mut |name| {
                *self.words.entry(format!("{} {}", words.what, word(name))).or_default() += 1;
                if !words.known.contains(&name) {
                    noted.push(name.to_owned());
                    self.note(words.what, name, 1, version);
                }
            });
        }
        self.counts(vocabulary, record, DEEPEST, &mut noted, version);
    }

    /// Notes counts of tokens anywhere in a record, once per record.
    fn counts(&mut self, known: &Vocabulary, value: &Value, depth: usize, noted: &mut Vec<String>, by: Option<&str>) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        match value {
            Value::Object(fields) => {
                for (name, value) in fields.iter().filter(|(name, _)| !is_free_form(name)) {
                    let is_new = is_count(name, value) && !known.has_count(name) && !noted.contains(name);
                    if is_new {
                        noted.push(name.clone());
                        self.note("usage field", name, 1, by);
                    }
                    self.counts(known, value, depth, noted, by);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.counts(known, item, depth, noted, by)),
            _ => {}
        }
    }

    fn note(&mut self, what: &str, name: &str, count: u64, version: Option<&str>) {
        let version = version.map_or_else(String::new, |version| format!(" (version {version})"));
        let entry = format!("{what} {}{version}", word(name));
        if self.unknown.len() < MOST_NAMES || self.unknown.contains_key(&entry) {
            *self.unknown.entry(entry).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Vocabulary = Vocabulary {
        version: &["version"],
        words: &[
            Words::new("record type", "type", &["reply", "title"]),
            Words::new("usage field", "type=reply/message.usage", &["input_tokens", "cost"]),
        ],
        counts: &["context_tokens"],
        ..Vocabulary::EMPTY
    };

    fn unknown(text: &str) -> Vec<(String, u64)> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("log.jsonl");
        std::fs::write(&path, text).expect("written");
        let source = Source::find(path, 0).expect("a file");
        Survey::of(&KNOWN, &[source]).unknown.into_iter().collect()
    }

    #[test]
    fn unknown_types_and_fields_are_named_counted_and_dated() {
        let reply =
            r#"{"type":"reply","message":{"usage":{"input_tokens":1,"cost":2,"tier":"fast","empty":0,"none":null}}}"#;
        let text = format!(
            "{}\n{}\n{reply}\n{reply}\n",
            r#"{"type":"title","version":"2.2.0"}"#, r#"{"type":"goal"}"#
        );
        let expected = [
            ("record type goal (version 2.2.0)", 1),
            ("usage field tier (version 2.2.0)", 2),
        ];
        assert_eq!(unknown(&text), expected.map(|(name, count)| (name.to_owned(), count)));
    }

    #[test]
    fn counts_of_tokens_are_found_wherever_the_agent_writes_them() {
        for (record, name) in [
            (r#"{"type":"title","summaryTokens":7}"#, Some("summaryTokens")),
            (
                r#"{"type":"title","deep":{"list":[{"audio_tokens":7}]}}"#,
                Some("audio_tokens"),
            ),
            (r#"{"type":"title","deep":{"context_tokens":7,"maxTokens":9}}"#, None),
            (r#"{"type":"title","operator_tokens":7}"#, Some("operator_tokens")),
            (r#"{"type":"title","tokensPerSecond":7,"tokens_left":8}"#, None),
            (r#"{"type":"title","message":{"content":[{"audio_tokens":7}]}}"#, None),
            (r#"{"type":"title","audio_tokens":0}"#, None),
            (
                r#"{"type":"reply","message":{"usage":{"audio_tokens":3}}}"#,
                Some("audio_tokens"),
            ),
        ] {
            let expected: Vec<_> = name
                .map(|name| (format!("usage field {name}"), 1))
                .into_iter()
                .collect();
            assert_eq!(unknown(record), expected, "{record}");
        }
    }

    #[test]
    fn texts_are_never_names() {
        let found = unknown(r#"{"type":"my secret words"}"#);
        assert_eq!(found, [("record type *".to_owned(), 1)]);
    }

    #[test]
    fn many_names_are_cut() {
        let text: String = (0..1000)
            .map(|n| {
                let letters = [n / 26 / 26, n / 26 % 26, n % 26].map(|at| char::from(b'a' + at as u8));
                format!("{{\"type\":\"{}\"}}\n", String::from_iter(letters))
            })
            .collect();
        assert_eq!(unknown(&text).len(), MOST_NAMES);
    }
}
