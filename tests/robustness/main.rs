//! Hostile surroundings: kill -9, concurrent runs, full disks and missing permissions.

mod concurrent;
mod full_disk;
mod killed;
mod mutations;
mod permissions;
#[path = "../support/mod.rs"]
mod support;
