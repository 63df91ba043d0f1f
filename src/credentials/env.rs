//! Credentials in the environment: every provider's own variables, and the overrides `TTOP_<ID>_CREDENTIAL` and `_TOKEN`.

use super::file::{Object, expiry, owned, secret, text};
use super::{Search, jwt};
use crate::core::credential::{Content, Credential, CredentialSpec, Details, Fault, Kind, Rank, Secret};
use crate::system::parse_instant;

const SOURCE: &str = "env";

/// `github-copilot` and `TOKEN` → `TTOP_GITHUB_COPILOT_TOKEN`.
pub(super) fn own_variable(provider_id: &str, what: &str) -> String {
    format!("TTOP_{}_{what}", provider_id.to_ascii_uppercase().replace('-', "_"))
}

/// The variables of every provider; a blank value is none.
pub(super) fn find(search: &Search<'_>, found: &mut Vec<Credential>) {
    for wanted in search.wanted {
        for variable in &wanted.variables {
            let Some(secret) = search.system.var(&variable.name).and_then(Secret::new) else {
                continue;
            };
            let rank = if variable.is_admin {
                Rank::Admin
            } else {
                Rank::Environment
            };
            found.push(Credential {
                origin: format!("${}", variable.name),
                details: Details {
                    variant: variable.variant.clone(),
                    ..Details::default()
                },
                ..Credential::new(
                    &wanted.provider_id,
                    variable.kind,
                    SOURCE,
                    rank,
                    Content::Secret(secret),
                )
            });
        }
    }
}

/// Finds the overrides of a single run.
pub(super) fn find_overrides(search: &Search<'_>, found: &mut Vec<Credential>) {
    for wanted in search.wanted {
        let name = own_variable(&wanted.provider_id, "CREDENTIAL");
        if let Some(text) = search.system.var(&name).filter(|text| !text.trim().is_empty()) {
            let origin = format!("${name}");
            found.push(Credential {
                origin,
                ..credential_of(wanted, text)
            });
        }
        let name = own_variable(&wanted.provider_id, "TOKEN");
        if let Some(token) = search.system.var(&name).and_then(Secret::new) {
            let origin = format!("${name}");
            found.push(Credential {
                origin,
                ..token_of(wanted, token)
            });
        }
    }
}

/// `{kind, token, expiresAt?, accountId?, userId?, projectId?, subscriptionType?, rateLimitTier?}`
fn credential_of(wanted: &CredentialSpec, json: &str) -> Credential {
    let malformed = |kind, fault| {
        Credential::new(
            &wanted.provider_id,
            kind,
            SOURCE,
            Rank::Override,
            Content::Malformed(fault),
        )
    };
    let object = match Object::parse(json.as_bytes()) {
        Ok(object) => object,
        Err(fault) => return malformed(Kind::Unknown, fault),
    };
    let kind = match text(&object, "kind") {
        Some("oauth") => Kind::Oauth,
        Some("api") => Kind::Api,
        _ => return malformed(Kind::Unknown, Fault::UnknownType),
    };
    let expires_at = match text(&object, "expiresAt") {
        Some(written) => parse_instant(written).or_else(|| expiry(&object, "expiresAt", 1)),
        None => expiry(&object, "expiresAt", 1),
    };
    Credential {
        expires_at,
        account: owned(&object, "accountId"),
        details: Details {
            account_id: owned(&object, "accountId"),
            user_id: owned(&object, "userId"),
            project_id: owned(&object, "projectId"),
            subscription_type: owned(&object, "subscriptionType"),
            rate_limit_tier: owned(&object, "rateLimitTier"),
            ..Details::default()
        },
        ..Credential::new(
            &wanted.provider_id,
            kind,
            SOURCE,
            Rank::Override,
            Content::of(secret(&object, "token"), false),
        )
    }
}

/// A bare token of the kind that the endpoint accepts. Only a JSON web token contains its expiry.
fn token_of(wanted: &CredentialSpec, token: Secret) -> Credential {
    let claims = jwt::claims(token.expose());
    let kind = wanted.accepts.first().copied().unwrap_or(Kind::Api);
    Credential {
        expires_at: claims.as_ref().and_then(|claims| expiry(claims, "exp", 1000)),
        details: claims.map(|claims| jwt::details(&claims)).unwrap_or_default(),
        ..Credential::new(
            &wanted.provider_id,
            kind,
            SOURCE,
            Rank::Override,
            Content::Secret(token),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::credential::{State, Variable};
    use crate::system::{Os, System};

    fn wanted() -> CredentialSpec {
        CredentialSpec {
            provider_id: "some-plan".into(),
            accepts: vec![Kind::Oauth],
            tries_others: false,
            variables: vec![Variable::key("SOME_KEY")],
            entries: Vec::new(),
            usual: (SOURCE.into(), "$SOME_KEY".into()),
            hint: "set SOME_KEY".into(),
        }
    }

    fn found(env: &[(&str, &str)]) -> Vec<Credential> {
        let env = env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let mut system = System::new(Os::Linux, "/home/dev", env.collect());
        system.now = 1_795_176_000_000;
        let search = Search {
            system: &system,
            wanted: &[wanted()],
            keychain: None,
        };
        let mut found = Vec::new();
        find_overrides(&search, &mut found);
        find(&search, &mut found);
        found
    }

    #[test]
    fn a_blank_variable_is_none() {
        assert!(
            found(&[
                ("SOME_KEY", " \t"),
                ("TTOP_SOME_PLAN_TOKEN", " "),
                ("TTOP_SOME_PLAN_CREDENTIAL", " ")
            ])
            .is_empty()
        );
    }

    #[test]
    fn an_override_takes_both_spellings_of_its_expiry() {
        for expires in ["1795199400000", "\"1795199400000\"", "\"2026-11-20T18:30:00Z\""] {
            let json = format!(r#"{{"kind":"oauth","token":"t","expiresAt":{expires},"accountId":"a"}}"#);
            let one = &found(&[("TTOP_SOME_PLAN_CREDENTIAL", &json)])[0];
            assert_eq!(one.expires_at, Some(1_795_199_400_000), "{expires}");
            assert_eq!((one.kind, one.rank), (Kind::Oauth, Rank::Override));
            assert_eq!(one.details.account_id.as_deref(), Some("a"));
        }
        let without = &found(&[(
            "TTOP_SOME_PLAN_CREDENTIAL",
            r#"{"kind":"api","token":"t","expiresAt":null}"#,
        )])[0];
        assert_eq!(without.state(0), State::NoExpiry);
    }

    #[test]
    fn an_override_that_is_no_credential_is_malformed() {
        for (json, fault) in [
            ("nonsense", Fault::InvalidJson),
            ("[]", Fault::WrongShape),
            (r#"{"kind":"magic","token":"t"}"#, Fault::UnknownType),
            (r#"{"kind":"api"}"#, Fault::MissingSecret),
        ] {
            let one = &found(&[("TTOP_SOME_PLAN_CREDENTIAL", json)])[0];
            assert!(
                matches!(one.content, Content::Malformed(found) if found == fault),
                "{json}: {one:?}"
            );
        }
    }

    #[test]
    fn a_bare_token_has_the_kind_that_is_accepted() {
        let one = &found(&[("TTOP_SOME_PLAN_TOKEN", "opaque")])[0];
        assert_eq!((one.kind, one.state(0)), (Kind::Oauth, State::NoExpiry));
        assert_eq!(one.origin, "$TTOP_SOME_PLAN_TOKEN");
    }
}
