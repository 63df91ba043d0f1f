//! Attacks: what others write into files, names and programs must not run, hang, flood or steer anything.

#[cfg(unix)]
mod shells;
#[path = "../support/mod.rs"]
mod support;
