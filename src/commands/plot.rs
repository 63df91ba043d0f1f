//! Plots of commands: to the terminal or to a file.

use super::context::Out;
use crate::args::plot::PlotTarget;
use crate::exit::Exit;
use crate::render::Screen;
use crate::render::plot::{self, Plot};
#[cfg(feature = "plots")]
use crate::render::print_encoded;
#[cfg(feature = "plots")]
use anyhow::Context as _;
use anyhow::Result;

/// Columns of a plot that goes neither to a terminal nor has COLUMNS.
const WIDTH: usize = 80;

/// Prints a plot or writes it to its file, which it replaces.
///
/// # Errors
/// When it could not be drawn or written.
pub(super) fn show(out: &Out, target: &PlotTarget, plot: &Plot, screen: &Screen) -> Result<Exit> {
    match target {
        PlotTarget::Text => out.text(&plot::text(plot, screen.width.unwrap_or(WIDTH)))?,
        #[cfg(feature = "plots")]
        PlotTarget::Kitty | PlotTarget::Sixel if out.global.quiet => {}
        #[cfg(feature = "plots")]
        PlotTarget::Kitty => print_encoded(plot::kitty(plot)?.as_bytes())?,
        #[cfg(feature = "plots")]
        PlotTarget::Sixel => print_encoded(plot::sixel(plot)?.as_bytes())?,
        #[cfg(feature = "plots")]
        PlotTarget::Svg(path) => write(path, plot::svg(plot)?.as_bytes())?,
        #[cfg(feature = "plots")]
        PlotTarget::Png(path) => write(path, &plot::png(plot)?)?,
    }
    Ok(out.outcome())
}

#[cfg(feature = "plots")]
fn write(path: &std::path::Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("could not write {}", path.display()))
}
