//! Events of ttop itself: it started, it was updated.

use super::{AppFact, Deciding, Remembered};
use crate::core::rows::{EventRow, EventType, Severity};

const KEY: &str = "app";

impl Deciding<'_> {
    /// A stream reports its start; a single run only if it is the first one ever.
    pub(super) fn app(&mut self, app: &AppFact) {
        let seen = match self.state(KEY) {
            Some(Remembered::App { version }) => Some(version.clone()),
            _ => None,
        };
        let version = &app.version;
        if app.is_starting || seen.is_none() {
            let event = EventRow::new(
                EventType::AppStarted,
                Severity::Info,
                "ttop started",
                format!("version {version}"),
            );
            self.fire(event.with(&[("version", version.as_str().into())]));
        }
        if let Some(seen) = seen.filter(|seen| seen != version) {
            let event = EventRow::new(
                EventType::AppUpdated,
                Severity::Info,
                "ttop was updated",
                format!("from version {seen} to {version}"),
            );
            self.fire(event.with(&[("version", version.as_str().into()), ("previousVersion", seen.into())]));
        }
        self.remember(
            KEY.to_owned(),
            Remembered::App {
                version: version.clone(),
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::Trial;
    use super::super::{AppFact, Facts};

    #[test]
    fn the_first_run_and_a_new_version_are_told_once() {
        let mut trial = Trial::new();
        let facts = |version: &str, is_starting| Facts {
            app: Some(AppFact {
                version: version.to_owned(),
                is_starting,
            }),
            ..Facts::default()
        };
        assert_eq!(trial.see(&facts("1.0.0", false)), ["app.started info"]);
        assert_eq!(trial.see(&facts("1.1.0", false)), ["app.updated info"]);
        let started = trial.events(&facts("1.1.0", true));
        assert_eq!(started.len(), 1);
    }
}
