//! What requests are made for: the branch of the session, and the subagents it starts.

use crate::agents::shared::lenient::{Text, part};
use crate::core::turn::Origin;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What is known so far.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Origins {
    branch: String,
    /// Kind and task of each subagent by the tool call that started it.
    subagents: BTreeMap<String, (String, String)>,
}

/// `{"toolCallId":"call_1","agentName":"explore","agentDescription":"Find handlers"}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started<'a> {
    #[serde(borrow)]
    tool_call_id: Text<'a>,
    #[serde(borrow, default)]
    agent_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    agent_description: Option<Text<'a>>,
}

impl Origins {
    pub(super) fn set_branch(&mut self, branch: Option<Text<'_>>) {
        if let Some(branch) = branch.filter(|branch| !branch.is_empty()) {
            self.branch = branch.0.into_owned();
        }
    }

    /// Notes a `subagent.started`.
    pub(super) fn start(&mut self, data: &RawValue) {
        if let Some(started) = part::<Started<'_>>(Some(data)) {
            let text = |text: Option<Text<'_>>| text.unwrap_or_default().0.into_owned();
            let subagent = (text(started.agent_name), text(started.agent_description));
            self.subagents.insert(started.tool_call_id.0.into_owned(), subagent);
        }
    }

    /// The origin of a request that a tool call led to, if any.
    pub(super) fn of(&self, call: Option<&str>) -> Origin<'_> {
        let subagent = call.and_then(|call| self.subagents.get(call));
        let (subagent, task) = subagent.map_or(("", ""), |(kind, task)| (kind, task));
        Origin {
            branch: &self.branch,
            subagent,
            task,
        }
    }
}
