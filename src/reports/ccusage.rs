//! What `-o ccusage` needs besides the rows: models and agents of each group, and when sessions were last active.

use super::by::By;
use super::cost::CostReport;
use super::{Sessions, Usage};
use crate::core::group::Totals;
use crate::core::rows::{CostRow, Text};
use crate::core::time::Time;
use crate::render::MakeDocument;
use crate::render::ccusage::{Group, document};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The key of a group after filtering and sorting.
type GroupKey = (Option<Text>, Option<i64>, Option<Text>);

fn key(row: &CostRow) -> GroupKey {
    (row.period.clone(), row.start, row.session_id.clone())
}

struct Parts {
    agents: BTreeSet<Text>,
    models: BTreeMap<Text, Totals>,
    last_activity: Option<String>,
}

/// What ccusage calls the report, where it has one like it.
pub(crate) fn name_of(by: &[By]) -> Option<&'static str> {
    match by {
        [By::Day] => Some("daily"),
        [By::Week] => Some("weekly"),
        [By::Month] => Some("monthly"),
        [By::Session] => Some("session"),
        _ => None,
    }
}

/// Makes the document of a report; `name` is what ccusage calls it.
pub(crate) fn make(
    name: &'static str,
    usage: &Usage<'_>,
    report: &CostReport,
    sessions: Option<&Sessions>,
) -> MakeDocument<CostRow> {
    let mut parts: HashMap<GroupKey, Parts> = HashMap::new();
    let used: HashMap<&Text, Option<i64>> = sessions
        .into_iter()
        .flat_map(Sessions::all)
        .map(|session| (&session.id, session.updated_at))
        .collect();
    for (row, models) in report.rows.iter().zip(&report.models) {
        let last = row.session_id.as_ref().and_then(|id| *used.get(id)?);
        let mut part = Parts {
            agents: BTreeSet::new(),
            models: BTreeMap::new(),
            last_activity: last.map(|at| Time(at).to_string()),
        };
        for ((agent, model), totals) in models {
            part.agents.insert(usage.agent_id(*agent));
            let name = usage
                .models()
                .of(*model)
                .model
                .clone()
                .unwrap_or_else(|| Text::from("unknown"));
            part.models.entry(name).or_default().merge(totals);
        }
        parts.insert(key(row), part);
    }
    let total = report.total.clone();
    Box::new(move |rows| {
        let groups: Vec<Group<'_>> = rows
            .iter()
            .filter_map(|row| {
                let part = parts.remove(&key(row))?;
                let agents = part.agents.into_iter().collect();
                Some(Group {
                    row,
                    agents,
                    models: part.models,
                    last_activity: part.last_activity,
                })
            })
            .collect();
        document(name, &groups, &total)
    })
}
