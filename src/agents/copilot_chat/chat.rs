//! One chat: what its log, or its document, says of it in the end.

use super::request::Request;
use crate::agents::shared::batch::Batch;
use crate::agents::shared::lenient::{Text, When, part, title};
use crate::agents::shared::source::Source;
use crate::core::turn::{Project, SessionInfo, Title};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::de::Error;
use serde_json::value::RawValue;

const REQUESTS: &str = "requests";

/// What is known after the lines so far.
#[derive(Debug, Default)]
pub(super) struct Chat {
    id: String,
    title: Option<String>,
    created: Option<i64>,
    /// The list as it is now.
    requests: Vec<Request>,
    /// Requests that the user took back, or asked again in other words: they were billed.
    removed: FxHashMap<String, Request>,
}

/// One change.
#[derive(Deserialize)]
struct Change<'a> {
    kind: u8,
    /// Where: keys and positions.
    #[serde(borrow, default)]
    k: Vec<Step<'a>>,
    /// The value; a missing one removes what was there.
    #[serde(borrow, default)]
    v: Option<&'a RawValue>,
    /// How long a list is before values are added to it.
    #[serde(default)]
    i: Option<usize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Step<'a> {
    At(usize),
    Key(#[serde(borrow)] Text<'a>),
}

const WHOLE: u8 = 0;
const SET: u8 = 1;
const LIST: u8 = 2;
const REMOVE: u8 = 3;

impl Chat {
    /// Takes in one line of a log.
    ///
    /// # Errors
    /// When it is no change.
    pub(super) fn line(&mut self, text: &str, offset: u64) -> serde_json::Result<()> {
        let change: Change<'_> = serde_json::from_str(text)?;
        let value = change.v.filter(|_| change.kind != REMOVE);
        match (change.kind, &change.k[..]) {
            (WHOLE, _) => match value {
                Some(value) => self.whole(value, offset)?,
                None => return Err(Error::missing_field("v")),
            },
            (SET | REMOVE, [Step::Key(key)]) => self.field(key, value, offset)?,
            (SET | REMOVE, [Step::Key(key), Step::At(at)]) if &**key == REQUESTS => {
                if let Some(request) = self.requests.get_mut(*at)
                    && let Some(value) = value
                {
                    let before = std::mem::replace(request, Request::parse(value, offset)?);
                    self.remember([before]);
                }
            }
            (SET | REMOVE, [Step::Key(key), Step::At(at), Step::Key(field)]) if &**key == REQUESTS => {
                if let Some(request) = self.requests.get_mut(*at) {
                    request.set(field, value, offset);
                }
            }
            (LIST, [Step::Key(key)]) if &**key == REQUESTS => {
                let kept = change.i.unwrap_or(self.requests.len()).min(self.requests.len());
                let cut = self.requests.split_off(kept);
                self.remember(cut);
                self.add(value, offset)?;
            }
            (SET | LIST | REMOVE, _) => {}
            _ => return Err(Error::custom("a change of an unknown kind")),
        }
        Ok(())
    }

