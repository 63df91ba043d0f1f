//! The screen of `ttop top`: what each view shows at each size, its keys, and the terminal it leaves behind.

mod demo;
mod fuzz;
mod rows;
#[cfg(target_os = "linux")]
mod screen;
#[path = "../support/mod.rs"]
mod support;
mod views;
