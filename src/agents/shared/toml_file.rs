//! Settings in TOML, which may hold keys: read without quoting a line of them.

use super::batch::Batch;
use super::lenient::lossy;
use crate::core::problem::Problem;
use crate::system::open::{self, Most};
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads a file; a missing one yields nothing, a damaged one is a problem.
pub fn read_toml<T: DeserializeOwned + Default>(path: &Path, into: &mut Batch) -> T {
    if !path.exists() {
        return T::default();
    }
    let reason = match open::read(path, Most::SETTINGS) {
        Ok(bytes) => match toml::from_str(&lossy(&bytes)) {
            Ok(settings) => return settings,
            // The error would quote the line, which may hold a key.
            Err(_) => "is no valid TOML".to_owned(),
        },
        Err(error) => format!("could not be read: {}", error.kind()),
    };
    into.problem(Problem::new(path.display(), reason));
    T::default()
}
