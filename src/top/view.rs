//! Views: the five pages of the screen.

use clap::ValueEnum;

/// A page of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum)]
pub enum View {
    /// Running agents, those that wait for you first
    #[default]
    Live,
    /// Sessions of a window, with budgets, plans and the largest costs
    Cost,
    /// Plan limits, credits and spend
    Plans,
    /// Cost per day, and the year
    Trends,
    /// Cost per project
    Projects,
}

impl View {
    pub const ALL: [Self; 5] = [Self::Live, Self::Cost, Self::Plans, Self::Trends, Self::Projects];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Cost => "cost",
            Self::Plans => "plans",
            Self::Trends => "trends",
            Self::Projects => "projects",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Live => "Live",
            Self::Cost => "Cost",
            Self::Plans => "Plans",
            Self::Trends => "Trends",
            Self::Projects => "Projects",
        }
    }

    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }

    #[must_use]
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    #[must_use]
    pub fn previous(self) -> Self {
        Self::ALL[(self as usize + Self::ALL.len() - 1) % Self::ALL.len()]
    }
}
