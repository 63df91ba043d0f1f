//! The sources of cursor.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ttop_fuzz::source("cursor", input));
