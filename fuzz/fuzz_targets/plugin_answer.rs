//! The parser `plugin_answer` of `ttop::fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ttop_fuzz::parser("plugin_answer", input));
