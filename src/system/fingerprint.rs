//! Fingerprints: keyed hashes that are equal for equal secrets on this machine and cannot be searched for the secret.

use super::open::{self, Most};
use crate::core::credential::Secret;
use crate::core::problem::Problem;
use crate::system::System;
use crate::system::replace::write_once;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::io;
use std::path::Path;
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;
/// 64 bits: no two secrets of one person look alike.
const SHOWN_BYTES: usize = 8;

type Key = Zeroizing<[u8; KEY_BYTES]>;

/// Makes fingerprints with the random key of this installation.
pub struct Fingerprints {
    key: Key,
}

impl Fingerprints {
    /// Uses the key in ttop's data folder and creates it if needed. If the key can neither be read nor written, uses a
    /// key for this run only and reports a problem.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn open(system: &System) -> anyhow::Result<(Self, Option<Problem>)> {
        let path = system.own_data_dir().join("fingerprint.key");
        let fresh = random_key()?;
        let kept = read_key(&path).or_else(|_| {
            write_once(&path, fresh.as_slice())?;
            read_key(&path)
        });
        Ok(match kept {
            Ok(key) => (Self { key }, None),
            Err(error) => {
                let reason = format!("fingerprints are valid for this run only: {}", error.kind());
                (Self { key: fresh }, Some(Problem::new(system.tilde(&path), reason)))
            }
        })
    }

    /// With a key that everybody knows, for samples.
    pub fn sample() -> Self {
        Self { key: Key::default() }
    }

    /// 16 hex digits.
    pub fn of(&self, secret: &Secret) -> String {
        self.of_parts(&[secret.expose()])
    }

    /// 16 hex digits for a secret in a place: for another place it is another one.
    pub fn of_secret_at(&self, secret: &Secret, place: &str) -> String {
        self.of_parts(&[secret.expose(), place])
    }

    fn of_parts(&self, parts: &[&str]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_slice()).expect("any length makes a key");
        for (at, part) in parts.iter().enumerate() {
            // A NUL byte, which no token or URL contains, separates the parts.
            mac.update(if at == 0 { b"" } else { b"\0" });
            mac.update(part.as_bytes());
        }
        let hash = mac.finalize().into_bytes();
        hash[..SHOWN_BYTES].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn random_key() -> anyhow::Result<Key> {
    let mut key = Key::default();
    getrandom::getrandom(key.as_mut_slice()).map_err(|_| anyhow::anyhow!("no random numbers on this system"))?;
    Ok(key)
}

fn read_key(path: &Path) -> io::Result<Key> {
    let bytes = Zeroizing::new(open::read(path, Most::WORD)?);
    let damaged = |_| io::Error::from(io::ErrorKind::InvalidData);
    Ok(Zeroizing::new(bytes.as_slice().try_into().map_err(damaged)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;
    use std::collections::BTreeMap;

    fn fingerprint(home: &Path, text: &str) -> (String, Option<Problem>) {
        let system = System::new(Os::Linux, home, BTreeMap::new());
        let (fingerprints, problem) = Fingerprints::open(&system).expect("random numbers");
        (fingerprints.of(&Secret::new(text).expect("not blank")), problem)
    }

    #[test]
    fn stays_the_same_on_one_machine_and_differs_on_another() {
        let (one, other) = (
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        );
        let (first, problem) = fingerprint(one.path(), "secret");
        assert_eq!((first.len(), problem), (16, None));
        assert_eq!(fingerprint(one.path(), "secret").0, first);
        assert_ne!(fingerprint(one.path(), "secret2").0, first);
        assert_ne!(fingerprint(other.path(), "secret").0, first);
    }

    #[test]
    fn a_damaged_or_unwritable_key_is_said_and_not_replaced() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join(".local/share/tokentop/fingerprint.key");
        write_once(&path, b"short").expect("written");
        assert!(fingerprint(home.path(), "secret").1.is_some());
        assert_eq!(std::fs::read(&path).expect("readable"), b"short");
        let blocked = tempfile::tempdir().expect("a folder");
        std::fs::write(blocked.path().join(".local"), b"").expect("written");
        assert!(fingerprint(blocked.path(), "secret").1.is_some());
    }
}
