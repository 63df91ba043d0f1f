//! The rows that commands print and scripts read, with fixed keys in a fixed order.

mod activity;
mod budget;
mod cost;
mod cred;
mod diff;
mod doctor;
mod event;
mod insight;
mod ledger;
mod mcp;
mod plugin;
mod price;
mod provider;
mod ps;
mod session;
mod show;
mod stream;
mod theme;
mod trend;
mod turn;

pub use activity::{ActivityRow, TokenSteps};
pub use budget::BudgetRow;
pub use cost::{CostRow, SessionShown, Used};
pub use cred::CredRow;
pub use diff::{DiffKind, DiffReason, DiffRow, DiffWhy};
pub use doctor::{DoctorKind, DoctorPath, DoctorRow, DoctorState};
pub use event::{EventRow, EventType, Severity};
pub use insight::{Insight, InsightRow};
pub use ledger::LedgerRow;
pub use mcp::McpRow;
pub use plugin::{PluginProviderRow, PluginRow};
pub use price::{FoundAs, PriceRow, RatesShown, TierShown};
pub use provider::{LimitHistoryRow, LimitRow, ProviderRow};
pub use ps::PsRow;
pub use session::SessionRow;
pub use show::{Explained, ExplainedCopy, ModeName, ShowChild, ShowMessage, ShowModel, ShowRow, ShowSum, ShowTodo};
pub use stream::StreamRow;
pub use theme::ThemeRow;
pub use trend::{TrendKind, TrendRow};
pub use turn::TurnRow;

use std::sync::Arc;

/// Text that many rows share: ids, names, paths.
pub type Text = Arc<str>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::money::{Billing, CostStatus, Money};
    use crate::core::time::Time;
    use crate::core::tokens::{Bucket, Tokens};
    use crate::core::turn::{Accuracy, EventKey, Presence};

    #[test]
    fn a_turn_has_every_key_in_order() {
        let row = TurnRow {
            turn_id: EventKey(255),
            session_id: "ses_1".into(),
            message_id: None,
            agent_id: "opencode".into(),
            provider_id: Some("openai".into()),
            vendor_id: None,
            model_id: Some("gpt-5.5".into()),
            session_name: Some("naïve \"名\"".into()),
            project_path: None,
            parent_session_id: None,
            tokens: Tokens::new(1, 2, 3, 4, 5).without(Bucket::Reasoning),
            total_tokens: Some(12),
            requests: Some(1),
            cost: Some(Money::from_dollars(0.0234)),
            cost_status: CostStatus::Recorded,
            billing: Billing::Metered,
            accuracy: Accuracy::Exact,
            presence: Presence::Present,
            timestamp: 1_795_197_600_000,
            time: Time(1_795_197_600_000),
            session_updated_at: 1_795_197_600_001,
            branch: Some("main".into()),
            subagent: None,
            subagent_task: None,
            host: None,
            cost_display: None,
            currency: None,
        };
        assert_eq!(
            serde_json::to_string(&row).expect("rows serialize"),
            concat!(
                r#"{"turnId":"00000000000000ff","sessionId":"ses_1","messageId":null,"agentId":"opencode","#,
                r#""providerId":"openai","vendorId":null,"modelId":"gpt-5.5","sessionName":"naïve \"名\"","#,
                r#""projectPath":null,"parentSessionId":null,"#,
                r#""tokens":{"input":1,"output":2,"reasoning":null,"cacheRead":4,"cacheWrite":5},"totalTokens":12,"#,
                r#""requests":1,"cost":0.0234,"costStatus":"recorded","billing":"metered","accuracy":"exact","#,
                r#""presence":"present","timestamp":1795197600000,"time":"2026-11-20T18:00:00.000Z","#,
                r#""sessionUpdatedAt":1795197600001,"branch":"main","subagent":null,"subagentTask":null,"host":null,"#,
                r#""costDisplay":null,"currency":null}"#
            )
        );
    }

    #[test]
    fn processes_have_every_key_in_order() {
        let schema = schemars::schema_for!(PsRow);
        let properties = schema.get("properties").and_then(serde_json::Value::as_object);
        let keys: Vec<_> = properties.expect("properties").keys().cloned().collect();
        assert_eq!(
            keys.join(", "),
            "pid, agentId, role, sessionId, match, status, activity, statusSource, sinceMs, sessionName, projectPath, \
             cwd, tty, tmuxPane, pane, providerId, modelId, turns, tokens, cost, costStatus, lastText, cpuPercent, \
             memoryBytes, startedAt, uptimeMs, version, host"
        );
    }

    #[test]
    fn sessions_and_costs_have_every_key_in_order() {
        let keys = |schema: schemars::Schema| -> Vec<String> {
            let properties = schema.get("properties").and_then(serde_json::Value::as_object);
            properties.expect("properties").keys().cloned().collect()
        };
        assert_eq!(
            keys(schemars::schema_for!(SessionRow)).join(", "),
            "sessionId, sessionName, agentId, providerId, modelId, models, projectPath, parentSessionId, interactive, \
             turns, tokens, totalTokens, copiedTokens, cost, costStatus, billing, unpricedTokens, accuracy, presence, \
             startedAt, sessionUpdatedAt, time, branch, subagent, host, costDisplay, currency"
        );
        assert_eq!(
            keys(schemars::schema_for!(CostRow)).join(", "),
            "period, start, end, agentId, providerId, vendorId, modelId, modelName, projectPath, sessionId, sessionName, \
             sessions, turns, tokens, totalTokens, cost, costStatus, billing, unpricedTokens, costPerHour, projectedCost, \
             branch, subagent, host, costDisplay, currency"
        );
    }
}
