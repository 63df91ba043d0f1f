//! The model of a request: Cline records each change, Roo and Kilo Code mention it only in the prompt.

use crate::agents::Batch;
use crate::agents::shared::json_file::{parse_text, read_beside, read_text};
use crate::agents::shared::lenient::When;
use crate::core::biller::biller;
use crate::core::problem::Problem;
use memchr::memmem::{find, rfind};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::Path;

pub(super) const METADATA: &str = "task_metadata.json";
pub(super) const CONVERSATION: &str = "api_conversation_history.json";

/// Who bills and which model, as rows name them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Model {
    pub provider: String,
    pub id: String,
    /// Another agent's command answered, which writes records of its own.
    pub is_other_agent: bool,
}

/// Providers that are commands of other agents.
const OTHER_AGENTS: [&str; 3] = ["claude-code", "openai-codex-cli", "opencode"];

impl Model {
    /// From what an extension calls its provider (may be empty) and the model's id.
    pub(super) fn new(provider: &str, id: &str) -> Self {
        Self {
            provider: provider_id(provider, id).to_owned(),
            id: id.to_owned(),
            is_other_agent: OTHER_AGENTS.contains(&provider),
        }
    }
}

/// `openai` is whatever speaks OpenAI's dialect; then, and without any name, the model decides.
fn provider_id<'a>(provider: &'a str, model: &str) -> &'a str {
    // The models of Cline's plan.
    if provider == "cline" && model.starts_with("cline-pass/") {
        return "cline-pass";
    }
    let named = if matches!(provider, "openai" | "openai-compatible") {
        ""
    } else {
        provider
    };
    let dialect = if provider == "openai-compatible" { "" } else { provider };
    biller(named, model).unwrap_or(if named.is_empty() { dialect } else { "" })
}

/// The models of one task over its time.
#[derive(Debug, Default)]
pub(super) struct Models {
    /// (from when on, model), in the order written.
    steps: Vec<(i64, Model)>,
    /// (when the reply came, position of its step).
    replies: Vec<(i64, usize)>,
    /// The working directory in the prompt.
    pub folder: Option<String>,
}

impl Models {
    /// The model of the request at `ts`, whose successor is at `next`.
    pub(super) fn at(&self, ts: i64, next: Option<i64>) -> Model {
        let after = self.replies.partition_point(|(at, _)| *at <= ts);
        let reply = self
            .replies
            .get(after)
            .filter(|(at, _)| next.is_none_or(|next| *at <= next));
        let step = match reply {
            Some((_, step)) => *step,
            None => self.steps.partition_point(|(at, _)| *at <= ts).saturating_sub(1),
        };
        self.steps.get(step).map(|(_, model)| model.clone()).unwrap_or_default()
    }

    /// Clocks are turned back: a time never lies before the one written above it.
    fn in_order(mut self) -> Self {
        let mut latest = i64::MIN;
        for at in self.steps.iter_mut().map(|(at, _)| at) {
            latest = latest.max(*at);
            *at = latest;
        }
        latest = i64::MIN;
        for at in self.replies.iter_mut().map(|(at, _)| at) {
            latest = latest.max(*at);
            *at = latest;
        }
        self
    }

    /// Reads the file next to a task's messages: Cline's list, else the conversation.
    pub(super) fn read(folder: &Path, into: &mut Batch) -> Self {
        let known = Self::of_metadata(folder, into);
        if known.steps.is_empty() {
            Self::of_conversation(folder, into)
        } else {
            known
        }
    }

    fn of_metadata(folder: &Path, into: &mut Batch) -> Self {
        #[derive(Deserialize)]
        struct Metadata {
            #[serde(default)]
            model_usage: Vec<Usage>,
        }
        #[derive(Deserialize)]
        struct Usage {
            #[serde(default)]
            ts: When,
            #[serde(default)]
            model_id: Option<String>,
            #[serde(default)]
            model_provider_id: Option<String>,
        }
        let metadata: Option<Metadata> = read_beside(&folder.join(METADATA), into);
        let usage = metadata.map(|metadata| metadata.model_usage).unwrap_or_default();
        let steps = usage.into_iter().filter_map(|step| {
            let id = step.model_id.filter(|id| !id.is_empty())?;
            let model = Model::new(step.model_provider_id.as_deref().unwrap_or(""), &id);
            Some((step.ts.0.unwrap_or(0), model))
        });
        Self {
            steps: steps.collect(),
            ..Self::default()
        }
        .in_order()
    }

    fn of_conversation(folder: &Path, into: &mut Batch) -> Self {
        let path = folder.join(CONVERSATION);
        if !path.exists() {
            return Self::default();
        }
        let read = read_text(&path).and_then(|text| {
            let messages = parse_text::<Vec<&RawValue>>(&path, &text, into)?;
            Ok(Self::of_messages(&messages.unwrap_or_default()))
        });
        read.unwrap_or_else(|error| {
            into.problem(Problem::new(path.display(), format!("{error:#}")));
            Self::default()
        })
    }

