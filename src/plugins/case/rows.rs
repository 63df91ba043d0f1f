//! Rows of a case: what ttop lists of providers and credentials, from what the plugin answered last.

use super::Seen;
use super::checks::{list, map, say};
use super::matchers::has;
use super::provider::{check_row, usage_row};
use crate::core::credential::{ANY_KIND, Content, Credential, choose};
use crate::plugins::as_provider::{capabilities, credential, of_agent, source_of};
use crate::plugins::overview::provider_rows;
use crate::plugins::plugin::Plugin;
use serde_json::{Value, json};
use std::sync::Arc;

/// Compares `rows` with the rows of the last answers.
pub(super) fn check_rows(spec: &Value, seen: &Seen, wrong: &mut Vec<String>) {
    for (kind, want) in map(&spec["rows"]) {
        let step = match kind.as_str() {
            "provider" => "fetchUsage",
            "cred" => "discover",
            "creds" => "readCredentials",
            "providersKnownBy" => "getProviders",
            // Named with the keys of the case.
            _ => continue,
        };
        let Some((plugin, answer)) = last(spec, seen, step) else {
            wrong.push(format!("rows.{kind}: no step '{step}' was answered"));
            continue;
        };
        let at = format!("rows.{kind}");
        match kind.as_str() {
            "provider" => check_row(&at, want, &provider_row(plugin, answer), wrong),
            "cred" => {
                let found = credential(plugin, source_of(plugin), answer);
                let row = found.map_or_else(|| json!({}), |found| cred_row(plugin, &found));
                check_row(&at, want, &row, wrong);
            }
            _ => {
                let got: Vec<Value> = match kind.as_str() {
                    "creds" => of_agent(plugin, source_of(plugin), answer)
                        .iter()
                        .map(|found| cred_row(plugin, found))
                        .collect(),
                    _ => known_by(answer),
                };
                let want: Vec<&Value> = list(want).collect();
                say(wrong, want.len() == got.len(), || {
                    format!("{at}: wanted {} rows, got {got:?}", want.len())
                });
                for (index, (want, got)) in want.iter().zip(&got).enumerate() {
                    check_row(&format!("{at}[{index}]"), want, got, wrong);
                }
            }
        }
    }
}

/// The last answer to a step of this name, and who gave it.
fn last<'a>(spec: &Value, seen: &'a Seen, step: &str) -> Option<(&'a Arc<Plugin>, &'a Value)> {
    let answered = list(&spec["steps"]).zip(&seen.steps);
    let (_, done) = answered.filter(|(want, _)| want["do"] == step).last()?;
    let plugins = seen.found.iter().filter_map(|found| found.plugin.as_ref());
    let mut of_id = plugins.filter(|plugin| done.plugin.as_deref() == Some(plugin.id()));
    Some((of_id.next()?, done.result.as_ref().ok()?))
}

fn provider_row(plugin: &Plugin, answer: &Value) -> Value {
    let mut row = usage_row(Some(answer));
    row["providerId"] = plugin.id().into();
    row["name"] = plugin.declaration.name.as_str().into();
    row["configured"] = (row["state"] != "not_configured").into();
    row["capabilities"] = json!(capabilities(&plugin.declaration.value));
    row["source"] = crate::core::credential::OF_PLUGIN.into();
    row
}

fn cred_row(plugin: &Plugin, found: &Credential) -> Value {
    let fault = match &found.content {
        Content::Malformed(fault) => Some(fault.name()),
        _ => None,
    };
    let now = plugin.now();
    json!({
        "providerId": found.provider_id, "kind": found.kind, "source": found.source, "origin": found.origin,
        "state": found.state(now), "expiresAt": found.expires_at, "account": found.account,
        "used": choose(std::slice::from_ref(found), ANY_KIND, now).is_some(),
        "note": found.note.as_deref().or(fault),
    })
}

/// `providers --known-by` of an agent.
fn known_by(answer: &Value) -> Vec<Value> {
    let rows = provider_rows(answer).into_iter();
    rows.map(
        |row| json!({"providerId": row.id, "name": row.name, "configured": row.configured, "enabled": row.enabled}),
    )
    .collect()
}

/// Whether a row has every wanted field; those in lists as they are.
pub(super) fn has_all(want: &[Value], got: &[Value]) -> bool {
    want.len() == got.len() && want.iter().zip(got).all(|(want, got)| has(want, got))
}
