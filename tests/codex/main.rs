//! Codex: rollouts, and forks whose parents exist, move or vanish.

mod fees;
mod fork_properties;
mod parents;
mod rollouts;
mod spawned;
#[path = "../support/mod.rs"]
mod support;
