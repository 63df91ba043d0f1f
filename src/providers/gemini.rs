//! Gemini Code Assist: daily quota per model.

use super::{About, Provider};
use crate::core::credential::{Kind, Variable, Wanted};
use crate::core::quota::Capability;

pub struct Gemini;

static ABOUT: About = About {
    id: "gemini",
    name: "Gemini Code Assist",
    biller_id: "google",
    base_url: "https://cloudcode-pa.googleapis.com",
    interval_s: 300,
    needs_consent: false,
    capabilities: &[Capability::Limits],
    credentials: Wanted {
        provider_id: "gemini",
        accepts: &[Kind::Oauth],
        variables: &[Variable::key("GEMINI_API_KEY")],
        entries: &[],
        usual: ("gemini-cli", "~/.gemini/oauth_creds.json"),
        hint: "run gemini and log in with Google",
    },
};

impl Provider for Gemini {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
