//! The sources of kilo-code.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ttop_fuzz::source("kilo-code", input));
