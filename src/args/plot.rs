//! `--plot`: where a plot goes, and in which form.

use clap::Args;
#[cfg(feature = "plots")]
use std::path::PathBuf;
use std::str::FromStr;

/// The flag of commands that can draw their rows.
#[derive(Args, Clone, Debug, Default)]
pub struct PlotArgs {
    /// Draw a plot instead of rows: in the terminal, or to a file that ends in .svg or .png
    ///
    /// `kitty` and `sixel` draw a picture in terminals that have these protocols.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "text", value_hint = clap::ValueHint::FilePath, help_heading = "Rows", conflicts_with_all = ["format", "table", "fields", "jq", "sort", "limit"])]
    pub plot: Option<PlotTarget>,
}

/// What a plot becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlotTarget {
    Text,
    #[cfg(feature = "plots")]
    Kitty,
    #[cfg(feature = "plots")]
    Sixel,
    #[cfg(feature = "plots")]
    Svg(PathBuf),
    #[cfg(feature = "plots")]
    Png(PathBuf),
}

impl FromStr for PlotTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        #[cfg(feature = "plots")]
        {
            let path = PathBuf::from(text);
            let has_ending = |ending: &str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending));
            if has_ending("svg") {
                return Ok(Self::Svg(path));
            }
            if has_ending("png") {
                return Ok(Self::Png(path));
            }
        }
        match text {
            "text" => Ok(Self::Text),
            #[cfg(feature = "plots")]
            "kitty" => Ok(Self::Kitty),
            #[cfg(feature = "plots")]
            "sixel" => Ok(Self::Sixel),
            _ if cfg!(feature = "plots") => {
                Err("expected text, kitty, sixel, or a file that ends in .svg or .png".to_owned())
            }
            _ => Err("expected text: this ttop was built without the feature 'plots'".to_owned()),
        }
    }
}
