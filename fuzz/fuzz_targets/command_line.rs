//! The parser `command_line` of `ttop::fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ttop_fuzz::parser("command_line", input));
