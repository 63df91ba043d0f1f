//! Hostile surroundings: kill -9, concurrent runs, full disks and missing permissions.

mod concurrent;
mod full_disk;
mod fuzz;
mod killed;
mod permissions;
#[path = "../support/mod.rs"]
mod support;
mod untouched;
