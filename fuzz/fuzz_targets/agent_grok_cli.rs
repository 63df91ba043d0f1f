//! The sources of grok-cli.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ttop_fuzz::source("grok-cli", input));
