//! Variables of the environment.

use super::{Answer, plain};
use crate::plugins::grant::Grants;
use serde_json::Value;
use std::collections::BTreeMap;

/// A variable that the child does not hold: not set, or not granted.
///
/// # Errors
/// When it was not declared.
pub fn get(grants: &Grants, env: &BTreeMap<String, String>, name: &str) -> Answer {
    grants.variable(name)?;
    plain(env.get(name).map_or(Value::Null, |value| value.as_str().into()))
}
