//! ttop's own store: what was read, from where, up to which point, and which copy of a turn counts.

pub mod owner;
