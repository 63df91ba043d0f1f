//! A session of a database in depth: its newest messages and its plan.

use super::message::{self, Role};
use super::records::{Records, Row};
use crate::agents::opencode::extract::parse_message;
use crate::agents::opencode::reply::tokens_of;
use crate::agents::shared::lenient::{Text, part};
use crate::core::process::{DetailLimits, Message, SessionDetail, Todo, cut};
use anyhow::Result;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    /// What OpenCode itself put into the human's mouth.
    synthetic: Option<bool>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

impl Records {
    /// The newest messages, oldest first, and the plan.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(super) fn detail(&self, row: &Row, limits: &DetailLimits) -> Result<SessionDetail> {
        Ok(SessionDetail {
            messages: self.messages(row, limits)?,
            todos: self.todos(row)?,
        })
    }

    fn messages(&self, row: &Row, limits: &DetailLimits) -> Result<Vec<Message>> {
        let order = if row.is_second { "seq" } else { "time_created desc, id" };
        let kind = if row.is_second { "type" } else { "null" };
        let select = format!(
            "select id, time_created, data, {kind} from {} where session_id = ?1 order by {order} desc",
            self.message_table(row)
        );
        let mut statement = self.connection().prepare(&select)?;
        let mut rows = statement.query([&row.id])?;
        let mut messages = Vec::new();
        while let Some(found) = rows.next()? {
            if messages.len() == limits.messages {
                break;
            }
            let id: String = found.get(0)?;
            let data: String = found.get(2)?;
            let kind: Option<String> = found.get(3)?;
            let Some(message) = message::parse(&data, kind.as_deref()) else {
                continue;
            };
            let is_reply = message.role == Role::Assistant;
            let text = if row.is_second {
                text_within(&data)
            } else {
                self.text_of(&id)?
            };
            messages.push(Message {
                role: if is_reply { "assistant" } else { "user" }.to_owned(),
                at: Some(found.get(1)?),
                provider_id: message.provider_id,
                model_id: message.model_id,
                tokens: parse_message(data.as_bytes())
                    .filter(|_| is_reply)
                    .and_then(|message| tokens_of(&message, row.includes_reasoning())),
                text: cut(&text, limits.text_chars),
            });
        }
        messages.reverse();
        Ok(messages)
    }

    /// The text of a message of version 1 is in its parts.
    fn text_of(&self, message_id: &str) -> Result<String> {
        let select = "select data from part where message_id = ?1 order by id";
        let mut statement = self.connection().prepare_cached(select)?;
        let mut rows = statement.query([message_id])?;
        let mut texts = Vec::new();
        while let Some(found) = rows.next()? {
            let data: String = found.get(0)?;
            texts.extend(text_in(&data));
        }
        Ok(texts.join("\n"))
    }

    fn todos(&self, row: &Row) -> Result<Vec<Todo>> {
        let select = "select content, status, priority from todo where session_id = ?1 order by position";
        let Ok(mut statement) = self.connection().prepare(select) else {
            // Not every version has the table.
            return Ok(Vec::new());
        };
        let todos = statement.query_map([&row.id], |row| {
            Ok(Todo {
                content: row.get(0)?,
                status: row.get(1)?,
                priority: row.get(2)?,
            })
        })?;
        Ok(todos.collect::<rusqlite::Result<_>>()?)
    }
}

/// `{"type":"text","text":"…"}`
fn text_in(data: &str) -> Option<String> {
    let message: Said = serde_json::from_str(data).ok()?;
    let is_text = message.kind.as_deref() == Some("text") && message.synthetic != Some(true);
    message
        .text
        .filter(|text| is_text && !text.trim().is_empty())
        .map(|text| text.to_string())
}

/// The texts of a message of version 2: its own, or those of its content.
fn text_within(data: &str) -> String {
    let message: Said = serde_json::from_str(data).unwrap_or_default();
    let parts: Vec<&RawValue> = part(message.content).unwrap_or_default();
    let own = message.text.map(|text| text.to_string());
    let texts: Vec<String> = own
        .into_iter()
        .chain(parts.iter().filter_map(|item| text_in(item.get())))
        .collect();
    texts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_are_text() {
        assert_eq!(text_in(r#"{"type":"text","text":"hello"}"#).as_deref(), Some("hello"));
        assert_eq!(text_in(r#"{"type":"text","text":"x","synthetic":true}"#), None);
        assert_eq!(text_in(r#"{"type":"reasoning","text":"x"}"#), None);
        let second = r#"{"content":[{"type":"text","text":"one"},{"type":"tool"},{"type":"text","text":"two"}]}"#;
        assert_eq!(text_within(second), "one\ntwo");
        assert_eq!(text_within(r#"{"text":"port it"}"#), "port it");
    }
}
