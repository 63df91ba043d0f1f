//! The kinds of lines a stream has, and which of them are wanted.

use super::rows::EventType;
use clap::ValueEnum;

/// `--events`: a kind of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Group {
    /// What replies use
    Activity,
    /// Sessions start, finish, wait for you or are idle
    Session,
    /// Spending crosses a threshold
    Budget,
    /// Plan limits and outages, as far as other commands or local files brought them in
    #[value(alias = "limit")]
    Provider,
    /// ttop started or was updated
    App,
    /// The reader was slow, and steps were combined
    Gap,
    /// A sign of life every so often
    Heartbeat,
    All,
}

/// The kinds that were asked for.
#[derive(Clone, Debug)]
pub struct Groups(Vec<Group>);

impl Groups {
    pub fn new(asked: &[Group], has_heartbeat: bool) -> Self {
        let implied = has_heartbeat.then_some(Group::Heartbeat);
        Self(asked.iter().copied().chain(implied).collect())
    }

    pub fn has(&self, group: Group) -> bool {
        self.0.contains(&group) || self.0.contains(&Group::All)
    }

    /// Whether anything else than activity was asked for.
    pub fn has_events(&self) -> bool {
        self.0.iter().any(|group| *group != Group::Activity)
    }

    /// Whether anything was asked for that alerts are made of.
    pub fn has_alerts(&self) -> bool {
        let groups = [Group::Session, Group::Budget, Group::Provider, Group::App];
        groups.into_iter().any(|group| self.has(group))
    }

    pub fn tells(&self, kind: EventType) -> bool {
        self.has(group_of(kind))
    }
}

fn group_of(kind: EventType) -> Group {
    match kind.name().split('.').next() {
        Some("budget") => Group::Budget,
        Some("provider") => Group::Provider,
        Some("session") => Group::Session,
        Some("gap") => Group::Gap,
        Some("heartbeat") => Group::Heartbeat,
        _ => Group::App,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_everything_and_a_heartbeat_is_implied() {
        let groups = Groups::new(&[Group::Activity], true);
        assert!(groups.has(Group::Activity) && groups.tells(EventType::Heartbeat) && groups.has_events());
        assert!(!groups.has_alerts() && !groups.tells(EventType::Gap));
        let all = Groups::new(&[Group::All], false);
        assert!(EventType::ALL.iter().all(|kind| all.tells(*kind)) && all.has(Group::Activity));
        assert!(!Groups::new(&[Group::Activity], false).has_events());
    }
}
