//! The drop-down of SwiftBar, xbar and Argos: a header, then groups of agents, today's totals, and a refresh.

use super::facts::{self, GROUPS};
use super::{Bar, NOTHING};
use crate::core::snapshot::AgentNow;
use crate::render::{Tone, number, text};

/// A title in the drop-down takes at most so many columns.
const TITLE_WIDTH: usize = 40;

/// What differs between the programs.
pub(super) struct Dialect {
    /// Attributes that keep every line from being read as anything but text.
    pub literal: &'static str,
    /// Attributes that run this program with some words when the line is clicked.
    pub click: fn(program: &str, words: &[&str]) -> String,
    /// Whether colors in the header are read as on a terminal.
    pub has_ansi: bool,
}

/// A click as BitBar's successors read it: `key` names the attribute of the program.
pub(super) fn click(key: &str, program: &str, words: &[&str]) -> String {
    let mut click = format!("{key}=\"{}\"", program.replace('"', ""));
    for (at, word) in words.iter().enumerate() {
        click.push_str(&format!(" param{}={word}", at + 1));
    }
    click + " terminal=false refresh=false"
}

/// A line: attributes follow a `|`, so the text must not contain one.
fn line(words: &str, attributes: &[&str]) -> String {
    let words = text::plain(words).replace('|', "¦");
    // A line of dashes is a separator, and dashes at the beginning nest it.
    let words = match words.strip_prefix('-') {
        Some(rest) => format!("‐{rest}"),
        None => words,
    };
    let attributes: Vec<&str> = attributes.iter().copied().filter(|one| !one.is_empty()).collect();
    match attributes[..] {
        [] => format!("{words}\n"),
        _ => format!("{words} | {}\n", attributes.join(" ")),
    }
}

/// The whole output.
pub(super) fn draw(bar: &Bar<'_>, dialect: &Dialect) -> String {
    let mut out = header(bar, dialect);
    let dim = bar
        .hex(Tone::Dim)
        .map(|color| format!("color={color}"))
        .unwrap_or_default();
    out.push_str("---\n");
    if bar.snapshot.agents.is_empty() {
        out.push_str(&line("no agents run", &[&dim, dialect.literal]));
    }
    for group in GROUPS {
        let agents: Vec<&AgentNow> = group.of(bar.snapshot).collect();
        if agents.is_empty() {
            continue;
        }
        let color = bar
            .hex(group.tone)
            .map(|color| format!("color={color}"))
            .unwrap_or_default();
        let title = format!("{} ({})", group.name, agents.len());
        out.push_str(&line(&title, &[&color, "size=13", dialect.literal]));
        for agent in agents {
            let pid = agent.pid.to_string();
            let click = match agent.pane {
                Some(_) => (dialect.click)(bar.program, &["ps", "--jump", &pid]),
                None => String::new(),
            };
            let words = entry(bar, agent);
            out.push_str(&line(&words, &[&color, "size=12", &click, dialect.literal]));
        }
    }
    out.push_str("---\n");
    out.push_str(&line(&today(bar), &[&dim, "size=11", dialect.literal]));
    out.push_str("---\n");
    out.push_str("Refresh | refresh=true\n");
    out
}

fn header(bar: &Bar<'_>, dialect: &Dialect) -> String {
    let pieces = bar.pieces();
    if dialect.has_ansi && pieces.iter().all(|piece| piece.text != NOTHING) && !bar.text().starts_with('-') {
        let words = bar.join(|piece| {
            let words = piece.text.replace('|', "¦");
            crate::render::Palette::ON.paint(piece.tone, &words)
        });
        return format!("{words} | ansi=true {}\n", dialect.literal);
    }
    let color = bar.hex(bar.level().tone()).map(|color| format!("color={color}"));
    line(&bar.text(), &[&color.unwrap_or_default(), dialect.literal])
}

/// The same as lines of text, for what shows a tooltip.
pub(super) fn tooltip(bar: &Bar<'_>) -> String {
    let mut lines = Vec::new();
    for group in GROUPS {
        let mut agents = group.of(bar.snapshot).peekable();
        if agents.peek().is_some() {
            lines.push(group.name.to_owned());
            lines.extend(agents.map(|agent| entry(bar, agent)));
        }
    }
    for limit in &bar.snapshot.limits {
        let left = limit.resets_at.map(|at| at - bar.now).filter(|left| *left > 0);
        let left = left.map_or_else(String::new, |left| format!(", {} left", number::duration(left)));
        let out = limit.runs_out_at(bar.now);
        let out = out.map_or_else(String::new, |at| format!(", out in {}", number::duration(at - bar.now)));
        let percent = number::percent(Some(limit.used_percent));
        lines.push(text::plain(&format!("{} {}: {percent}{left}{out}", limit.name, limit.label)).into_owned());
    }
    lines.push(today(bar));
    lines.join("\n")
}

/// `Fix auth flow · opus-4.6 · 2min`, a little to the right.
fn entry(bar: &Bar<'_>, agent: &AgentNow) -> String {
    let short = |words: &str| text::cut_end(&text::plain(words), TITLE_WIDTH).into_owned();
    let mut words = vec![short(agent.name.as_deref().unwrap_or(&agent.agent))];
    words.extend(agent.model.as_deref().map(short));
    words.extend(agent.since.map(|since| number::duration((bar.now - since).max(0))));
    format!("\u{2003}{}", words.join(bar.icons.separator()))
}

fn today(bar: &Bar<'_>) -> String {
    let today = &bar.snapshot.today;
    if bar.now >= today.end {
        return format!("today: {}", super::super::UNKNOWN);
    }
    format!(
        "today: {} sessions{sep}{} replies{sep}{} tokens{sep}{}",
        today.sessions,
        today.turns,
        number::tokens(today.tokens.or((today.turns == 0).then_some(0))),
        facts::spent(today, bar.now, bar.icons),
        sep = bar.icons.separator(),
    )
}
