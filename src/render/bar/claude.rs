//! Claude Code's `statusLine`: its own session, and the cost of all agents.

use super::{Bar, Needs, Piece, Style, ansi, facts};
use crate::core::money::Money;
use crate::core::snapshot::Cost;
use crate::render::number;

pub(super) struct Claude;

/// Who bills for Claude Code.
const PROVIDER: &str = "anthropic";

impl Style for Claude {
    fn name(&self) -> &'static str {
        "claude"
    }

    fn about(&self) -> &'static str {
        "Claude Code's statusLine; reads its JSON on stdin"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        let statusline = statusline_parts(bar);
        let whole = Bar {
            parts: statusline.into_iter().chain(bar.parts.iter().cloned()).collect(),
            ..*bar
        };
        format!("{}\n", ansi::draw(&whole))
    }

    fn setup(&self) -> &'static str {
        "// ~/.claude/settings.json\n\
         {\"statusLine\": {\"type\": \"command\", \"command\": \"ttop bar-status claude\"}}\n"
    }

    fn needs(&self) -> Needs {
        Needs::StatuslineInput
    }
}

/// The model, the session's cost, the block and the limits. Values from Claude Code take precedence over ttop's.
fn statusline_parts(bar: &Bar<'_>) -> Vec<super::Part> {
    let mut parts = Vec::new();
    let mut say = |name, text: String, level: super::Level| {
        parts.push(super::Part {
            name,
            pieces: vec![Piece::new(&text, level.tone())],
            level,
        });
    };
    let statusline = bar.statusline.cloned().unwrap_or_default();
    if let Some(model) = statusline.model {
        say("model", model, super::Level::Ok);
    }
    if let Some(cost) = statusline.cost {
        let cost = number::money(Some(Money::from_dollars(cost)), None);
        say("session", format!("{cost} session"), super::Level::Ok);
    }
    if let Some(percent) = statusline.context_percent {
        say(
            "context",
            format!("{} context", number::percent(Some(percent.round()))),
            super::Level::Ok,
        );
    }
    let blocks = bar.snapshot.blocks.iter();
    let own = |provider: &Option<String>| provider.as_deref() == Some(PROVIDER);
    if let Some(block) = blocks
        .into_iter()
        .find(|block| own(&block.provider) && block.end > bar.now)
    {
        let (cost, left): (Cost, i64) = (block.cost, block.end - bar.now);
        let text = format!(
            "{} block ({} left)",
            facts::money(cost, bar.icons),
            number::duration(left)
        );
        say("block", text, super::Level::Ok);
    }
    let mut limits = statusline.limits;
    if limits.is_empty() {
        let known = bar.snapshot.limits.iter().filter(|limit| limit.provider == PROVIDER);
        limits = known
            .map(|limit| (limit.label.clone(), limit.used_percent, limit.resets_at))
            .collect();
    }
    // Of a window that is over nothing is known any more.
    limits.retain(|(_, _, resets_at)| resets_at.is_none_or(|at| at > bar.now));
    for (label, percent, resets_at) in limits {
        let level = facts::limit_level(bar.snapshot, percent);
        let left = resets_at.filter(|at| *at > bar.now && level > super::Level::Ok);
        let left = left.map_or_else(String::new, |at| format!(" ({} left)", number::duration(at - bar.now)));
        let percent = number::percent(Some(percent.round()));
        say("limit", format!("{label} {percent}{left}"), level);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::{Icons, StatuslineInput};
    use super::*;
    use crate::core::snapshot::Snapshot;
    use crate::render::Tone;
    use crate::render::theme::BUILT_IN;

    #[test]
    fn what_claude_code_says_comes_first_and_nothing_is_made_up() {
        let snapshot = Snapshot {
            thresholds: (80.0, 95.0),
            ..Snapshot::default()
        };
        let mut bar = Bar {
            snapshot: &snapshot,
            parts: Vec::new(),
            age: None,
            now: 0,
            icons: Icons::Unicode,
            program: "ttop",
            statusline: None,
            stats: None,
            theme: &BUILT_IN[0],
        };
        assert!(Claude.draw(&bar).contains(super::super::NOTHING));
        let statusline = StatuslineInput {
            model: Some("Opus".into()),
            limits: vec![("5-hour".into(), 96.4, Some(3_600_000))],
            ..StatuslineInput::default()
        };
        bar.statusline = Some(&statusline);
        let plain: Vec<String> = statusline_parts(&bar)
            .into_iter()
            .flat_map(|part| part.pieces)
            .map(|piece| piece.text)
            .collect();
        assert_eq!(plain, ["Opus", "5-hour 96% (1h 00min left)"]);
        assert_eq!(statusline_parts(&bar)[1].pieces[0].tone, Tone::Critical);
    }
}
