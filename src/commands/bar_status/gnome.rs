//! `bar-status gnome`: OpenCode's stats.json, printed or put in its place.

use crate::commands::context::Context;
use crate::engine::snapshot_feed::SnapshotFeed;
use crate::engine::stats::presence;
use crate::render::bar::BarOptions;
use crate::render::is_abandoned;
use crate::reports::stats::Presence;
use anyhow::Result;

/// `None` = print, an empty path = the place where the extension looks.
///
/// # Errors
/// When the ledger or the file cannot be used, or stdout cannot be written.
pub(super) fn run(options: &BarOptions, write: Option<&str>, follow: bool, context: &mut Context) -> Result<()> {
    let Context { engine, out } = context;
    if engine.is_sample() {
        let snapshot = engine.live_snapshot()?;
        return super::show(&options.draw_stats(&engine.stats(presence(&snapshot))?));
    }
    let file = write.map(|path| engine.stats_path(path));
    let mut feed = SnapshotFeed::start(engine, is_abandoned)?;
    let (mut last, mut shown) = (String::new(), Presence::default());
    // The first step reads all changes: zeros until the next update would be wrong.
    while feed.wait()? {
        feed.engine.require_history()?;
        let (snapshot, is_summed) = feed.snapshot()?;
        let presence = presence(snapshot);
        for problem in feed.engine.take_problems() {
            out.warn(&problem);
        }
        if is_summed || presence != shown {
            shown = presence;
            let mut stats = feed.engine.stats(presence)?;
            if let Some(file) = &file
                && let Some(problem) = feed.engine.keep_install_date(&mut stats, file)?
            {
                out.warn(&problem);
            }
            let text = options.draw_stats(&stats);
            if text != last {
                match &file {
                    Some(file) => feed.engine.write_stats(file, &text)?,
                    None => super::show(&text)?,
                }
                last = text;
            }
        }
        if !follow {
            break;
        }
    }
    Ok(())
}
