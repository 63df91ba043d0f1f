//! Notifications of the desktop: `notify-send`, or `osascript` on macOS.

use super::command::run;
use super::{Channel, Outside, SinkKind, Undelivered};
use crate::core::rows::{EventRow, Severity};
use crate::core::text::plain;
use crate::system::config::settings;
use crate::system::programs::find_program;
use crate::system::{Os, System};

/// Reads title and text from its arguments, so that nothing of them is part of the script.
const SCRIPT: &str = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run";

/// `type: desktop`
#[derive(Debug)]
pub(super) struct Desktop;

impl SinkKind for Desktop {
    fn name(&self) -> &str {
        "desktop"
    }

    fn open(&self, _: &settings::Sink) -> Option<Box<dyn Channel>> {
        Some(Box::new(Self))
    }
}

impl Channel for Desktop {
    fn send(&self, event: &EventRow, outside: &Outside) -> Result<(), Undelivered> {
        send(event, &outside.system)
    }
}

fn send(event: &EventRow, system: &System) -> Result<(), Undelivered> {
    let (name, arguments) = words(event, system.os);
    let program = find_program(name, system).ok_or_else(|| Undelivered::Down(format!("there is no {name} here")))?;
    run(program, &arguments, name, &[])
}

/// The program and its arguments.
fn words(event: &EventRow, os: Os) -> (&'static str, Vec<String>) {
    let (title, message) = (plain(&event.title), plain(&event.message));
    if os == Os::MacOs {
        let words = ["-e", SCRIPT, "--", &title, &message];
        return ("osascript", words.map(str::to_owned).to_vec());
    }
    let urgency = match event.severity {
        Severity::Info => "low",
        Severity::Warning => "normal",
        Severity::Critical => "critical",
    };
    // The text may be read as markup, and notify-send itself looks for backslashes in it.
    let message = message
        .replace('\\', "\\\\")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let words = [
        "--app-name=ttop".to_owned(),
        format!("--urgency={urgency}"),
        "--".to_owned(),
        title.into_owned(),
        message,
    ];
    ("notify-send", words.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rows::EventType;

    #[test]
    fn titles_are_arguments_and_never_markup_or_script() {
        let event = EventRow::new(
            EventType::SessionWaiting,
            Severity::Critical,
            "--help\u{1b}[31m",
            "<b>x</b> & \\n \" $(id)",
        );
        let (program, words) = words(&event, Os::Linux);
        assert_eq!(program, "notify-send");
        assert_eq!(
            words[1..],
            [
                "--urgency=critical",
                "--",
                "--help[31m",
                "&lt;b&gt;x&lt;/b&gt; &amp; \\\\n \" $(id)"
            ]
        );
        let (program, words) = super::words(&event, Os::MacOs);
        assert_eq!(
            (program, words[1].as_str(), words[3].as_str()),
            ("osascript", SCRIPT, "--help[31m")
        );
    }
}
