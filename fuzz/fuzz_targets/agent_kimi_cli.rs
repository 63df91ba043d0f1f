//! The sources of kimi-cli.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ttop_fuzz::source("kimi-cli", input));
