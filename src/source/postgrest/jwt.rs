//! What a JSON Web Token says of itself (RFC 7519). Its signature is the
//! server's to check; here it is only read, to explain and to warn.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::secret::Secret;

/// The claims that matter here.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Claims {
    pub role: Option<String>,
    /// Seconds since 1970.
    pub exp: Option<f64>,
    pub iss: Option<String>,
}

impl Claims {
    /// `None` for what is no JWT.
    pub fn of(token: &Secret) -> Option<Claims> {
        let mut parts = token.expose().trim().split('.');
        let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(payload: &str) -> Option<Claims> {
        let payload = URL_SAFE_NO_PAD.encode(payload);
        Claims::of(&Secret::new(format!("x.{payload}.y")))
    }

    #[test]
    fn role_and_expiry_are_read() {
        let found =
            claims(r#"{"role":"anon","exp":1700000000,"iss":"supabase","ref":"x"}"#).unwrap();
        assert_eq!(found.role.as_deref(), Some("anon"));
        assert_eq!(found.exp, Some(1_700_000_000.0));
        assert_eq!(claims("{}"), Some(Claims::default()));
    }

    #[test]
    fn what_is_no_token_is_none() {
        for text in ["", "a.b", "a.b.c.d", "sb_secret_abc", "x.!!!.y"] {
            assert_eq!(Claims::of(&Secret::new(text)), None, "{text}");
        }
        assert_eq!(claims("[1]"), None);
    }
}
