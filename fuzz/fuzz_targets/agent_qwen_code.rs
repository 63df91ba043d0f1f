//! The sources of qwen-code.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ttop_fuzz::source("qwen-code", input));
