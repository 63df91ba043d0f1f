//! What records hold that their reader does not know: named and counted, so that a change of format is seen by its first
//! user.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// More names than this are no change of a format.
const MOST_NAMES: usize = 40;
const MOST_CHARS: usize = 60;

/// What was not known, with how often it was met.
#[derive(Debug, Default)]
pub struct Survey {
    counts: BTreeMap<String, u64>,
}

impl Survey {
    /// Notes something unknown: `record type "goal"`, and the version of the agent that wrote it, where that is known.
    pub fn note(&mut self, what: &str, name: &str, version: Option<&str>) {
        // A name, whatever stands in its place: never a text of the user's.
        let is_name = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/' | ':');
        let name: String = name.chars().take_while(is_name).take(MOST_CHARS).collect();
        let version = version.map_or_else(String::new, |version| format!(" (version {version})"));
        let entry = format!("{what} {name}{version}");
        if self.counts.len() < MOST_NAMES || self.counts.contains_key(&entry) {
            *self.counts.entry(entry).or_default() += 1;
        }
    }

    /// Notes the fields of an object that are not among `known`; what is null, 0 or empty says nothing.
    pub fn note_fields(&mut self, what: &str, object: Option<&RawValue>, known: &[&str], version: Option<&str>) {
        #[derive(Deserialize)]
        struct Fields<'a>(#[serde(borrow)] BTreeMap<std::borrow::Cow<'a, str>, &'a RawValue>);
        let Some(Ok(Fields(fields))) = object.map(|object| serde_json::from_str(object.get())) else {
            return;
        };
        for (name, value) in fields {
            let says_something = !matches!(value.get(), "null" | "0" | "\"\"" | "[]" | "{}" | "false");
            if says_something && !known.contains(&&*name) {
                self.note(what, &name, version);
            }
        }
    }

    pub fn into_counts(self) -> BTreeMap<String, u64> {
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_and_texts_are_not_told() {
        let mut survey = Survey::default();
        survey.note("record type", "goal", Some("2.2.0"));
        survey.note("record type", "goal", Some("2.2.0"));
        survey.note("record type", "my secret words", None);
        let usage = RawValue::from_string(r#"{"a":1,"b":0,"c":null,"known":5}"#.to_owned()).expect("JSON");
        survey.note_fields("usage field", Some(&usage), &["known"], None);
        let expected = [
            ("record type goal (version 2.2.0)", 2),
            ("record type my", 1),
            ("usage field a", 1),
        ];
        let expected = expected.map(|(name, count)| (name.to_owned(), count));
        assert_eq!(survey.into_counts(), BTreeMap::from(expected));
    }

    #[test]
    fn names_without_end_are_not_kept() {
        let mut survey = Survey::default();
        for number in 0..1000 {
            survey.note("record type", &number.to_string(), None);
        }
        assert_eq!(survey.into_counts().len(), MOST_NAMES);
    }
}
