//! The sources of roo-code.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ttop_fuzz::source("roo-code", input));
