//! The one fuzz target: `TTOP_FUZZ` names what gets the inputs.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ttop_fuzz::run(input));
