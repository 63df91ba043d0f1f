//! Commands of the user's: a program with arguments, and the event as a line of JSON on its stdin. No shell.

use super::{Channel, Outside, SinkKind, Undelivered};
use crate::core::rows::EventRow;
use crate::core::text::strip_control;
use crate::system::config::settings;
use crate::system::{System, children};
use std::ffi::OsStr;
use std::io::Write;
use std::time::Duration;

/// A command that takes longer is ended and counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// `type: command`
pub(super) struct Commands;

/// The program and its arguments.
#[derive(Debug)]
struct Words(Vec<String>);

impl SinkKind for Commands {
    fn name(&self) -> &str {
        "command"
    }

    fn open(&self, settings: &settings::Sink) -> Option<Box<dyn Channel>> {
        let words = settings.command.clone();
        (!words.is_empty()).then(|| -> Box<dyn Channel> { Box::new(Words(words)) })
    }
}

impl Channel for Words {
    fn send(&self, event: &EventRow, outside: &Outside) -> Result<(), Undelivered> {
        send(&self.0, event, &outside.system)
    }
}

fn send(words: &[String], event: &EventRow, system: &System) -> Result<(), Undelivered> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Undelivered::Failed("command is empty".to_owned()));
    };
    let mut line = serde_json::to_vec(event).map_err(|error| Undelivered::Failed(error.to_string()))?;
    line.push(b'\n');
    run(system.expand(program), arguments, "the command", &line)
}

/// Runs a program to its end. What it prints is not ttop's answer; what it complains of is seen.
pub(super) fn run(
    program: impl AsRef<OsStr>,
    arguments: &[String],
    name: &str,
    stdin: &[u8],
) -> Result<(), Undelivered> {
    let ended = children::run(program, arguments, stdin, PATIENCE)
        .map_err(|error| Undelivered::Down(format!("{name} could not be started: {}", error.kind())))?;
    let complaint = String::from_utf8_lossy(&ended.stderr);
    // A closed stderr is no reason to fail.
    let _ = std::io::stderr().lock().write_all(strip_control(&complaint).as_bytes());
    match ended.status {
        None => Err(Undelivered::Down(format!("{name} took too long"))),
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(Undelivered::Failed(match status.code() {
            Some(code) => format!("{name} exited with {code}"),
            None => format!("{name} was ended by a signal"),
        })),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::core::rows::{EventType, Severity};
    use crate::system::Os;

    fn send_to(words: &[&str], event: &EventRow) -> Result<(), Undelivered> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        send(&words, event, &System::new(Os::Linux, "/home/dev", Default::default()))
    }

    #[test]
    fn the_event_comes_on_stdin_and_arguments_stay_as_they_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let (out, arguments) = (folder.path().join("out"), folder.path().join("arguments"));
        let script = "cat > \"$1\"; printf %s \"$2\" > \"$3\"";
        let event = EventRow::new(
            EventType::SessionWaiting,
            Severity::Warning,
            "'; rm -rf ~ #",
            "$(id)\n`id`",
        );
        let text = |path: &std::path::Path| path.to_str().expect("text").to_owned();
        send_to(
            &[
                "/bin/sh",
                "-c",
                script,
                "sh",
                &text(&out),
                "$HOME; $(id)",
                &text(&arguments),
            ],
            &event,
        )
        .expect("sent");
        let read = std::fs::read_to_string(out).expect("written");
        assert_eq!(serde_json::from_str::<EventRow>(&read).expect("JSON"), event);
        assert_eq!(std::fs::read_to_string(arguments).expect("written"), "$HOME; $(id)");
    }

    #[test]
    fn failures_say_how_and_not_what() {
        let event = EventRow::new(EventType::Heartbeat, Severity::Info, "t", "m");
        let failure = |words: &[&str]| send_to(words, &event).expect_err("fails").to_string();
        assert_eq!(
            failure(&["/bin/sh", "-c", "exit 3", "hunter2"]),
            "the command exited with 3"
        );
        assert!(failure(&["/nowhere/hunter2"]).starts_with("the command could not be started"));
        assert!(!failure(&["/nowhere/hunter2"]).contains("hunter2"));
    }
}