    /// Takes in a whole chat.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn whole(&mut self, chat: &RawValue, offset: u64) -> serde_json::Result<()> {
        let fields: FxHashMap<String, &RawValue> = serde_json::from_str(chat.get())?;
        for key in ["sessionId", "customTitle", "creationDate", REQUESTS] {
            self.field(key, fields.get(key).copied(), offset)?;
        }
        Ok(())
    }

    fn field(&mut self, key: &str, value: Option<&RawValue>, offset: u64) -> serde_json::Result<()> {
        match key {
            "sessionId" => self.id = part::<Text<'_>>(value).unwrap_or_default().0.into_owned(),
            "customTitle" => self.title = part::<Text<'_>>(value).and_then(|text| title(&text)),
            "creationDate" => self.created = part::<When>(value).and_then(|when| when.0),
            REQUESTS => {
                let before = std::mem::take(&mut self.requests);
                self.remember(before);
                self.add(value, offset)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, requests: Option<&RawValue>, offset: u64) -> serde_json::Result<()> {
        let Some(requests) = requests else {
            return Ok(());
        };
        let requests: Vec<&RawValue> = serde_json::from_str(requests.get())?;
        for request in requests {
            // What cannot be read keeps its place: later lines name requests by it.
            self.requests.push(Request::parse(request, offset).unwrap_or_default());
        }
        Ok(())
    }

    fn remember(&mut self, requests: impl IntoIterator<Item = Request>) {
        let named = requests.into_iter().filter(|request| !request.id.is_empty());
        self.removed.extend(named.map(|request| (request.id.clone(), request)));
    }

    /// Adds what the chat has in the end.
    pub(super) fn finish(mut self, source: &Source, project: Option<Project>, into: &mut Batch) {
        let stem = source.path.file_stem().unwrap_or_default().to_string_lossy();
        let id = if self.id.is_empty() { stem.into_owned() } else { self.id };
        for request in &self.requests {
            self.removed.remove(&request.id);
        }
        let mut all: Vec<Request> = self.removed.into_values().collect();
        all.sort_by_key(|request| request.place);
        all.append(&mut self.requests);
        let first = all
            .iter()
            .filter_map(|request| Some((request.sent(), request.prompt.clone()?)))
            .min();
        let prompt = first.map(|(at, text)| Title::from_prompt(at.unwrap_or(0), text));
        let mut info = SessionInfo {
            title: self.title.map(|text| Title::from_agent(0, text)).or(prompt),
            project,
            forked_from: all
                .iter()
                .find_map(|request| request.copied_from(&id))
                .map(str::to_owned),
            interactive: Some(true),
            started_at: self.created,
            ..SessionInfo::new(&id)
        };
        info.updated_at = all.iter().filter_map(Request::sent).max();
        for request in &all {
            request.add(&id, self.created.unwrap_or(0), into);
        }
        // An empty chat is no session.
        if !all.is_empty() {
            into.session(info);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn chat(lines: &[Value]) -> Batch {
        let mut chat = Chat::default();
        for (line, offset) in lines.iter().zip(0..) {
            chat.line(&line.to_string(), offset).expect("a change");
        }
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("s-1.jsonl");
        std::fs::write(&path, "").expect("written");
        let mut batch = Batch::default();
        chat.finish(&Source::find(path, 0).expect("a source"), None, &mut batch);
        batch
    }

    fn outputs(lines: &[Value]) -> Vec<u64> {
        let batch = chat(lines);
        batch
            .turns
            .iter()
            .map(|turn| turn.numbers.tokens.known_total())
            .collect()
    }

    fn request(id: &str, output: u64) -> Value {
        json!({"requestId": id, "timestamp": 1_790_400_000_000_u64, "modelId": "copilot/gpt-5", "completionTokens": output,
            "modelState": {"value": 1}, "result": {"metadata": {"responseId": format!("turn of {}", id.trim_start_matches("request_")),
            "sessionId": "s-0"}}})
    }

    #[test]
    fn the_last_state_of_each_request_counts_also_of_one_that_was_taken_back() {
        let whole = json!({"kind": 0, "v": {"sessionId": "s-1", "requests": [request("request_a", 1), request("request_b", 2)]}});
        let change =
            |at: usize, output: u64| json!({"kind": 1, "k": ["requests", at, "completionTokens"], "v": output});
        let list = |v: Value, i: Option<usize>| json!({"kind": 2, "k": ["requests"], "v": v, "i": i});
        assert_eq!(outputs(std::slice::from_ref(&whole)), [1, 2]);
        assert_eq!(outputs(&[whole.clone(), change(1, 5), change(7, 9)]), [1, 5]);
        assert_eq!(
            outputs(&[
                whole.clone(),
                list(json!([request("request_c", 3)]), None),
                change(2, 4)
            ]),
            [1, 2, 4]
        );
        // Asked again in other words: both were billed.
        assert_eq!(
            outputs(&[whole.clone(), list(json!([request("request_c", 3)]), Some(1))]),
            [2, 1, 3]
        );
        // The first was removed, and the second is written once more.
        assert_eq!(
            outputs(&[whole.clone(), list(json!([request("request_b", 6)]), Some(0))]),
            [1, 6]
        );
        let removed = json!({"kind": 3, "k": ["requests", 0, "completionTokens"]});
        assert_eq!(outputs(&[whole.clone(), removed]), [2]);
        let anew = json!({"kind": 0, "v": {"sessionId": "s-1", "requests": [request("request_b", 2)]}});
        assert_eq!(outputs(&[whole, anew]), [1, 2]);
    }

    #[test]
    fn copies_belong_to_the_turn_they_were_made_of() {
        let list = |requests: Value| json!({"kind": 0, "v": {"sessionId": "s-1", "requests": requests}});
        let own = chat(&[list(json!([request("request_a", 1)]))]);
        let copies = chat(&[list(json!([request("a", 1), request("request_b", 2)]))]);
        assert_ne!(own.turns[0].segment, 0);
        assert_eq!(own.turns[0].segment, copies.turns[0].segment);
        assert_eq!((own.turns[0].supersedes, copies.turns[0].supersedes), (true, false));
        assert_eq!(copies.sessions["s-1"].forked_from.as_deref(), Some("s-0"));
        // One that was broken off has no id of its turn.
        let broken = |id: &str, output: u64| {
            chat(&[list(json!([{"requestId": id, "modelId": "copilot/gpt-5", "responseTimestamp": 1_790_400_000_040_u64, "elapsedMs": 9960,
                "completionTokens": output, "copilotCredits": 2, "modelState": {"value": 2}}]))])
            .turns
            .remove(0)
        };
        let (original, copy) = (broken("request_a", 7), broken("a", 7));
        assert_eq!(original.segment, copy.segment);
        assert_eq!((original.supersedes, copy.supersedes), (true, false));
        assert_eq!(copy.event, broken("b", 7).event, "two forks of one that is gone");
        assert_ne!(copy.segment, broken("a", 8).segment);
        // Its id does not change when the result comes.
        let mut going = request("request_a", 1);
        going.as_object_mut().expect("an object").remove("result");
        assert_eq!(chat(&[list(json!([going]))]).turns[0].event, own.turns[0].event);
    }

    #[test]
    fn what_is_no_change_is_an_error_and_unknown_places_are_none() {
        let mut chat = Chat::default();
        for bad in [
            "{",
            "[]",
            "{\"kind\":9}",
            "{\"kind\":0}",
            r#"{"kind":2,"k":["requests"],"v":{}}"#,
        ] {
            assert!(chat.line(bad, 0).is_err(), "{bad}");
        }
        for other in [
            r#"{"kind":1,"k":["inputState","inputText"],"v":"words"}"#,
            r#"{"kind":2,"k":["requests",3,"response"],"v":[{"value":"x"}],"i":9}"#,
            r#"{"kind":1,"k":["requests",18446744073709551615,"completionTokens"],"v":5}"#,
            r#"{"kind":1,"k":[],"v":null}"#,
        ] {
            chat.line(other, 0).expect("no error");
        }
    }
}
