//! The one program: `TTOP_FUZZ` names what gets the inputs. Without it, the program writes the first inputs of each target and
//! prints the targets.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: {
        if std::env::var_os("TTOP_FUZZ").is_none() {
            ttop_fuzz::seed();
            std::process::exit(0);
        }
    },
    |input: &[u8]| ttop_fuzz::run(input)
);
