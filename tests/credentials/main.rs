//! Credentials: where ttop finds them, and that no secret leaves.

mod discovery;
mod secrecy;
#[path = "../support/mod.rs"]
mod support;
mod two_files;
