//! The claims of a JSON web token: decoded, never verified, never printed.

use super::file::{Object, owned};
use crate::core::credential::Details;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use zeroize::Zeroizing;

/// The claims; `None` for a token that is opaque.
pub(super) fn claims(token: &str) -> Option<Object> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    Object::parse(&Zeroizing::new(bytes)).ok()
}

/// The account in the claims, for providers that need it in a request.
pub(super) fn details(claims: &Object) -> Details {
    let openai = claims.get("https://api.openai.com/auth").and_then(Value::as_object);
    Details {
        account_id: openai.and_then(|auth| owned(auth, "chatgpt_account_id")),
        user_id: owned(claims, "sub"),
        ..Details::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_parts_with_an_object_in_the_middle_have_claims() {
        let token = format!("h.{}.s", BASE64_URL_SAFE_NO_PAD.encode(r#"{"exp":5}"#));
        assert_eq!(claims(&token).and_then(|claims| claims["exp"].as_i64()), Some(5));
        assert!(claims("opaque").is_none());
        assert!(claims("a.b.c").is_none());
        assert!(claims("h..s").is_none());
    }
}
