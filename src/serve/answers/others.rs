//! Decides which answers have the turns of other machines, and for which time.

use super::{LOCAL, Query, trends};
use crate::core::period::Range;
use crate::engine::Engine;
use crate::engine::remotes::Window;
use crate::reports::by::By;
use crate::reports::trends::Trends;
use crate::serve::params::Params;
use crate::serve::route::Route;

/// The window of other machines' turns that a query is about; `None` where it is about this machine only, and for wrong
/// parameters, which the answer reports.
pub(crate) fn window(query: &Query, engine: &Engine) -> Option<Window> {
    let mut params = Params::new(query.params.clone());
    let has_local = params.flag(LOCAL).ok()?;
    let range = match query.route {
        _ if has_local => return None,
        Route::Stats => Range::ALL,
        Route::Sessions | Route::Turns | Route::Cost => {
            let by = params.names::<By>("by").ok()?;
            // Blocks and roots can begin long before the turns that are asked for.
            let has_earlier = by.contains(&By::Block) || params.flag("roots").ok()?;
            let range = engine.filter(&params.filters().ok()?).ok()?.range;
            match has_earlier {
                true => Range::ALL,
                false => range,
            }
        }
        Route::Trends | Route::Insights => {
            let days = trends::days(&mut params).ok()?;
            let span = trends::span(days, &params.filters().ok()?, engine).ok()?;
            let zone = engine.system.zone().ok()?;
            match query.route {
                Route::Trends => Trends::range(&span, zone),
                _ => span.range(zone),
            }
        }
        _ => return None,
    };
    Some(Window::around(range, engine.system.now))
}
