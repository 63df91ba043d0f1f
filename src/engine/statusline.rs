//! Claude Code's input to its status line command: shown, with its plan limits saved for `providers`.

use crate::agents::claude_code::limits::{self, LIMITS};
use crate::core::quota::LimitSeen;
use crate::render::bar::StatuslineInput;
use crate::system::System;
use crate::system::open::{self, Most};
use crate::system::piped_input::piped_json;
use crate::system::replace::create_private_folder;
use serde_json::Value;
use std::io::Write;
use std::time::Duration;

/// It is written before the command starts; who writes nothing until then is not Claude Code.
const PATIENCE: Duration = Duration::from_millis(200);
/// Upper bound of its input.
const MOST_BYTES: u64 = 1 << 20;
/// The spool of limits restarts beyond this size: each sync reads the part since the last.
const SPOOL_BYTES: u64 = 256 << 10;

/// The input received.
pub struct ReceivedStatusline {
    pub input: StatuslineInput,
    /// As Claude Code wrote it.
    limits: Option<Value>,
}

/// Listens, but never on a terminal and never for long.
pub fn listen() -> Option<ReceivedStatusline> {
    understand(&piped_json(PATIENCE, MOST_BYTES)?)
}

fn understand(status: &Value) -> Option<ReceivedStatusline> {
    let status = status.as_object().map(|_| status)?;
    let model = &status["model"];
    let name = model["display_name"]
        .as_str()
        .or(model["id"].as_str())
        .or(model.as_str());
    let number = |value: &Value| value.as_f64().filter(|number| number.is_finite() && *number >= 0.0);
    let limits = status.get(LIMITS).filter(|limits| limits.is_object()).cloned();
    let seen = limits.as_ref().map(|raw| limits::parse(raw, 0)).unwrap_or_default();
    Some(ReceivedStatusline {
        input: StatuslineInput {
            model: name.map(str::to_owned),
            cost: number(&status["cost"]["total_cost_usd"]),
            context_percent: number(&status["context_window"]["used_percentage"]),
            limits: seen.into_iter().map(shown).collect(),
        },
        limits,
    })
}

fn shown(seen: LimitSeen) -> (String, f64, Option<i64>) {
    (seen.label, seen.used_percent, seen.resets_at)
}

/// Keeps limits that differ from the last ones for the next sync.
///
/// # Errors
/// When they cannot be written.
pub fn spool(received: &ReceivedStatusline, system: &System) -> std::io::Result<()> {
    let Some(raw) = &received.limits else { return Ok(()) };
    if received.input.limits.is_empty() {
        return Ok(());
    }
    let path = limits::spool(system);
    let known = open::read_text(&path, Most::SETTINGS).unwrap_or_default();
    let last = known
        .lines()
        .next_back()
        .and_then(|line| serde_json::from_str::<Value>(line).ok());
    if last.is_some_and(|last| last[LIMITS] == *raw) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        create_private_folder(folder)?;
    }
    let mut options = std::fs::File::options();
    options.create(true);
    if known.len() as u64 > SPOOL_BYTES {
        options.write(true).truncate(true);
    } else {
        options.append(true);
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let line = format!("{}\n", limits::line(raw, system.now));
    // In one write, so that two sessions' lines never mix.
    open::regular(&mut options, &path)?.0.write_all(line.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_field_is_optional_and_nonsense_is_nothing() {
        let input = |status: Value| understand(&status).map(|received| received.input);
        assert_eq!(input(json!({})), Some(StatuslineInput::default()));
        assert_eq!(input(json!("text")), None);
        let full = json!({"model": {"id": "claude-opus-4-6", "display_name": "Opus"}, "cost": {"total_cost_usd": 0.42},
            "context_window": {"used_percentage": 37.5},
            "rate_limits": {"five_hour": {"used_percentage": 41.5, "resets_at": 1_795_200_000}}});
        let all_input = input(full).expect("heard");
        assert_eq!(all_input.limits, [("5-hour".to_owned(), 41.5, Some(1_795_200_000_000))]);
        assert_eq!((all_input.model.as_deref(), all_input.cost), (Some("Opus"), Some(0.42)));
        let odd = json!({"model": 5, "cost": {"total_cost_usd": -1}, "rate_limits": "soon"});
        assert_eq!(input(odd), Some(StatuslineInput::default()));
    }

    #[test]
    fn limits_are_kept_once_until_they_change() {
        let home = tempfile::tempdir().expect("a folder");
        let system = System::new(crate::system::Os::Linux, home.path(), Default::default());
        let received = |percent: f64| {
            understand(&json!({"rate_limits": {"five_hour": {"used_percentage": percent}}})).expect("heard")
        };
        for percent in [1.0, 1.0, 2.0, 2.0] {
            spool(&received(percent), &system).expect("kept");
        }
        let kept = std::fs::read_to_string(limits::spool(&system)).expect("kept");
        assert_eq!(kept.lines().count(), 2, "{kept}");
    }
}
