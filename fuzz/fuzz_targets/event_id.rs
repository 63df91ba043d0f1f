//! The parser `event_id` of `ttop::fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ttop_fuzz::parser("event_id", input));