    /// Every user message carries `<environment_details>… <model>vendor/some-model</model> …`; the reply that
    /// follows it has its own time. A request is noted just before or just after its user message is.
    fn of_messages(messages: &[&RawValue]) -> Self {
        #[derive(Deserialize)]
        struct Message<'a> {
            #[serde(default)]
            role: String,
            #[serde(default)]
            ts: When,
            #[serde(borrow, default)]
            content: Option<&'a RawValue>,
        }
        let mut models = Self::default();
        for message in messages {
            // A damaged message only leaves the model of its neighbors in force.
            let Ok(message) = serde_json::from_str::<Message<'_>>(message.get()) else {
                continue;
            };
            let ts = message.ts.0.unwrap_or(0);
            match message.role.as_str() {
                "assistant" => {
                    if let Some(step) = models.steps.len().checked_sub(1) {
                        models.replies.push((ts, step));
                    }
                }
                _ => {
                    let details = message.content.and_then(|content| environment(content.get()));
                    if let Some(id) = details.and_then(|details| between(details, "<model>", "</model>")) {
                        models.steps.push((ts, Model::new("", &id)));
                    }
                    models.folder = models.folder.take().or_else(|| {
                        let place = ["Current Workspace Directory (", "Current Working Directory ("];
                        place.iter().find_map(|place| between(details?, place, ") Files"))
                    });
                }
            }
        }
        models.in_order()
    }
}

/// The last `<environment_details>` in a message's JSON: what the user pasted may hold one too.
fn environment(content: &str) -> Option<&str> {
    let start = rfind(content.as_bytes(), b"<environment_details>")?;
    Some(&content[start..])
}

/// The unescaped text between two markers in JSON.
fn between(text: &str, open: &str, close: &str) -> Option<String> {
    let start = find(text.as_bytes(), open.as_bytes())? + open.len();
    let length = find(&text.as_bytes()[start..], close.as_bytes())?;
    let inner = serde_json::from_str::<String>(&format!("\"{}\"", &text[start..start + length])).ok()?;
    let inner = inner.trim();
    (!inner.is_empty() && !inner.contains('\n')).then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(json: &str) -> Models {
        let messages: Vec<&RawValue> = serde_json::from_str(json).expect("an array");
        Models::of_messages(&messages)
    }

    const START: i64 = 1_772_442_000_000;

    fn details(model: &str) -> String {
        format!(
            r#"[{{"type":"text","text":"hi"}},{{"type":"text","text":"<environment_details>\n# Current Mode\n<model>{model}</model>\n\n# Current Workspace Directory (C:\\work\\acme) Files\n</environment_details>"}}]"#
        )
    }

    #[test]
    fn the_reply_decides_the_model_whichever_was_noted_first() {
        let json = format!(
            r#"[{{"role":"user","ts":1772442000090,"content":{}}},{{"role":"assistant","ts":1772442000150,"content":"a"}},
                {{"role":"user","ts":1772442000190,"content":{}}},{{"role":"assistant","ts":1772442000260,"content":"b"}}]"#,
            details("one"),
            details("vendor/two")
        );
        let models = conversation(&json);
        // The second user message (190) is noted before its request (200), the first (90) before its own (100).
        assert_eq!(models.at(START + 100, Some(START + 200)).id, "one");
        assert_eq!(models.at(START + 200, None).id, "vendor/two");
        // The other order: requests at 80 and 180.
        assert_eq!(models.at(START + 80, Some(START + 180)).id, "one");
        assert_eq!(models.at(START + 180, None).id, "vendor/two");
        assert_eq!(models.folder.as_deref(), Some(r"C:\work\acme"));
    }

    #[test]
    fn a_request_without_a_reply_takes_the_latest_model() {
        let json = format!(
            r#"[{{"role":"user","ts":1772442000090,"content":{}}}]"#,
            details("claude-x")
        );
        let models = conversation(&json);
        assert_eq!(models.at(START + 100, None), Model::new("", "claude-x"));
        assert_eq!(models.at(START + 10, None).provider, "anthropic");
        assert_eq!(Models::default().at(START + 1, None), Model::default());
    }

    #[test]
    fn pasted_text_is_no_model() {
        let models = conversation(r#"[{"role":"user","ts":1772442000001,"content":"see <model>fake</model>"}]"#);
        assert!(models.steps.is_empty());
        let pasted = format!(
            r#"[{{"role":"user","ts":1772442000001,"content":["<environment_details><model>fake</model>", {}]}}]"#,
            details("real")
        );
        assert_eq!(conversation(&pasted).at(START + 2, None).id, "real");
    }

    #[test]
    fn providers_get_their_models_dev_ids() {
        for (provider, model, expected) in [
            ("anthropic", "claude-opus-5", "anthropic"),
            ("bedrock", "anthropic.claude-opus-5", "amazon-bedrock"),
            ("openai", "deepseek-chat", "deepseek"),
            ("openai", "my-finetune", "openai"),
            ("openrouter", "x-ai/grok-5", "openrouter"),
            ("", "gemini-3-pro", "google"),
            ("", "my-finetune", ""),
            ("cline", "cline-pass/glm-5.1", "cline-pass"),
            ("cline", "anthropic/claude-opus-5", "cline"),
        ] {
            assert_eq!(provider_id(provider, model), expected, "{provider} {model}");
        }
    }
}
