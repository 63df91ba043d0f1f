//! The sources of gemini-cli.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ttop_fuzz::source("gemini-cli", input));
