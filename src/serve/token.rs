//! Reads the bearer token from its file, which only its owner may read.

use super::guard::TokenHash;
use crate::system::System;
use crate::system::open::{self, Most};
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};

/// Shorter ones can be guessed.
const LEAST_CHARS: usize = 16;

/// Where the token is unless the user names another file.
pub(crate) fn default_token_file(system: &System) -> PathBuf {
    system.own_data_dir().join("serve-token")
}

/// # Errors
/// When there is no such file, others may read it, or it holds no token.
pub(crate) fn read_token(file: &Path, system: &System) -> Result<TokenHash> {
    let shown = system.tilde(file);
    let text = open::read_text(file, Most::WORD).with_context(|| {
        format!("could not read the token file {shown}: create it with 'umask 077; openssl rand -hex 32 > {shown}'")
    })?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let (_, metadata) = open::open(file)?;
        if metadata.permissions().mode() & 0o077 != 0 {
            bail!("others may read the token file {shown}: run 'chmod 600 {shown}'");
        }
    }
    let token = text.trim();
    if token.len() < LEAST_CHARS || token.chars().any(|c| c.is_whitespace() || c.is_control()) {
        bail!("the token file {shown} must hold one word of at least {LEAST_CHARS} characters");
    }
    Ok(TokenHash::of(token))
}
