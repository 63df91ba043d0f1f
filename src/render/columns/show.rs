//! The table of `ttop show`: the session's line, and details below it.

use crate::core::rows::ShowRow;
use crate::core::tokens::{BUCKETS, Tokens};
use crate::render::{Cell, Column, Row, View, number};

impl Row for ShowRow {
    const NAME: &'static str = "show";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("session.sessionId", "Id", 0, |row, _| {
            Cell::text(Some(&row.session.session_id))
        }),
        Column::text("session.sessionName", "Session", 0, |row, _| {
            Cell::text(row.session.session_name.as_deref())
        }),
        Column::text("session.agentId", "Agent", 1, |row, _| {
            Cell::text(Some(&row.session.agent_id))
        }),
        Column::path("session.projectPath", "Project", 4, |row, view| {
            Cell::path(row.session.project_path.as_deref(), view)
        }),
        Column::number("session.turns", "Turns", 3, |row, _| Cell::count(row.session.turns)),
        Column::number("session.totalTokens", "Tokens", 2, |row, _| {
            Cell::tokens(row.session.total_tokens)
        }),
        Column::number("session.cost", "Cost", 0, |row, _| {
            Cell::money(row.session.cost, row.session.cost_status)
        }),
    ];
}

/// The lines below the session's line.
pub fn lines(row: &ShowRow, view: &View) -> Vec<String> {
    let mut lines = Vec::new();
    let session = &row.session;
    let time = |at: Option<i64>| Cell::time(at, view).text;
    let known = |at: Option<i64>| at.map_or_else(|| "at an unknown time".into(), |at| time(Some(at)));
    lines.push(format!(
        "started {}, last activity {}",
        known(session.started_at),
        known(session.session_updated_at)
    ));
    if let Some(parent) = &session.parent_session_id {
        lines.push(format!("started by {parent}"));
    }
    if let Some(original) = &row.copied_from {
        lines.push(match session.copied_tokens {
            0 => format!("forked from {original}"),
            copied => {
                let copied = number::tokens(Some(copied));
                format!("forked from {original}, where {copied} copied tokens count")
            }
        });
    }
    for model in &row.models {
        let name = [model.provider_id.as_deref(), model.model_id.as_deref()]
            .map(|name| name.unwrap_or("—"))
            .join("/");
        let cost = number::money(model.cost, model.cost_status);
        lines.push(format!(
            "{name}: {}, {} tokens, {cost}",
            number::counted(model.turns, "turn"),
            number::tokens(model.tokens.total())
        ));
    }
    for child in &row.children {
        let name = child.session_name.as_deref().unwrap_or("");
        let cost = number::money(child.cost, child.cost_status);
        lines.push(format!(
            "started {} {name}: {}, {cost}",
            child.session_id,
            number::counted(child.turns, "turn")
        ));
    }
    if let Some(sum) = &row.with_subagents {
        lines.push(format!(
            "with {}: {}, {} tokens, {}",
            number::counted(sum.subagents, "subagent"),
            number::counted(sum.turns, "turn"),
            number::tokens(sum.total_tokens),
            number::money(sum.cost, sum.cost_status)
        ));
    }
    for todo in &row.todos {
        let mark = match todo.status.as_str() {
            "completed" => "[x]",
            "in_progress" => "[>]",
            "cancelled" => "[-]",
            _ => "[ ]",
        };
        lines.push(format!("{mark} {}", todo.content));
    }
    for message in &row.messages {
        lines.push(String::new());
        let tokens = message
            .tokens
            .as_ref()
            .map(|tokens| format!("  {}", buckets(tokens)))
            .unwrap_or_default();
        let model = message.model_id.as_deref().unwrap_or("");
        lines.push(
            format!("{}  {}  {model}{tokens}", time(message.timestamp), message.role)
                .trim_end()
                .to_owned(),
        );
        lines.extend(message.text.lines().map(|line| format!("  {line}")));
    }
    for turn in row.explain.iter().flatten() {
        lines.push(String::new());
        lines.push(format!("turn {}: {}", turn.turn_id.turn_id(), buckets(&turn.tokens)));
        lines.push(format!("  buckets: {}", turn.mapping));
        let cost = number::money(turn.cost, Some(turn.cost_status));
        lines.push(format!("  cost: {cost} ({}; {} mode)", turn.price, turn.mode.name()));
        for copy in &turn.copies {
            let mark = if copy.counted { "counts" } else { "does not" };
            lines.push(format!(
                "  {mark}: {} at {} in {} ({})",
                copy.source, copy.place, copy.session_id, copy.why
            ));
        }
    }
    lines
}

/// The buckets in prose.
const BUCKET_WORDS: [&str; 5] = ["input", "output", "reasoning", "cache read", "cache write"];

fn buckets(tokens: &Tokens) -> String {
    let known = BUCKETS
        .into_iter()
        .zip(BUCKET_WORDS)
        .filter_map(|(bucket, word)| match tokens.count(bucket) {
            Some(0) => None,
            Some(count) => Some(format!("{count} {word}")),
            None => Some(format!("? {word}")),
        });
    let shown: Vec<String> = known.collect();
    if shown.is_empty() {
        "no tokens".to_owned()
    } else {
        shown.join(", ")
    }
}
