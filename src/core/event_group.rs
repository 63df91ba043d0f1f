//! The kinds of lines a stream has, and which of them are wanted.

use super::rows::EventType;
use clap::ValueEnum;

/// `--events`: a kind of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Group {
    /// Tokens and cost of each step of a turn
    Activity,
    /// Sessions that start, finish, wait for you or become idle
    Session,
    /// Budgets whose threshold or limit is reached
    Budget,
    /// Plan limits and outages, as other commands and local files reported them
    #[value(alias = "limit")]
    Provider,
    /// Starts and updates of ttop
    App,
    /// Steps combined because the reader was slow
    Gap,
    /// A regular sign of life
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
