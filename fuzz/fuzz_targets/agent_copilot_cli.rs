//! The sources of copilot-cli.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ttop_fuzz::source("copilot-cli", input));
