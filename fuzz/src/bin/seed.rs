//! Writes `corpus/<target>/`, the first inputs of each target, and prints the targets' names.

use std::io::Write;

fn main() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut out = std::io::stdout().lock();
    for (target, inputs) in ttop_fuzz::seeds() {
        let folder = corpus.join(&target);
        std::fs::create_dir_all(&folder).expect("a folder");
        for (at, input) in inputs.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{at}")), input).expect("written");
        }
        writeln!(out, "{target}").expect("printed");
    }
}
