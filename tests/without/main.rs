//! Prints which tests this run went without: the last test program by name, so that the list ends the output.
#![allow(clippy::print_stdout, reason = "the list is its purpose")]

#[path = "../support/skips.rs"]
mod skips;

use std::collections::BTreeSet;

fn main() {
    // For programs that ask which tests there are.
    if std::env::args().any(|word| word == "--list") {
        return;
    }
    let text = std::fs::read_to_string(skips::of_this_run()).unwrap_or_default();
    let skipped: BTreeSet<&str> = text.lines().collect();
    match skipped.len() {
        0 => println!("\nskipped tests: none"),
        count => println!("\nskipped tests: {count} (TTOP_TEST_ALL=1 makes a missing program a failure)"),
    }
    for line in skipped {
        println!("  {line}");
    }
    // Runs that were stopped leave theirs behind.
    let _ = std::fs::remove_dir_all(skips::folder());
}
