//! The turns that this machine read itself, as lines of `ttop ledger export --own`: other machines show them beside theirs.

use super::print::Body;
use crate::core::filter_text::FilterText;
use crate::engine::Engine;
use crate::ledger::transfer::Exported;
use crate::serve::answer::Answer;
use crate::serve::negotiate::RowFormat;
use crate::serve::params::Params;
use anyhow::Result;
use std::io::Write as _;

/// The turns from `since` to `until`. A client that has them already, by their tag, gets none.
///
/// # Errors
/// When a parameter is wrong or the answer would be too large.
pub(super) fn ledger(mut params: Params, tag: Option<&str>, has_titles: bool, engine: &Engine) -> Result<Answer> {
    let times = FilterText {
        since: params.text("since")?,
        until: params.text("until")?,
        ..FilterText::default()
    };
    params.finish()?;
    let range = engine.filter(&times)?.range;
    let ledger = engine.ledger()?;
    let now = format!("\"{}\"", ledger.stamp()?);
    if tag == Some(&now) {
        return Ok(Answer::unchanged().with("ETag", &now));
    }
    let part = Exported {
        range,
        // All turns of the sample came in an export.
        is_own: !engine.is_sample(),
        has_titles,
    };
    let mut body = Body::default();
    let written = ledger.export_of(&part, &mut |line| Ok(writeln!(body, "{line}")?));
    let bytes = body.finish()?;
    written?;
    Ok(Answer::ok(RowFormat::Ndjson.content_type(), bytes).with("ETag", &now))
}
