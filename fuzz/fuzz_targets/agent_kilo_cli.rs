//! The sources of kilo-cli.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ttop_fuzz::source("kilo-cli", input));
