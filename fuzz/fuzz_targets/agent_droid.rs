//! The sources of droid.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ttop_fuzz::source("droid", input));
