//! What a key or a JSON Web Token says of itself (RFC 7519). Its signature is
//! the server's to check; here it is only read, to explain and to warn.

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

/// A key without `Bearer ` before it, if anything is left then.
pub fn token(given: &Secret) -> Option<Secret> {
    let text = given.expose().trim();
    let bare = match text.split_at_checked("bearer".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => {
            match rest.chars().next() {
                None => "",
                Some(next) if next.is_whitespace() => rest.trim(),
                Some(_) => text,
            }
        }
        _ => text,
    };
    (!bare.is_empty()).then(|| Secret::new(bare))
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

    #[test]
    fn bearer_is_no_part_of_a_key() {
        let bare = |text: &str| token(&Secret::new(text)).map(|key| key.expose().to_owned());
        for text in ["x.y.z", "Bearer x.y.z", "bearer   x.y.z\n", " x.y.z "] {
            assert_eq!(bare(text).as_deref(), Some("x.y.z"), "{text}");
        }
        assert_eq!(bare("bearerx").as_deref(), Some("bearerx"));
        for empty in ["", "  ", "Bearer", "Bearer "] {
            assert_eq!(bare(empty), None, "{empty}");
        }
    }
}
