//! The terminal bell: once, or three times for a critical event.

use super::{Channel, Outside, SinkKind, Undelivered};
use crate::core::rows::{EventRow, Severity};
use crate::system::config::settings;
use std::io::{IsTerminal, Write};
use std::time::Duration;

const BETWEEN: Duration = Duration::from_millis(200);

/// `type: bell`
#[derive(Debug)]
pub(super) struct Bell;

impl SinkKind for Bell {
    fn name(&self) -> &str {
        "bell"
    }

    fn open(&self, _: &settings::Sink) -> Option<Box<dyn Channel>> {
        Some(Box::new(Self))
    }
}

impl Channel for Bell {
    fn send(&self, event: &EventRow, _: &Outside) -> Result<(), Undelivered> {
        send(event)
    }
}

/// Rings the terminal that ttop runs on, wherever its output goes.
fn send(event: &EventRow) -> Result<(), Undelivered> {
    let times = match event.severity {
        Severity::Critical => 3,
        Severity::Info | Severity::Warning => 1,
    };
    let terminal = std::fs::OpenOptions::new().write(true).open("/dev/tty");
    let rung = match terminal {
        Ok(terminal) => ring(terminal, times),
        Err(_) if std::io::stderr().is_terminal() => ring(std::io::stderr(), times),
        Err(_) => return Err(Undelivered::Down("no terminal is available for the bell".to_owned())),
    };
    rung.map_err(|error| Undelivered::Down(format!("could not ring the terminal bell: {}", error.kind())))
}

fn ring(mut terminal: impl Write, times: u32) -> std::io::Result<()> {
    for at in 0..times {
        if at > 0 {
            std::thread::sleep(BETWEEN);
        }
        terminal.write_all(b"\x07")?;
        terminal.flush()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_as_often_as_asked() {
        let mut rung = Vec::new();
        ring(&mut rung, 2).expect("rung");
        assert_eq!(rung, b"\x07\x07");
    }
}
