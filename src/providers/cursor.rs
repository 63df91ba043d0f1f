//! Cursor: the monthly plan and spend on demand.

use super::{About, Provider};
use crate::core::credential::{Entry, Kind, Wanted};
use crate::core::quota::Capability;

pub struct Cursor;

static ABOUT: About = About {
    id: "cursor",
    name: "Cursor",
    biller_id: "cursor",
    base_url: "https://cursor.com",
    interval_s: 300,
    needs_consent: true,
    capabilities: &[Capability::Limits, Capability::Spend],
    credentials: Wanted {
        provider_id: "cursor",
        accepts: &[Kind::Oauth],
        variables: &[],
        entries: &[Entry::any("cursor")],
        usual: ("cursor-app", "~/.config/Cursor/User/globalStorage/state.vscdb"),
        hint: "log in in the Cursor app",
    },
};

impl Provider for Cursor {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
