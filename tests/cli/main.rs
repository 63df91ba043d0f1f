//! The command line: arguments, `config`, `doctor`, and one-liners in real shells.

mod aliases;
mod arguments;
mod config;
mod doctor;
mod doctor_full_folders;
mod doctor_report;
mod empty_answers;
#[cfg(unix)]
mod examples;
mod formats;
mod guard;
mod one_liners;
mod setup;
#[cfg(unix)]
mod setup_terminal;
#[path = "../support/mod.rs"]
mod support;
mod words;
mod wrong_values;
