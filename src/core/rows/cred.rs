//! `CredRow`: where one credential is and in what state, as `ttop creds` prints it.

use crate::core::credential::{Kind, State};
use schemars::JsonSchema;
use serde::Serialize;

/// One credential.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "cred")]
pub struct CredRow {
    pub provider_id: String,
    /// Provider that bills, by its models.dev id.
    pub biller_id: String,
    pub kind: Kind,
    /// Where it is stored: `opencode-auth`, `claude-code`, `env`, …
    pub source: String,
    /// `~/path` or `$NAME`.
    pub origin: String,
    /// Key inside the file.
    pub entry: Option<String>,
    pub state: State,
    /// Epoch milliseconds UTC.
    pub expires_at: Option<i64>,
    /// Account id or address, with --accounts.
    pub account: Option<String>,
    pub scopes: Vec<String>,
    /// Whether ttop uses this credential for requests.
    pub used: bool,
    /// Source of the credential in use, if it is another one.
    pub shadowed_by: Option<String>,
    /// Keyed hash of the secret: equal on this machine for equal secrets, meaningless elsewhere.
    pub fingerprint: Option<String>,
    /// Permissions of the file: `0600`.
    pub file_mode: Option<String>,
    pub note: Option<String>,
}
