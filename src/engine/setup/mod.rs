//! What `ttop setup` offers: completions, a segment in each bar, and settings, each as a change of one file.

mod bars;
mod change;
mod settings;
mod shells;

pub use bars::bars;
pub use change::{Change, Files, Offer};
pub use settings::{BUDGETS, Setting};
pub use shells::{Shell, completions};
