//! Links development builds at a fixed address.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // The tests start ttop some ten thousand times, and relocating its addresses is half of a start. A release is relocatable.
    let is = |name: &str, value: &str| var(name).is_ok_and(|found| found == value);
    if is("PROFILE", "debug") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
