//! The dimensions of a cost report, by the names that users give them.

use super::cost::{Dimension, Grouping};
use crate::core::bad_request::BadRequest;
use crate::core::period::Unit;
use crate::core::project::Projects;
use clap::ValueEnum;

/// A dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    #[value(alias = "hours")]
    Hour,
    #[value(alias = "days")]
    Day,
    #[value(alias = "weeks")]
    Week,
    #[value(alias = "months")]
    Month,
    #[value(alias = "years")]
    Year,
    /// 5-hour blocks per provider, as plans count them
    #[value(alias = "blocks")]
    Block,
    /// Everything in one row
    #[value(alias = "all")]
    Total,
    #[value(alias = "agents")]
    Agent,
    #[value(alias = "providers")]
    Provider,
    #[value(alias = "vendors")]
    Vendor,
    #[value(alias = "models")]
    Model,
    /// Models by name: every spelling, provider and date in one row
    #[value(alias = "names")]
    Name,
    #[value(alias = "projects")]
    Project,
    #[value(alias = "sessions")]
    Session,
    /// The branch that was checked out
    #[value(alias = "branches")]
    Branch,
    /// The kind of subagent
    #[value(alias = "subagents")]
    Subagent,
    /// The machine, where the ledger holds imports of others
    #[value(alias = "hosts")]
    Host,
}

impl By {
    const fn dimension(self) -> Dimension {
        match self {
            Self::Hour => Dimension::Period(Unit::Hour),
            Self::Day => Dimension::Period(Unit::Day),
            Self::Week => Dimension::Period(Unit::Week),
            Self::Month => Dimension::Period(Unit::Month),
            Self::Year => Dimension::Period(Unit::Year),
            Self::Block => Dimension::Block,
            Self::Total => Dimension::Total,
            Self::Agent => Dimension::Agent,
            Self::Provider => Dimension::Provider,
            Self::Vendor => Dimension::Vendor,
            Self::Model => Dimension::Model,
            Self::Name => Dimension::Name,
            Self::Project => Dimension::Project,
            Self::Session => Dimension::Session,
            Self::Branch => Dimension::Branch,
            Self::Subagent => Dimension::Subagent,
            Self::Host => Dimension::Host,
        }
    }

    pub const fn is_period(self) -> bool {
        matches!(
            self,
            Self::Hour | Self::Day | Self::Week | Self::Month | Self::Year | Self::Block
        )
    }
}

/// The grouping by some dimensions; by day if there are none.
///
/// # Errors
/// When two of them are periods.
pub(crate) fn grouping(by: &[By], roots: bool, projects: Projects) -> Result<Grouping, BadRequest> {
    let by = if by.is_empty() { &[By::Day][..] } else { by };
    if by.iter().filter(|by| by.is_period()).count() > 1 {
        return Err(BadRequest::new("--by takes only one period").with_hint("for example --by day,model"));
    }
    Ok(Grouping {
        by: by.iter().map(|by| by.dimension()).collect(),
        roots,
        projects,
        last: None,
    })
}
