//! OpenAI API: spend and tokens of an organisation.

use super::{About, Provider};
use crate::core::credential::{ANY_KIND, Entry, Kind, Variable, Wanted};
use crate::core::quota::Capability;

pub struct OpenaiApi;

static ABOUT: About = About {
    id: "openai-api",
    name: "OpenAI API (organization)",
    biller_id: "openai",
    base_url: "https://api.openai.com",
    interval_s: 300,
    needs_consent: false,
    capabilities: &[Capability::Spend],
    credentials: Wanted {
        provider_id: "openai-api",
        accepts: ANY_KIND,
        variables: &[Variable::admin_key("OPENAI_ADMIN_KEY"), Variable::key("OPENAI_API_KEY")],
        entries: &[Entry {
            id: "openai",
            kinds: &[Kind::Api, Kind::Wellknown],
        }],
        usual: ("env", "$OPENAI_ADMIN_KEY"),
        hint: "set OPENAI_ADMIN_KEY",
    },
};

impl Provider for OpenaiApi {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}
