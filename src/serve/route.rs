//! The paths that the server answers: a fixed list, compared as they are sent.

/// What a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Route {
    Health,
    /// otop's list of sessions.
    OtopSessions,
    /// The GNOME extension's file.
    Stats,
    /// The turns that this machine read itself, for other machines.
    Ledger,
    Sessions,
    Turns,
    Cost,
    Trends,
    Insights,
    Ps,
    Providers,
    Budgets,
    Schema,
    Snapshot,
    Metrics,
    Events,
}

/// Every path.
const ROUTES: &[(&str, Route)] = &[
    ("/health", Route::Health),
    ("/sessions", Route::OtopSessions),
    ("/api/stats", Route::Stats),
    ("/v1/sessions", Route::Sessions),
    ("/v1/turns", Route::Turns),
    ("/v1/cost", Route::Cost),
    ("/v1/trends", Route::Trends),
    ("/v1/insights", Route::Insights),
    ("/v1/ps", Route::Ps),
    ("/v1/providers", Route::Providers),
    ("/v1/budgets", Route::Budgets),
    ("/v1/schema", Route::Schema),
    ("/v1/ledger", Route::Ledger),
    ("/v1/snapshot", Route::Snapshot),
    ("/v1/events", Route::Events),
    ("/metrics", Route::Metrics),
];

impl Route {
    /// `None` for every other spelling of a path, too: nothing is decoded or resolved.
    pub(super) fn find(path: &str) -> Option<Self> {
        ROUTES.iter().find(|(known, _)| *known == path).map(|(_, route)| *route)
    }

    /// Whether the answer is rows, in the format that the client accepts.
    pub(super) const fn has_rows(self) -> bool {
        matches!(
            self,
            Self::Sessions
                | Self::Turns
                | Self::Cost
                | Self::Trends
                | Self::Insights
                | Self::Ps
                | Self::Providers
                | Self::Budgets
        )
    }
}
