//! Plots: columns, lines and a year's heat map, as text for terminals, SVG and PNG.

#[cfg(feature = "plots")]
mod image;
mod text;
mod year;

#[cfg(feature = "plots")]
pub use image::{kitty, png, sixel, svg};
pub use text::text;
pub use year::{Year, shade};

use super::number;
use crate::core::money::Money;

/// What values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Dollars,
    Tokens,
    Percent,
}

impl Unit {
    /// A value for people.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Dollars => number::money(Some(Money::from_dollars(value)), None),
            Self::Tokens => number::tokens(Some(value.max(0.0).round() as u64)),
            Self::Percent => number::percent(Some(value)),
        }
    }
}

/// Charts below each other.
#[derive(Clone, Debug)]
pub struct Plot {
    pub charts: Vec<Chart>,
}

/// One chart.
#[derive(Clone, Debug)]
pub enum Chart {
    Columns(Columns),
    Lines(Lines),
    Year(Year),
}

/// A column for each label; `before` marks where the period before was.
#[derive(Clone, Debug)]
pub struct Columns {
    pub title: String,
    pub unit: Unit,
    pub labels: Vec<String>,
    pub values: Vec<f64>,
    /// As many values, or none.
    pub before: Vec<f64>,
}

/// Lines over time.
#[derive(Clone, Debug)]
pub struct Lines {
    pub title: String,
    pub unit: Unit,
    pub lines: Vec<Line>,
    /// The labels of the first and last time.
    pub ends: [String; 2],
}

#[derive(Clone, Debug)]
pub struct Line {
    pub name: String,
    /// Epoch milliseconds and value, oldest first.
    pub points: Vec<(i64, f64)>,
}

#[cfg(feature = "plots")]
impl Columns {
    fn most(&self) -> f64 {
        self.values.iter().chain(&self.before).copied().fold(0.0, f64::max)
    }
}

impl Lines {
    /// The first and last time of all lines; never equal.
    fn times(&self) -> Option<(i64, i64)> {
        let times = || self.lines.iter().flat_map(|line| &line.points).map(|(at, _)| *at);
        let (first, last) = times().min().zip(times().max())?;
        Some((first, last.max(first.saturating_add(1))))
    }

    fn most(&self) -> f64 {
        let values = self.lines.iter().flat_map(|line| &line.points).map(|(_, value)| *value);
        let least = if self.unit == Unit::Percent { 100.0 } else { 0.0 };
        values.fold(least, f64::max)
    }
}
